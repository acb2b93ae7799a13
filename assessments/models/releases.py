"""Releases of an assessment's reports: their readers, and the day from which each kind of reader may open them."""

from typing import Any

from django.db import models
from django.utils import timezone

from assessments.models.assessments import Assessment
from qxportal.accounts.models import Organisation


class ReleaseSchedule(models.Model):
    """The readers and days that releases of an assessment were last planned with; unknown to the server."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    assessment = models.OneToOneField(Assessment, models.CASCADE, related_name="release_schedule")
    steps: Any = models.JSONField()  # see release_steps.py
    changed_by = models.CharField(max_length=254)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("org", "id"), name="release_schedule_has_its_organisation"),)

    def __str__(self) -> str:
        return f"{self.assessment_id}"
