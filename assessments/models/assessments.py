"""Mirrored assessments with their subjects and evaluations."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from directory.models import Person
from qxportal.ledger.mirror.mirrored import Alarm, Mirrored
from qxportal.threesixty.enums import AssessmentType


class Assessment(Mirrored):
    """One 360 (`TS_`)."""

    class Status(models.TextChoices):
        """The vendor's status values of an assessment."""

        DRAFT = "Draft", _("Draft")
        ACTIVE = "Active", _("Active")
        CLOSED = "Closed", _("Closed")

    class Type(models.TextChoices):
        """The vendor's types of survey round."""

        THREE_SIXTY = AssessmentType.THREE_SIXTY.value, _("360 feedback")
        EMPLOYEE_ENGAGEMENT = AssessmentType.EMPLOYEE_ENGAGEMENT.value, _("Employee engagement")
        EMPLOYEE_PULSE = AssessmentType.EMPLOYEE_PULSE.value, _("Employee pulse")

    alarms = (
        Alarm("assessment-closed", column="status", after=Status.CLOSED),
        Alarm("assessment-reopened", column="status", before=Status.CLOSED, after=Status.ACTIVE),
        Alarm("assessment-gone", gone=True),
    )
    of_assessment = "id"

    name = models.CharField(max_length=300)
    type = models.CharField(max_length=30, default="360")
    status = models.CharField(max_length=30, default=Status.DRAFT)
    owner_id = models.CharField(max_length=60, blank=True)
    survey_id = models.CharField(max_length=60, blank=True)
    org_structure_id = models.CharField(max_length=60, blank=True)
    workflow_options = models.JSONField(default=dict, blank=True)
    relationships = models.JSONField(default=list, blank=True)  # the custom ones: [{"Name", "Translations"}]
    created_at = models.DateTimeField(null=True, blank=True)
    activated_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints = (models.UniqueConstraint(fields=("org", "vendor_id"), name="one_assessment_per_vendor_id"),)
        indexes = (models.Index(fields=("org", "status", "-created_at"), name="assessments_by_status"),)

    def __str__(self) -> str:
        return self.name

    @property
    def type_label(self) -> str:
        """Label of the type, or the vendor's own value if unknown."""
        return str(dict(self.Type.choices).get(self.type, self.type))


class Subject(Mirrored):
    """A person being assessed in one assessment."""

    class Status(models.TextChoices):
        """The vendor's words."""

        WAITING = "Waiting", pgettext_lazy("status of a subject", "Waiting")
        DONE = "Done", pgettext_lazy("status of a subject", "Done")

    alarms = (
        Alarm("subject-reopened", column="status", before=Status.DONE, after=Status.WAITING),
        Alarm("subject-gone", gone=True),
    )
    answering = ("received", "completed", "report_status")
    of_assessment = "assessment_id"
    of_person = "vendor_id"

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="subjects", db_index=False)
    vendor_id = models.CharField(max_length=254)  # the person's id; the address if the listing has no id
    person = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="subjects")
    first_name = models.CharField(max_length=200)
    last_name = models.CharField(max_length=200)
    email = models.CharField(max_length=254, blank=True)
    status = models.CharField(max_length=30, default=Status.WAITING)
    received = models.PositiveIntegerField(default=0)  # evaluations asked for
    completed = models.PositiveIntegerField(default=0)
    report_status = models.CharField(max_length=30, blank=True)
    sort_name = models.CharField(max_length=410, default="")
    search = models.CharField(max_length=700, default="")

    class Meta:
        ordering = ("sort_name", "pk")
        constraints = (models.UniqueConstraint(fields=("assessment", "vendor_id"), name="one_subject_per_vendor_id"),)
        indexes = (models.Index(fields=("assessment", "sort_name", "id"), name="subjects_by_name"),)

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email

    def given(self) -> "models.QuerySet[Evaluation]":
        """The evaluations that this person has finished in the assessment."""
        finished = Evaluation.objects.filter(assessment=self.assessment_id, status=Evaluation.Status.COMPLETED)
        return finished.filter(evaluator_key=self.vendor_id, gone_at=None)


class Evaluation(Mirrored):
    """One evaluator's form about one subject."""

    class Status(models.TextChoices):
        """How far the form is."""

        NOT_STARTED = "NotStarted", _("Not started")
        IN_PROGRESS = "InProgress", _("In progress")
        COMPLETED = "Completed", _("Finished")
        DECLINED = "Declined", _("Declined")

    answering = ("status", "started_at", "finished_at")
    of_assessment = "assessment_id"
    of_person = "evaluator_key"

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="evaluations", db_index=False)
    vendor_id = models.CharField(max_length=600)  # ours: subject, evaluator and relationship
    subject = models.ForeignKey(Subject, models.CASCADE, null=True, related_name="evaluations")
    evaluator = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="evaluations")
    subject_key = models.CharField(max_length=254)
    evaluator_key = models.CharField(max_length=254)
    evaluator_first_name = models.CharField(max_length=200)
    evaluator_last_name = models.CharField(max_length=200)
    evaluator_email = models.CharField(max_length=254, blank=True)
    relationship = models.CharField(max_length=200)
    unsolicited = models.BooleanField(default=False)
    status = models.CharField(max_length=30, default=Status.NOT_STARTED)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    sort_name = models.CharField(max_length=410, default="")  # the evaluator's
    search = models.CharField(max_length=1400, default="")

    class Meta:
        ordering = ("sort_name", "pk")
        constraints = (
            models.UniqueConstraint(fields=("assessment", "vendor_id"), name="one_evaluation_per_vendor_id"),
        )
        indexes = (
            models.Index(fields=("assessment", "status"), name="evaluations_by_status"),
            models.Index(fields=("assessment", "sort_name", "id"), name="evaluations_by_name"),
        )

    def __str__(self) -> str:
        return f"{self.evaluator_name} on {self.subject_key}"

    @property
    def evaluator_name(self) -> str:
        """Name of the evaluator."""
        return f"{self.evaluator_first_name} {self.evaluator_last_name}".strip() or self.evaluator_email
