"""Access to reports on the site with start and end, openings of reports, and stored PDFs."""

from django.db import models
from django.utils import timezone

from qxportal.engine.models import ids
from qxportal.engine.models.assessments import Assessment, Participant
from qxportal.engine.models.directory import Brand, Person, User


class ReportAccess(models.Model):
    """One person's access to one subject's report on the site; without such a row the report stays closed.

    The row stays after the access has ended: the reader is told so, and HR sees what was opened.
    """

    class Viewer(models.TextChoices):
        """The reader's role towards the subject."""

        SUBJECT = "Subject"
        MANAGER = "Manager"
        OTHER = "Other"

    public_id = models.CharField(max_length=40, unique=True, default=ids.report_access_id)
    brand = models.ForeignKey(Brand, models.CASCADE, related_name="report_accesses")
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="report_accesses")
    subject = models.ForeignKey(Participant, models.CASCADE, related_name="report_accesses")
    person = models.ForeignKey(Person, models.CASCADE, related_name="report_accesses")  # the reader
    viewer = models.CharField(max_length=8, choices=Viewer)
    from_at = models.DateTimeField(default=timezone.now)
    until_at = models.DateTimeField(null=True, blank=True)  # None: open-ended; withdrawing sets it to now
    edition = models.PositiveIntegerField(null=True, blank=True)  # None: the latest edition
    given_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    given_at = models.DateTimeField(default=timezone.now)
    # For a subject's own access in assessments with ReportApproval: the manager's decision.
    approved_edition = models.PositiveIntegerField(null=True, blank=True)  # the newest one open to the subject
    approved_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    sent_back_at = models.DateTimeField(null=True, blank=True)
    sent_back_because = models.TextField(blank=True)  # the manager's reason, for HR

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["subject", "person"], name="one_report_access_per_reader"),
            models.UniqueConstraint(fields=["brand", "id"], name="a_report_access_has_its_brand"),
            models.CheckConstraint(
                condition=models.Q(approved_at=None) | models.Q(sent_back_at=None),
                name="a_report_is_approved_or_sent_back",
            ),
        )

    def __str__(self) -> str:
        return self.public_id


class ReportOpening(models.Model):
    """One opening of a report on the site, always by a button: links alone open nothing."""

    class What(models.TextChoices):
        """The format that was opened."""

        PAGE = "page"
        PDF = "pdf"

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="report_openings")
    access = models.ForeignKey(ReportAccess, models.CASCADE, related_name="openings")
    person = models.ForeignKey(Person, models.CASCADE, related_name="report_openings")
    at = models.DateTimeField(default=timezone.now)
    what = models.CharField(max_length=4, choices=What)
    edition = models.PositiveIntegerField()
    device = models.CharField(max_length=16)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["brand", "id"], name="a_report_opening_has_its_brand"),)

    def __str__(self) -> str:
        return f"{self.what} of {self.access_id} at {self.at:%Y-%m-%d %H:%M}"


class StoredReport(models.Model):
    """The encrypted PDF that a reader last received; a row without content is reserved for a PDF being printed."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="stored_reports")
    subject = models.ForeignKey(Participant, models.CASCADE, related_name="stored_reports")
    person = models.ForeignKey(Person, models.CASCADE, related_name="stored_reports")  # the reader
    key = models.CharField(max_length=64, blank=True)  # see `fingerprint.rendering_key`
    content = models.BinaryField(null=True)
    reserved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["subject", "person"],
                condition=models.Q(content__isnull=False),
                name="one_stored_report_per_reader",
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)
