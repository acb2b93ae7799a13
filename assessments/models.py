"""Mirrored assessments with their subjects, evaluations and relationships; and the reports we fetched."""

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from directory.models import Person
from qxportal.accounts.models import Member, Organisation
from qxportal.ledger.mirror.mirrored import Alarm, Mirrored
from qxportal.threesixty.enums import AssessmentType


class Assessment(Mirrored):
    """One 360 (`TS_`)."""

    class Status(models.TextChoices):
        """The vendor's words for how far it is."""

        DRAFT = "Draft", _("Draft")
        ACTIVE = "Active", _("Active")
        CLOSED = "Closed", _("Closed")

    class Type(models.TextChoices):
        """The vendor's words for what kind of survey round it is."""

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
        """The type in words, or the vendor's own word for one that is not known."""
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
    vendor_id = models.CharField(max_length=254)  # the person's id; its address where the listing has no id
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
        """Who evaluates."""
        return f"{self.evaluator_first_name} {self.evaluator_last_name}".strip() or self.evaluator_email


class Editions(models.Model):
    """What the server tells of a subject's editions: what was shown, what waits, who is exempt as manager.

    Not mirrored with versions: counts of answers over time would tell who answered when.
    """

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="+")
    subject = models.OneToOneField(Subject, models.CASCADE, related_name="editions")
    seen_at = models.DateTimeField()  # an older answer never overwrites
    facts: Any = models.JSONField()  # see editions.py

    class Meta:
        verbose_name_plural = "editions"

    def __str__(self) -> str:
        return f"{self.subject}: edition {self.facts.get('edition', 0)}"


class Schedule(models.Model):
    """The dates that the server tells of an assessment, and who may answer for longer; not mirrored with versions."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    assessment = models.OneToOneField(Assessment, models.CASCADE, related_name="schedule")
    seen_at = models.DateTimeField()  # an older answer never overwrites
    facts: Any = models.JSONField()  # see schedules.py

    def __str__(self) -> str:
        return f"{self.assessment_id}"


class Thresholds(models.Model):
    """How many answers reports of an assessment need, as the server tells it; not mirrored with versions."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    assessment = models.OneToOneField(Assessment, models.CASCADE, related_name="thresholds")
    seen_at = models.DateTimeField()  # an older answer never overwrites
    min_group = models.PositiveSmallIntegerField()  # a group's figures
    min_comments = models.PositiveSmallIntegerField()
    min_spread = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name_plural = "thresholds"

    def __str__(self) -> str:
        return f"{self.assessment_id}"


class DeclineReason(models.Model):
    """Why an evaluator declined, in the evaluator's words; kept apart from the mirror so that no version holds it."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="+")
    evaluation = models.OneToOneField(Evaluation, models.CASCADE, related_name="decline_reason")
    seen_at = models.DateTimeField()  # an older answer never overwrites
    words = models.TextField()

    def __str__(self) -> str:
        return f"{self.evaluation_id}"


class ReportAccess(models.Model):
    """Who may open a subject's report on the site of the server, from when until when, and who did: as it was told."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="+")
    subject = models.OneToOneField(Subject, models.CASCADE, related_name="report_access")
    seen_at = models.DateTimeField()  # an older answer never overwrites
    readers: Any = models.JSONField()  # see report_access.py

    class Meta:
        verbose_name_plural = "report access"
        constraints = (models.UniqueConstraint(fields=("org", "id"), name="report_access_has_its_organisation"),)

    def __str__(self) -> str:
        return f"{self.subject}: {len(self.readers)} readers"


class Nominations(models.Model):
    """A subject's list of evaluators that subject or manager choose, as the server told it."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="+")
    subject = models.OneToOneField(Subject, models.CASCADE, related_name="nominations")
    seen_at = models.DateTimeField()  # an older answer never overwrites
    state = models.CharField(max_length=20)  # Open, SentBack, Submitted or Approved
    turn = models.CharField(max_length=20, blank=True)  # Subject, Manager or HR; empty: nobody's
    manager_key = models.CharField(max_length=254, blank=True)
    facts: Any = models.JSONField()  # see nominations.py

    class Meta:
        verbose_name_plural = "nominations"
        constraints = (models.UniqueConstraint(fields=("org", "id"), name="nominations_have_their_organisation"),)

    def __str__(self) -> str:
        return f"{self.subject_id}: {self.state}"


class Report(models.Model):
    """One fetched version of a subject's report for one viewer; the file is sealed on disk."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="reports")
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="reports")
    subject = models.ForeignKey(Subject, models.CASCADE, related_name="reports")
    person_key = models.CharField(max_length=60, blank=True)  # the person whom it is about, by the vendor's id
    viewer = models.CharField(max_length=60)  # "Admin", "Subject" or a person's id
    version = models.PositiveIntegerField()
    file = models.CharField(max_length=100)  # a random name below REPORTS_ROOT
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    edition = models.PositiveIntegerField(null=True)  # which edition it shows, where the server tells
    edition_made_at = models.DateTimeField(null=True)
    fetched_at = models.DateTimeField(default=timezone.now)
    fetched_by = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ("-fetched_at", "-pk")
        constraints = (models.UniqueConstraint(fields=("subject", "viewer", "version"), name="one_report_per_version"),)
        indexes = (models.Index(fields=("org", "-fetched_at"), name="reports_by_time"),)

    def __str__(self) -> str:
        return f"{self.subject} v{self.version} ({self.viewer})"


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


class BrandState(models.Model):
    """How the server says the organisation's brand looks, writes and mails; without versions, as it holds no person."""

    org = models.OneToOneField(Organisation, models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()  # an older answer never overwrites
    facts: Any = models.JSONField()  # see brand.py
    logo = models.BinaryField(default=b"")  # the PNG that pages and mails show; apart, as few pages need it

    def __str__(self) -> str:
        return f"{self.facts.get('name', '')}"


class Mailings(models.Model):
    """The mailings that the server tells of an assessment; without versions, as who was reminded had not answered."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    assessment = models.OneToOneField(Assessment, models.CASCADE, related_name="mailings")
    seen_at = models.DateTimeField()  # an older answer never overwrites
    facts: Any = models.JSONField()  # see mailings.py

    class Meta:
        verbose_name_plural = "mailings"

    def __str__(self) -> str:
        return f"{self.assessment_id}"


class Mail(models.Model):
    """One mail to one person about an assessment, as the server tells it; never what it said."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="mails", db_index=False)
    vendor_id = models.CharField(max_length=60)
    mailing_key = models.CharField(max_length=60, blank=True)
    person_key = models.CharField(max_length=254, blank=True)
    person_name = models.CharField(max_length=410, blank=True)
    kind = models.CharField(max_length=30)
    covers_all = models.BooleanField(default=True)  # whether the person was asked for nothing since being invited
    state = models.CharField(max_length=30)
    why = models.CharField(max_length=60, blank=True)  # a code of the server's
    address = models.CharField(max_length=254, blank=True)
    reply = models.TextField(blank=True)  # the mail server's
    created_at = models.DateTimeField()
    not_before = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    search = models.CharField(max_length=700, default="")

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints = (models.UniqueConstraint(fields=("assessment", "vendor_id"), name="one_mail_per_vendor_id"),)
        indexes = (
            models.Index(fields=("assessment", "-created_at", "-id"), name="mails_by_time"),
            models.Index(
                fields=("org", "person_key"), condition=models.Q(state="failed"), name="failed_mails_by_person"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.vendor_id}: {self.state}"


class LetterBatch(models.Model):
    """Letters with codes that were printed at once. The codes lie sealed until they are downloaded, once."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="letter_batches")
    change_key = models.UUIDField(unique=True)  # of the change that had them made, which may be forgotten before
    person_keys = models.JSONField(default=list)
    printed_at = models.DateTimeField()
    printed_by_name = models.CharField(max_length=254, blank=True)
    lost = models.BooleanField(default=False)  # the letters were made, but the answer with the codes did not arrive
    downloaded_at = models.DateTimeField(null=True, blank=True)
    downloaded_by_name = models.CharField(max_length=254, blank=True)
    forgotten_at = models.DateTimeField(null=True, blank=True)  # nobody downloaded them in time

    class Meta:
        ordering = ("-printed_at", "-pk")
        verbose_name_plural = "letter batches"
        constraints = (models.UniqueConstraint(fields=("org", "id"), name="letter_batches_have_their_organisation"),)

    def __str__(self) -> str:
        return f"{self.assessment_id}: {self.printed_at:%Y-%m-%d}"

    @property
    def state(self) -> str:
        """Whether the letters can be downloaded, in the words of the screens."""
        if self.downloaded_at:
            return "printed"
        if self.lost:
            return "lost"
        return "forgotten" if self.forgotten_at else "ready"


class MessageText(models.Model):
    """A text that mailings of an assessment can send, in several languages: of its own library or of its owner's."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="message_texts", db_index=False)
    vendor_id = models.CharField(max_length=60)
    seen_at = models.DateTimeField()  # an older answer never overwrites
    name = models.CharField(max_length=200)
    library_id = models.CharField(max_length=60, blank=True)  # empty: the assessment's own
    category = models.CharField(max_length=60)  # the server's
    texts = models.JSONField(default=dict)  # by language

    class Meta:
        ordering = ("name", "pk")
        constraints = (models.UniqueConstraint(fields=("assessment", "vendor_id"), name="one_text_per_vendor_id"),)

    def __str__(self) -> str:
        return self.name
