"""What we do and are doing: jobs, changes, and how fresh each mirrored listing is."""

import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from qxportal.accounts.models import Member, Organisation
from qxportal.ledger.leftovers import rows_left
from qxportal.threesixty.calls.base import CallClass


class Job(models.Model):
    """A piece of background work with progress.

    waiting -> running -> done | failed
       ^          |
       +----------+   its worker ended: waiting again, up to MAX_ATTEMPTS, then parked

    Somebody may cancel or pause it while it waits or runs; a paused one waits again when it is resumed.
    """

    class Kind(models.TextChoices):
        """What a job is for."""

        SYNC = "sync", _("Sync of the organisation")
        SYNC_ASSESSMENT = "sync-assessment", _("Refresh of one assessment")
        SYNC_PEOPLE = "sync-people", _("Refresh of people")
        TEST_CONNECTION = "test-connection", _("Connection test")
        PROBE = "probe", _("Trial of the API's requests")
        FETCH_REPORT = "fetch-report", _("Report download")
        APPLY = "apply", _("Bulk change")

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        PARKED = "parked", _("Parked")
        CANCELLED = "cancelled", _("Cancelled")
        PAUSED = "paused", _("Paused")

    LIVE = (State.WAITING, State.RUNNING)
    OPEN = (*LIVE, State.PAUSED)
    MAX_ATTEMPTS = 5

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="jobs")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    task = models.CharField(max_length=100)  # the Celery task that runs it
    target = models.CharField(max_length=200, blank=True)  # what it works on: one live job each
    title = models.CharField(max_length=300, blank=True)
    parameters = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    partly = models.PositiveIntegerField(default=0, db_default=0)  # items done in part, or skipped
    step = models.CharField(max_length=200, blank=True)  # what it is doing now
    outcome = models.CharField(max_length=1000, blank=True)  # words for the user
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(default=timezone.now)
    again = models.BooleanField(default=False)  # something changed while it ran: run once more at its end
    started_by = models.ForeignKey(Member, models.SET_NULL, null=True, blank=True, related_name="+")
    started_by_name = models.CharField(max_length=254, blank=True)  # empty: the timetable
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
        return self.title or self.get_kind_display()

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
    """What became of one item of a job."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    label = models.CharField(max_length=300)
    ok = models.BooleanField()
    partly = models.BooleanField(default=False, db_default=False)  # done in part, or skipped
    words = models.CharField(max_length=1000, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("position", "pk")
        constraints = (models.UniqueConstraint(fields=("job", "position"), name="one_item_per_position"),)

    def __str__(self) -> str:
        return self.label

    @property
    def shown_state(self) -> str:
        """The result as screens show it."""
        return "failed" if not self.ok else "partly" if self.partly else "ok"


class Slot(models.Model):
    """A tick of a timetable that was taken up: each counts once."""

    schedule = models.CharField(max_length=60)
    slot = models.DateField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("schedule", "slot"), name="one_round_per_slot"),)

    def __str__(self) -> str:
        return f"{self.schedule} of {self.slot}"


class Change(models.Model):
    """One intended write to the vendor, committed before it is sent.

    pending -> sending -> done | refused
                 |  \\-> pending          not executed: try again later
                 v
              unknown -> done | pending  read back; pending only when it may be sent again
                 |
                 v
              person  -> done | refused | pending   somebody decides

    In a copied or restored database what was open is held, until an operator's resume makes it unknown.
    """

    class State(models.TextChoices):
        """How far it is."""

        PENDING = "pending", _("Pending")
        SENDING = "sending", _("Sending")
        DONE = "done", _("Done")
        REFUSED = "refused", _("Refused")
        UNKNOWN = "unknown", _("Unknown")
        PERSON = "person", _("Needs a person")
        HELD = "held", _("Held")

    MOVING = (State.PENDING, State.SENDING, State.UNKNOWN)
    OPEN = (*MOVING, State.PERSON, State.HELD)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    number = models.BigIntegerField(
        unique=True, db_default=models.Func(models.Value("ledger_change_number"), function="nextval")
    )
    org = models.ForeignKey(Organisation, models.CASCADE, related_name="changes")
    task = models.CharField(max_length=100)  # the Celery task that sends this organisation's changes of this app
    request = models.CharField(max_length=60)  # the API's request name
    kind = models.CharField(max_length=1, choices=[(each.name, each.value) for each in CallClass], default="C")
    target = models.CharField(max_length=300)  # what it acts on: one open change each
    writes = ArrayField(models.CharField(max_length=200), default=list)  # paths, see chains.py: who meets them waits
    needs = ArrayField(models.CharField(max_length=200), default=list)
    assessment_id = models.CharField(max_length=60, blank=True)  # vendor id; for the Activity tab
    assessment_name = models.CharField(max_length=300, blank=True)  # as it was
    title = models.CharField(max_length=300)
    parameters = models.JSONField(default=dict)
    before = models.JSONField(default=dict, blank=True)  # the values that the member saw
    conflict = models.JSONField(default=list, blank=True)  # [{"field", "before", "now", "wanted"}]
    result = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    after = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="dependants")
    job = models.ForeignKey(Job, models.SET_NULL, null=True, blank=True, related_name="changes")
    epoch = models.PositiveIntegerField(default=0)  # counts the claims; a late writer's epoch no longer fits
    attempts = models.PositiveSmallIntegerField(default=0)
    looks = models.PositiveSmallIntegerField(default=0)  # complete readings in a row that found the same
    looks_found = models.BooleanField(default=False)  # whether those found it carried out
    deaths = models.PositiveSmallIntegerField(default=0)  # workers that ended in the middle of a step of it
    not_before = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    unknown_since = models.DateTimeField(null=True, blank=True)
    vendor_code = models.CharField(max_length=120, blank=True)
    vendor_id = models.CharField(max_length=60, blank=True)
    words = models.CharField(max_length=1000, blank=True)  # why it stands where it stands
    attention = models.CharField(max_length=1000, blank=True)  # what somebody must look after although it is done
    made_by = models.ForeignKey(Member, models.SET_NULL, null=True, blank=True, related_name="+")
    made_by_name = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(
                fields=("org", "target"),
                condition=models.Q(state__in=("pending", "sending", "unknown", "person", "held")),
                name="one_open_change_per_target",
            ),
            models.CheckConstraint(  # else it would be looked for without an end
                condition=~models.Q(state="unknown") | models.Q(unknown_since__isnull=False),
                name="unknown_since_when",
            ),
        )
        indexes = (
            models.Index(
                fields=("org", "number"),
                condition=models.Q(state__in=("pending", "sending", "unknown", "person", "held")),
                name="open_changes",
            ),
            models.Index(fields=("org", "assessment_id", "-number"), name="changes_of_assessment"),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def open(self) -> bool:
        """Whether its outcome is still to come."""
        return self.state in self.OPEN

    @property
    def moving(self) -> bool:
        """Whether the machine still works on it."""
        return self.state in self.MOVING

    @property
    def partly(self) -> bool:
        """Whether it was carried out, but not all of it, or something of it is left to a person."""
        return self.state == self.State.DONE and bool(self.attention or self.result.get("ignored_count"))

    @property
    def shown_state(self) -> str:
        """The state as screens show it: done only where nothing was left out."""
        return "partly" if self.partly else self.state

    @property
    def shown_words(self) -> str:
        """Why it stands where it stands, or what was left out of it."""
        if self.attention or not self.partly:
            return self.attention or self.words
        return rows_left(self.result["ignored_count"])

    @property
    def never_sent(self) -> bool:
        """Whether nothing of it went to the vendor yet."""
        return self.sent_at is None


class Pull(models.Model):
    """How fresh one mirrored listing is, and what its last reading found."""

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="pulls")
    resource = models.CharField(max_length=120)  # "persons", "subjects:TS_..."
    seen_at = models.DateTimeField(null=True, blank=True)  # when the last sound reading began
    tried_at = models.DateTimeField(null=True, blank=True)
    rows = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    gone = models.PositiveIntegerField(default=0)
    held = models.PositiveIntegerField(default=0)  # rows missing in such numbers that a person must confirm
    held_digest = models.CharField(max_length=32, blank=True)  # of their keys: what a person saw and confirms
    set_aside = models.PositiveIntegerField(default=0)  # rows that could not be stored
    quarantine: Any = models.JSONField(default=list, blank=True)  # the first of them: [{"id", "reason"}]
    problem = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("org", "resource"), name="one_pull_per_listing"),)

    def __str__(self) -> str:
        return self.resource


class Absence(models.Model):
    """A row that is missing together with many others, so that a person must say whether it is really gone."""

    pull = models.ForeignKey(Pull, models.CASCADE, related_name="absences")
    vendor_id = models.CharField(max_length=600)
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("vendor_id",)
        constraints = (models.UniqueConstraint(fields=("pull", "vendor_id"), name="one_absence_per_row"),)

    def __str__(self) -> str:
        return self.vendor_id


class Version(models.Model):
    """What a mirrored row said until it said something else, and what became of it then. A trigger writes it."""

    class Event(models.TextChoices):
        """How the version ended."""

        ADDED = "added", _("Added")  # before it there was no row; lasts no time
        CHANGED = "changed", _("Changed")
        GONE = "gone", _("Gone")
        BACK = "back", _("Back")

    class Source(models.TextChoices):
        """Who ended it."""

        NEW = "new", _("Not looked at yet")
        VENDOR = "vendor", _("At the vendor")
        PORTAL = "portal", _("From the portal")

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)  # always with more
    kind = models.CharField(max_length=20)  # of the mirrored model
    row_id = models.BigIntegerField()
    vendor_id = models.CharField(max_length=600)
    assessment_id = models.BigIntegerField(null=True)  # which the row belongs to, or is
    person_key = models.CharField(max_length=254, blank=True)  # vendor id of the person whom the row is about
    event = models.CharField(max_length=10, choices=Event.choices)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField()  # when we learnt better
    gone = models.BooleanField()  # the vendor did not list it meanwhile
    columns: Any = models.JSONField()  # all that it said
    after: Any = models.JSONField()  # what differs in the next version
    progress = models.BooleanField()  # nothing but the answering of forms
    source = models.CharField(max_length=10, choices=Source.choices)
    change = models.ForeignKey(  # ours that ended it
        Change, models.SET_NULL, null=True, related_name="versions", db_index=False
    )
    alarm = models.CharField(max_length=30, blank=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+", db_index=False)

    class Meta:
        ordering = ("-pk",)
        indexes = (
            models.Index(fields=("kind", "row_id", "valid_to"), name="versions_of_row"),
            models.Index(fields=("org", "kind", "valid_to"), name="versions_by_time"),
            models.Index(fields=("assessment_id", "-id"), name="versions_of_assessment"),
            models.Index(fields=("org", "person_key", "-id"), name="versions_of_person"),
            models.Index(
                fields=("org", "-id"), condition=models.Q(source="vendor", progress=False), name="versions_by_vendor"
            ),
            models.Index(fields=("org",), condition=models.Q(source="new"), name="versions_not_looked_at"),
            models.Index(fields=("change",), condition=models.Q(change__isnull=False), name="versions_of_change"),
            models.Index(
                fields=("acknowledged_by",),
                condition=models.Q(acknowledged_by__isnull=False),
                name="versions_acknowledged",
            ),
            models.Index(
                fields=("org", "-id"), condition=~models.Q(alarm="") & models.Q(acknowledged_at=None), name="alarms"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.row_id} until {self.valid_to:%Y-%m-%d %H:%M}"


class ReadMark(models.Model):
    """How far a member has read what changed at the vendor."""

    member = models.OneToOneField(Member, models.CASCADE, related_name="read_mark")
    version_id = models.BigIntegerField()  # the newest that was on the screen
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.member} up to {self.version_id}"
