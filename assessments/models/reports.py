"""Fetched reports, single or in batches, and their releases."""

import uuid
from typing import Any

from django.db import models
from django.utils import timezone

from assessments.models.assessments import Assessment, Subject
from qxportal.accounts.models import Member, Organisation
from qxportal.ledger.models import Job
from qxportal.ui.stored_messages import MessageField


class Report(models.Model):
    """One fetched version of a subject's report for one viewer; the file is sealed on disk."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="reports")
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="reports")
    subject = models.ForeignKey(Subject, models.CASCADE, related_name="reports")
    person_key = models.CharField(max_length=60, blank=True)  # vendor id of the subject
    viewer = models.CharField(max_length=60)  # "Admin", "Subject" or a person's id
    version = models.PositiveIntegerField()
    file = models.CharField(max_length=100)  # a random name below REPORTS_ROOT
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    rendering_key = models.CharField(max_length=64, blank=True)  # key of the PDF's contents, if the server reports one
    edition = models.PositiveIntegerField(null=True)  # number of the edition shown, if the server reports it
    edition_made_at = models.DateTimeField(null=True)
    fetched_at = models.DateTimeField(default=timezone.now)
    fetched_by = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ("-fetched_at", "-pk")
        constraints = (models.UniqueConstraint(fields=("subject", "viewer", "version"), name="one_report_per_version"),)
        indexes = (models.Index(fields=("org", "-fetched_at"), name="reports_by_time"),)

    def __str__(self) -> str:
        return f"{self.subject} v{self.version} ({self.viewer})"


class ReportPreview(models.Model):
    """The report of a fictional person over an assessment's questions, as made last; it holds nothing of anybody."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    assessment = models.OneToOneField(Assessment, models.CASCADE, related_name="report_preview")
    language = models.CharField(max_length=10)
    seed = models.CharField(max_length=64)  # inputs of the figures
    content = models.BinaryField()  # the PDF, sealed; see `sealed_previews`
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.assessment_id}: {self.language}, {self.seed}"


class UnitReport(models.Model):
    """Means of units of an assessment's subjects, as the server gave them; it stays as it was given."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="unit_reports")
    title = models.CharField(max_length=200)
    persons = models.JSONField(default=list)  # the vendor's ids of the subjects in the units
    content = models.JSONField(default=dict)  # the answer
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ("-made_at", "-pk")

    def __str__(self) -> str:
        return self.title


class Release(models.Model):
    """A report that a member (its subject, or a coach) may open."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="releases")
    report = models.ForeignKey(Report, models.CASCADE, related_name="releases")
    member = models.ForeignKey(Member, models.CASCADE, related_name="released_reports")
    released_at = models.DateTimeField(default=timezone.now)
    released_by = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ("-released_at",)
        constraints = (models.UniqueConstraint(fields=("report", "member"), name="one_release_per_member"),)

    def __str__(self) -> str:
        return f"{self.report} for {self.member}"


class ReportBatch(models.Model):
    """Reports of several subjects that are fetched by one job, and downloaded as one ZIP file."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    org = models.ForeignKey(Organisation, models.CASCADE, related_name="report_batches")
    title = MessageField()
    made_by = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    made_by_name = models.CharField(max_length=254)
    created_at = models.DateTimeField(default=timezone.now)
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")  # the latest

    class Meta:
        ordering = ("-created_at", "-pk")
        indexes = (models.Index(fields=("org", "-created_at"), name="report_batches_by_time"),)
        verbose_name_plural = "report batches"

    def __str__(self) -> str:
        return str(self.title)


class BatchFile(models.Model):
    """One report of a batch: of a subject, as seen by a viewer."""

    class State(models.TextChoices):
        """Progress of a file."""

        WAITING = "waiting"
        FETCHED = "fetched"
        FAILED = "failed"

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    batch = models.ForeignKey(ReportBatch, models.CASCADE, related_name="files")
    position = models.PositiveIntegerField()
    subject = models.ForeignKey(Subject, models.CASCADE, related_name="+")
    viewer = models.CharField(max_length=60)  # as of Report
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    report = models.ForeignKey(Report, models.SET_NULL, null=True, related_name="+")
    problem = MessageField(blank=True)
    failed_in = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")  # another job tries it again

    class Meta:
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(fields=("batch", "position"), name="one_file_per_position"),
            models.UniqueConstraint(fields=("batch", "subject", "viewer"), name="one_file_per_subject_and_viewer"),
        )

    def __str__(self) -> str:
        return f"{self.subject_id} ({self.viewer}): {self.state}"


class ReportFigures(models.Model):
    """External figures in the reports of an assessment, as the server reported them or the portal set them.

    Without versions: reports themselves record what they showed.
    """

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    assessment = models.OneToOneField(Assessment, models.CASCADE, related_name="report_figures")
    seen_at = models.DateTimeField()  # an older answer never overwrites
    tables: Any = models.JSONField(default=list)  # see report_figures.py

    def __str__(self) -> str:
        return f"{self.assessment_id}"
