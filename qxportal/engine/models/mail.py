"""Mails to people: the queue, what was turned off, and what tells this database from its copies."""

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

    ADDRESS = "address"  # the person has no address that mail can go to
    REFUSED = "refused"  # the mail server refused it for good
    UNREACHED = "unreached"  # the mail server could not be reached, or put us off
    GAVE_UP = "gave-up"  # too many attempts
    QUIET = "quiet-hours"
    OFF = "mail-off"
    LEFT = "person-left"
    CLOSED = "assessment-closed"
    NOTHING_OPEN = "nothing-open"
    ALREADY = "already-sent"
    REMINDED = "reminded-today"
    NO_REMINDERS = "no-reminders"  # the person wants none
    NOT_FINISHED = "not-finished"
    NO_REPORT = "no-report"  # that the person may open now
    WITHDRAWN = "withdrawn"  # the mailing was cancelled
    HELD = "copy"  # this database is a copy
    NO_TEST_ADDRESS = "no-test-address"
    CAME_BACK = "address-returned"  # an earlier mail to the address came back
    DELAYED = "delayed"  # it was sent; a mail server on its way tries again
    # a report came after it was sent: it was not delivered
    NO_ADDRESS = Cause.NO_ADDRESS.value
    NO_DOMAIN = Cause.NO_DOMAIN.value
    DISABLED = Cause.DISABLED.value
    FULL = Cause.FULL.value
    NOT_ACCEPTED = Cause.NOT_ACCEPTED.value
    EXPIRED = Cause.EXPIRED.value
    RETURNED = Cause.RETURNED.value


RETURNED_FROM = tuple(sorted(cause.value for cause in OF_ADDRESS))  # why a mail came back, where the address is wrong


class Mail(QueuedMail):
    """One mail to one person."""

    class Kind(models.TextChoices):
        """What it is for."""

        INVITE = "Invite"
        REMINDER = "Reminder"
        THANKS = "Thanks"
        REPORT = "Report"
        NOMINATE = "Nominate"
        APPROVE = "Approve"
        REPORT_APPROVAL = "ReportApproval"
        REPORT_REMINDER = "ReportReminder"
        REPORT_WITHDRAWN = "ReportWithdrawn"  # to a reader who can open a report no longer
        LINK = "Link"  # asked for on the site's front page
        TEST = "Test"  # to whoever turns mail on

    public_id = models.CharField(max_length=40, unique=True, default=ids.mail_id)
    brand = models.ForeignKey(Brand, models.CASCADE, related_name="mails")
    person = models.ForeignKey(Person, models.CASCADE, null=True, blank=True, related_name="mails")  # None: a test
    assessment = models.ForeignKey(Assessment, models.CASCADE, null=True, blank=True, related_name="mails")
    evaluation = models.ForeignKey(Evaluation, models.SET_NULL, null=True, blank=True, related_name="mails")
    mailing = models.ForeignKey(Mailing, models.SET_NULL, null=True, blank=True, related_name="mails")
    kind = models.CharField(max_length=20, choices=Kind)
    message = models.ForeignKey(Message, models.SET_NULL, null=True, blank=True, related_name="mails")
    key = models.CharField(max_length=120, null=True, blank=True, unique=True)  # of what is sent once

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
    """A person who wants no more reminders."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="reminder_opt_outs")
    person = models.OneToOneField(Person, models.CASCADE, related_name="reminder_opt_out")
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.person_id} since {self.at:%Y-%m-%d}"


class EngineInstance(models.Model):
    """The one row that tells this database from its copies, which must not send mail; see `mail/fence.py`."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    epoch = models.UUIDField()  # stands in a file, too
    place = models.CharField(max_length=200)  # the PostgreSQL cluster, its timeline and the database
    written_by = models.BigIntegerField()  # the transaction that wrote this row; a restored one was written by another
    held_at = models.DateTimeField(null=True, blank=True)  # when it was noticed that this is a copy

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="one_engine_instance"),)

    def __str__(self) -> str:
        return str(self.epoch)


class ReportReading(models.Model):
    """The one row that tells how the mailbox with delivery reports is read; see `mail/report_reading.py`."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    mailbox = models.CharField(max_length=200, blank=True)  # as it calls itself; another one is read from its beginning
    read_up_to = models.BigIntegerField(default=0)  # the number of the last message that was looked at
    left = models.PositiveIntegerField(default=0)  # messages that stay: no reports about mails of ours
    next_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)  # in a row
    failing_since = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="one_report_reading"),)

    def __str__(self) -> str:
        return self.mailbox
