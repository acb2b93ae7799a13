"""Mirrored surveys: what is asked."""

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
    """What a survey asks, as the server told it last; without versions, as it tells itself what was changed when."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    survey = models.OneToOneField(Survey, models.CASCADE, related_name="content")
    seen_at = models.DateTimeField()  # an older answer never overwrites
    facts: Any = models.JSONField()  # see content.py
    quotas: Any = models.JSONField(default=list)
    changes: Any = models.JSONField(default=list)  # of its questions, newest first: see content.py
    acknowledged_at = models.DateTimeField(null=True, blank=True)  # the changes found until then were seen
    told_at = models.DateTimeField(null=True, blank=True)  # the newest change that members had a mail about

    def __str__(self) -> str:
        return f"{self.survey_id}"


class LibraryContent(models.Model):
    """What a library holds by id and name, as the server told it last; without versions."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    library_id = models.CharField(max_length=60)  # of its owner: UR_, GR_ or TS_
    seen_at = models.DateTimeField()  # an older answer never overwrites
    graphics: Any = models.JSONField(default=dict)
    messages: Any = models.JSONField(default=dict)
    others: Any = models.JSONField(default=dict)  # kind -> id -> name

    class Meta:
        constraints = (models.UniqueConstraint(fields=("org", "library_id"), name="one_content_per_library"),)

    def __str__(self) -> str:
        return self.library_id
