"""Report definitions and the predefined figures they may show."""

from django.db import models

from qxportal.engine.models import ids
from qxportal.engine.models.assessments import Assessment


class Report(models.Model):
    """The subject report of one assessment."""

    public_id = models.CharField(max_length=40, unique=True, default=ids.report_id)
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="reports")
    name = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.name


class DataSource(models.Model):
    """A named table of external figures for a report, such as last year's norms."""

    public_id = models.CharField(max_length=40, unique=True, default=ids.data_source_id)
    report = models.ForeignKey(Report, models.CASCADE, related_name="data_sources")
    name = models.CharField(max_length=200)
    rows = models.JSONField(default=list, blank=True)  # list of maps, one per row

    def __str__(self) -> str:
        return self.name
