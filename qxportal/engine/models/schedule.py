"""Dates on which an assessment opens and closes automatically, and extensions for single people."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from qxportal.engine.models.assessments import Assessment
from qxportal.engine.models.directory import Brand, Person


class Schedule(models.Model):
    """One assessment's dates. Completed steps are stamped, and repeated only after their date changes."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="schedules")
    assessment = models.OneToOneField(Assessment, models.CASCADE, related_name="schedule")
    opens_at = models.DateTimeField(null=True, blank=True)
    closes_at = models.DateTimeField(null=True, blank=True)
    remind_at = ArrayField(models.DateTimeField(), default=list, blank=True)
    report_at = models.DateTimeField(null=True, blank=True)  # when reports become available after closing
    close_sessions = models.BooleanField(default=False)  # options of closing, chosen in advance
    delete_mailings = models.BooleanField(default=False)
    ready_reports = models.BooleanField(default=False)
    opened_at = models.DateTimeField(null=True, blank=True)  # when opening was done or became unnecessary
    closed_at = models.DateTimeField(null=True, blank=True)
    reported_at = models.DateTimeField(null=True, blank=True)
    next_reminder_at = models.DateTimeField(null=True, blank=True)  # the first of `remind_at` in the future
    problem = models.TextField(blank=True)  # why opening was not possible so far
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(opens_at=None)
                | models.Q(closes_at=None)
                | models.Q(closes_at__gt=models.F("opens_at")),
                name="a_schedule_closes_after_it_opens",
            ),
        )

    def __str__(self) -> str:
        return f"{self.assessment_id}: {self.opens_at} to {self.closes_at}"


class Extension(models.Model):
    """A person's longer deadline in an assessment."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="extensions")
    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="extensions")
    person = models.ForeignKey(Person, models.CASCADE, related_name="extensions")
    until = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["schedule", "person"], name="one_extension_per_person"),)

    def __str__(self) -> str:
        return f"{self.person_id} until {self.until}"
