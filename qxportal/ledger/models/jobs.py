"""Background work."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from qxportal.accounts.models import Member, Organisation
from qxportal.ledger.job_kinds import KINDS, JobKind
from qxportal.ui.stored_messages import MessageField, technical_details


class Job(models.Model):
    """A piece of background work with progress.

    waiting -> running -> done | failed
       ^          |
       +----------+   its worker ended: waiting again, up to MAX_ATTEMPTS, then parked

    A member may cancel or pause it while it waits or runs; a paused job waits again once it is resumed.
    """

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        PARKED = "parked", _("Gave up")
        CANCELLED = "cancelled", _("Cancelled")
        PAUSED = "paused", _("Paused")

    LIVE = (State.WAITING, State.RUNNING)
    OPEN = (*LIVE, State.PAUSED)
    MAX_ATTEMPTS = 5

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="jobs")
    kind = models.CharField(max_length=20)  # a name in KINDS, see job_kinds.py
    target = models.CharField(max_length=200, blank=True)  # what it works on: one live job each
    title = MessageField(blank=True)
    parameters = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    partly = models.PositiveIntegerField(default=0, db_default=0)  # items done in part, or skipped
    step = MessageField(blank=True)  # the current step
    outcome = MessageField(blank=True)  # message for the user
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(default=timezone.now)
    again = models.BooleanField(default=False)  # requested again while it ran: run once more at its end
    started_by = models.ForeignKey(Member, models.SET_NULL, null=True, blank=True, related_name="+")
    started_by_name = models.CharField(max_length=254, blank=True)  # empty: the schedule
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("org", "kind", "target"),
                condition=models.Q(state__in=("waiting", "running", "paused")),
                name="one_live_job_per_target",
            ),
            models.UniqueConstraint(
                fields=("org", "target"), condition=models.Q(kind="apply"), name="one_bulk_change_per_form"
            ),
        )
        indexes = (
            models.Index(fields=("org", "not_before", "id"), condition=models.Q(state="waiting"), name="jobs_waiting"),
            models.Index(
                fields=("org",), condition=models.Q(~models.Q(kind="apply"), state="running"), name="jobs_running"
            ),
            models.Index(fields=("org", "-id"), name="jobs_of_org"),
        )

    def __str__(self) -> str:
        return str(self.title) or str(self.purpose.label)

    @property
    def purpose(self) -> JobKind:
        """Its kind; for a kind that no installed app registers, one with a name only."""
        return KINDS.get(self.kind) or JobKind(name=self.kind, label=self.kind)

    @property
    def live(self) -> bool:
        """Whether it waits or runs."""
        return self.state in self.LIVE

    @property
    def open(self) -> bool:
        """Whether it waits, runs or is paused."""
        return self.state in self.OPEN

    @property
    def shown_state(self) -> str:
        """The state as screens show it: done only where nothing was left out."""
        return "partly" if self.state == self.State.DONE and (self.failed or self.partly) else self.state


class JobItem(models.Model):
    """The result of one item of a job."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    label = MessageField()
    ok = models.BooleanField()
    partly = models.BooleanField(default=False, db_default=False)  # whether it was done in part, or skipped
    message = MessageField(blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("position", "pk")
        constraints = (models.UniqueConstraint(fields=("job", "position"), name="one_item_per_position"),)

    def __str__(self) -> str:
        return str(self.label)

    @property
    def technical(self) -> str:
        """The technical part of its messages."""
        return " · ".join(filter(None, map(technical_details, (self.label, self.message))))

    @property
    def shown_state(self) -> str:
        """The result as screens show it."""
        return "failed" if not self.ok else "partly" if self.partly else "ok"


class DailyRun(models.Model):
    """A claimed run of a daily schedule; each day has at most one."""

    schedule = models.CharField(max_length=60)
    day = models.DateField()

    class Meta:
        db_table = "ledger_slot"
        constraints = (models.UniqueConstraint(fields=("schedule", "day"), name="one_round_per_slot"),)

    def __str__(self) -> str:
        return f"{self.schedule} of {self.day}"
