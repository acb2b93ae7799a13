"""Mails to people: the queue, opt-outs, and the rows that tell this database from its copies."""

from django.db import models
from django.utils import timezone

from qxportal.engine.models import ids
from qxportal.engine.models.assessments import Assessment, Mailing
from qxportal.engine.models.directory import Brand, Person
from qxportal.engine.models.evaluations import Evaluation
from qxportal.engine.models.library import Message
from qxportal.mail.queue import OPEN, QueuedMail
from qxportal.mail.statuses import OF_ADDRESS, Cause


class Why(models.TextChoices):
    """Why a mail failed, was cancelled, or still waits."""

    ADDRESS = "address"  # the person has no valid address
    REFUSED = "refused"  # the mail server refused it permanently
    UNREACHED = "unreached"  # the mail server was unreachable or refused it temporarily
    GAVE_UP = "gave-up"  # too many attempts
    QUIET = "quiet-hours"
    OFF = "mail-off"
    LEFT = "person-left"
    CLOSED = "assessment-closed"
    NOTHING_OPEN = "nothing-open"
    ALREADY = "already-sent"
    REMINDED = "reminded-today"
    NO_REMINDERS = "no-reminders"  # the person has turned them off
    NOT_FINISHED = "not-finished"
    NO_REPORT = "no-report"  # no report is open to the person
    WITHDRAWN = "withdrawn"  # the mailing was cancelled
    HELD = "copy"  # this database is a copy
    NO_TEST_ADDRESS = "no-test-address"
    CAME_BACK = "address-returned"  # an earlier mail to the address was returned
    DELAYED = "delayed"  # sent; a mail server on the way is still trying
    # a delivery report said so after sending
    NO_ADDRESS = Cause.NO_ADDRESS.value
    NO_DOMAIN = Cause.NO_DOMAIN.value
    DISABLED = Cause.DISABLED.value
    FULL = Cause.FULL.value
    NOT_ACCEPTED = Cause.NOT_ACCEPTED.value
    EXPIRED = Cause.EXPIRED.value
    RETURNED = Cause.RETURNED.value


RETURNED_FROM = tuple(sorted(cause.value for cause in OF_ADDRESS))  # reasons that mean a wrong address


class Mail(QueuedMail):
    """One mail to one person."""

    class Kind(models.TextChoices):
        """The purpose of a mail."""

        INVITE = "Invite"
        REMINDER = "Reminder"
        THANKS = "Thanks"
        REPORT = "Report"
        NOMINATE = "Nominate"
        APPROVE = "Approve"
        REPORT_APPROVAL = "ReportApproval"
        REPORT_REMINDER = "ReportReminder"
        REPORT_WITHDRAWN = "ReportWithdrawn"  # to a reader whose access to a report ended
        LINK = "Link"  # requested on the site's front page
        TEST = "Test"  # to the administrator who turns mail on

    public_id = models.CharField(max_length=40, unique=True, default=ids.mail_id)
    brand = models.ForeignKey(Brand, models.CASCADE, related_name="mails")
    person = models.ForeignKey(Person, models.CASCADE, null=True, blank=True, related_name="mails")  # None: a test
    assessment = models.ForeignKey(Assessment, models.CASCADE, null=True, blank=True, related_name="mails")
    evaluation = models.ForeignKey(Evaluation, models.SET_NULL, null=True, blank=True, related_name="mails")
    mailing = models.ForeignKey(Mailing, models.SET_NULL, null=True, blank=True, related_name="mails")
    kind = models.CharField(max_length=20, choices=Kind)
    message = models.ForeignKey(Message, models.SET_NULL, null=True, blank=True, related_name="mails")
    key = models.CharField(max_length=120, null=True, blank=True, unique=True)  # deduplication key

    class Meta:
        indexes = (
            models.Index(fields=["not_before"], condition=models.Q(state__in=OPEN), name="mails_that_are_open"),
            models.Index(fields=["person", "kind", "settled_at"], name="mails_of_person"),
            models.Index(fields=["settled_at"], condition=~models.Q(address=""), name="mails_with_address"),
            models.Index(fields=["brand"], condition=models.Q(state="failed"), name="mails_that_failed"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}: {self.state}"


class ReminderOptOut(models.Model):
    """A person who has turned reminders off."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="reminder_opt_outs")
    person = models.OneToOneField(Person, models.CASCADE, related_name="reminder_opt_out")
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.person_id} since {self.at:%Y-%m-%d}"


class EngineInstance(models.Model):
    """The single row that tells this database from copies, which must not send mail; see `mail/fence.py`."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    epoch = models.UUIDField()  # also in a file
    place = models.CharField(max_length=200)  # the PostgreSQL cluster, its timeline and the database
    written_by = models.BigIntegerField()  # the writing transaction's id, which differs in a restored row
    held_at = models.DateTimeField(null=True, blank=True)  # when the database was recognised as a copy

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="one_engine_instance"),)

    def __str__(self) -> str:
        return str(self.epoch)


class ReportReading(models.Model):
    """The single row with the state of reading the delivery report mailbox; see `mail/report_reading.py`."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    mailbox = models.CharField(max_length=200, blank=True)  # its identifier; another one is read from the beginning
    read_up_to = models.BigIntegerField(default=0)  # number of the last message read
    left = models.PositiveIntegerField(default=0)  # messages left in the mailbox: no reports about our mails
    next_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)  # in a row
    failing_since = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="one_report_reading"),)

    def __str__(self) -> str:
        return self.mailbox
