"""Assessments (360s) with their relationships, participants and mailings."""

from django.db import models
from django.utils import timezone

from qxportal.engine.models import ids
from qxportal.engine.models.directory import Brand, Division, Group, OrgStructure, Person, User
from qxportal.engine.models.library import Message
from qxportal.engine.models.surveys import Survey
from qxportal.threesixty.relationships import MINIMUM


class Assessment(models.Model):
    """One 360.

    Draft --activateAssessment--> Active --closeAssessment--> Closed --reopenAssessment, activateAssessment--> Active
    Only an active one can be answered.
    """

    class Type(models.TextChoices):
        """The kind of project."""

        THREE_SIXTY = "360"
        EE = "EE"
        PULSE = "EmployeePulse"

    class Status(models.TextChoices):
        """The state of an assessment."""

        DRAFT = "Draft"
        ACTIVE = "Active"
        CLOSED = "Closed"

    public_id = models.CharField(max_length=40, unique=True, default=ids.assessment_id)
    brand = models.ForeignKey(Brand, models.CASCADE, related_name="assessments")
    owner = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="assessments")
    owner_division = models.ForeignKey(Division, models.PROTECT, null=True, blank=True, related_name="assessments")
    owner_group = models.ForeignKey(Group, models.PROTECT, null=True, blank=True, related_name="assessments")
    public = models.BooleanField(default=False)  # owned by the brand: all its users may administer it
    survey = models.ForeignKey(Survey, models.PROTECT, related_name="assessments")
    org_structure = models.ForeignKey(OrgStructure, models.PROTECT, related_name="assessments")
    name = models.CharField(max_length=200)
    type = models.CharField(max_length=16, choices=Type, default=Type.THREE_SIXTY)
    status = models.CharField(max_length=8, choices=Status, default=Status.DRAFT)
    options = models.JSONField(default=dict, blank=True)  # see `workflow.DEFAULTS`
    min_group = models.PositiveSmallIntegerField(null=True, blank=True)  # see `thresholds`; None in a draft
    min_comments = models.PositiveSmallIntegerField(null=True, blank=True)
    min_spread = models.PositiveSmallIntegerField(null=True, blank=True)
    report_groups = models.JSONField(
        default=list, blank=True
    )  # see `report_groups`: [{Name, Translations, Relationships}]
    # The earlier round that reports are compared with, and the statements that HR excluded: see `comparing`.
    compared_with = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    not_compared = models.JSONField(default=list, blank=True)  # public ids of questions
    created_at = models.DateTimeField(default=timezone.now)
    activated_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(owner__isnull=False, owner_division=None, owner_group=None, public=False)
                | models.Q(owner=None, owner_division__isnull=False, owner_group=None, public=False)
                | models.Q(owner=None, owner_division=None, owner_group__isnull=False, public=False)
                | models.Q(owner=None, owner_division=None, owner_group=None, public=True),
                name="an_assessment_has_one_owner",
            ),
            models.CheckConstraint(
                condition=models.Q(min_group=None, min_comments=None, min_spread=None)
                | models.Q(
                    min_group__gte=MINIMUM,
                    min_comments__gte=models.F("min_group"),
                    min_spread__gte=models.F("min_group"),
                ),
                name="an_assessment_shows_no_smaller_groups",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def has_subjects(self) -> bool:
        """Whether people are assessed by others; in other types all participants answer about themselves."""
        return self.type == Assessment.Type.THREE_SIXTY

    @property
    def owner_public_id(self) -> str:
        """The id of the user, division, group or brand that owns it."""
        owner = self.owner or self.owner_division or self.owner_group
        return owner.public_id if owner else self.brand.name


class Relationship(models.Model):
    """A custom relationship of one assessment; the four built-in ones have no row."""

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="relationships")
    name = models.CharField(max_length=100)
    translations = models.JSONField(default=dict, blank=True)  # language -> text
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("position", "id")
        constraints = (models.UniqueConstraint(fields=["assessment", "name"], name="one_relationship_per_name"),)

    def __str__(self) -> str:
        return self.name


class Participant(models.Model):
    """A person in an assessment: a subject or only an evaluator."""

    class Status(models.TextChoices):
        """State of the subject's round."""

        WAITING = "Waiting"
        DONE = "Done"

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="participants")
    person = models.ForeignKey(Person, models.CASCADE, related_name="participations")
    is_subject = models.BooleanField(default=True)
    external = models.BooleanField(default=False)
    status = models.CharField(max_length=8, choices=Status, default=Status.WAITING)
    done_at = models.DateTimeField(null=True, blank=True)
    report_ready = models.BooleanField(default=False)
    reminded_at = models.DateTimeField(null=True, blank=True)  # when the subject last sent reminders
    created_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["assessment", "person"], name="one_participant_per_person"),)

    def __str__(self) -> str:
        return f"{self.person_id} in {self.assessment_id}"


class Mailing(models.Model):
    """A planned mail to people of an assessment; when due, one mail per person is queued.

    A standing mailing continues until it is cancelled: people who join its audience later get it then.
    """

    class Kind(models.TextChoices):
        """The purpose of a mailing, which decides its audience."""

        INVITE = "Invite"  # evaluators not invited yet
        REMINDER = "Reminder"  # evaluators with open evaluations
        THANKS = "Thanks"  # evaluators who have finished everything
        REPORT = "Report"  # readers of open reports
        NOMINATE = "Nominate"  # people who have to choose evaluators
        APPROVE = "Approve"  # managers who have to approve chosen evaluators
        REPORT_APPROVAL = "ReportApproval"  # managers who have to approve a report for its subject
        REPORT_REMINDER = "ReportReminder"  # readers who have not opened a report for a week

    public_id = models.CharField(max_length=40, unique=True, default=ids.mailing_id)
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="mailings")
    kind = models.CharField(max_length=20, choices=Kind)
    message = models.ForeignKey(Message, models.SET_NULL, null=True, blank=True, related_name="mailings")
    subject_message = models.ForeignKey(Message, models.SET_NULL, null=True, blank=True, related_name="+")
    key = models.CharField(max_length=64, blank=True)  # idempotency key of the request
    persons = models.JSONField(null=True, blank=True)  # public ids of named recipients; None: the whole audience
    standing = models.BooleanField(default=False)
    scheduled_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)  # when its mails were first queued
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (
            models.Index(
                fields=["scheduled_at"],
                condition=models.Q(cancelled_at=None) & (models.Q(sent_at=None) | models.Q(standing=True)),
                name="mailings_to_come",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} on {self.scheduled_at:%Y-%m-%d}"
