"""Mirrored surveys."""

from typing import Any

from django.db import models

from qxportal.accounts.models import Organisation
from qxportal.ledger.mirror.mirrored import Mirrored


class Survey(Mirrored):
    """A questionnaire (`SV_`), used as the form of an assessment."""

    name = models.CharField(max_length=300)
    status = models.CharField(max_length=30, blank=True)
    owner_id = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ("name", "pk")
        constraints = (models.UniqueConstraint(fields=("org", "vendor_id"), name="one_survey_per_vendor_id"),)
        indexes = (models.Index(fields=("org", "name", "id"), name="surveys_by_name"),)

    def __str__(self) -> str:
        return self.name


class SurveyContent(models.Model):
    """A survey's contents as last read; without versions, as it records its own differences."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    survey = models.OneToOneField(Survey, models.CASCADE, related_name="content")
    seen_at = models.DateTimeField()  # an older response never overwrites
    facts: Any = models.JSONField()  # see content.py
    quotas: Any = models.JSONField(default=list)
    changes: Any = models.JSONField(default=list)  # differences of its questions, newest first: see content.py
    acknowledged_at = models.DateTimeField(null=True, blank=True)  # changes found until then were acknowledged
    told_at = models.DateTimeField(null=True, blank=True)  # the newest change that was mailed to members

    def __str__(self) -> str:
        return f"{self.survey_id}"


class LibraryContent(models.Model):
    """A library's contents by id and name, as last read; without versions."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    library_id = models.CharField(max_length=60)  # id of its owner: UR_, GR_ or TS_
    seen_at = models.DateTimeField()  # an older response never overwrites
    graphics: Any = models.JSONField(default=dict)
    messages: Any = models.JSONField(default=dict)
    others: Any = models.JSONField(default=dict)  # kind -> id -> name

    class Meta:
        constraints = (models.UniqueConstraint(fields=("org", "library_id"), name="one_content_per_library"),)

    def __str__(self) -> str:
        return self.library_id
