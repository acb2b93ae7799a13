"""The outbox of writes to the vendor."""

import uuid
from typing import TypedDict

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from qxportal.accounts.models import Member, Organisation
from qxportal.ledger.models.jobs import Job
from qxportal.threesixty.calls.base import RetryPolicy
from qxportal.ui.stored_messages import Message, MessageField, StoredMessage, ngettext_stored, technical_details


class ConflictRow(TypedDict):
    """A field whose value has changed since the member saw it: an item of `Change.conflict`."""

    field: str
    before: object
    now: object
    wanted: object


CLEARING = ("clear", "clear_relationships", "clean_import")  # parameters of an import


class Change(models.Model):
    """One intended write to the vendor, committed before it is sent.

    pending -> sending -> done | refused
                 |  \\-> pending          not executed: try again later
                 v
              unknown -> done | pending  read back; pending only when it may be sent again
                 |
                 v
              person  -> done | refused | pending   a person decides

    In a copied or restored database, open changes are held until an operator's resume makes it unknown.
    """

    class State(models.TextChoices):
        """How far it is."""

        PENDING = "pending", _("Waiting to be sent")
        SENDING = "sending", _("Sending")
        DONE = "done", _("Done")
        REFUSED = "refused", _("Not done")
        UNKNOWN = "unknown", _("Checking")
        PERSON = "person", _("Needs a decision")
        HELD = "held", _("On hold")

    MOVING = (State.PENDING, State.SENDING, State.UNKNOWN)
    OPEN = (*MOVING, State.PERSON, State.HELD)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    number = models.BigIntegerField(
        unique=True, db_default=models.Func(models.Value("ledger_change_number"), function="nextval")
    )
    org = models.ForeignKey(Organisation, models.CASCADE, related_name="changes")
    request = models.CharField(max_length=60)  # the API's request name
    retry_policy = models.CharField(
        max_length=12, choices=[(each.value, each.value) for each in RetryPolicy], default=RetryPolicy.CREATE.value
    )
    target = models.CharField(max_length=300)  # the record that it changes: one open change each
    writes = ArrayField(models.CharField(max_length=200), default=list)  # resource_paths.py: later changes there wait
    reads = ArrayField(models.CharField(max_length=200), default=list)
    assessment_id = models.CharField(max_length=60, blank=True)  # vendor id; for the Activity tab
    assessment_name = models.CharField(max_length=300, blank=True)  # at that time
    title = MessageField()
    reason = models.CharField(max_length=500, blank=True, default="")  # in the member's words; never sent
    parameters = models.JSONField(default=dict)
    expected_values = models.JSONField(default=dict, blank=True)  # the values that the member saw
    conflict = models.JSONField(default=list, blank=True)  # a list of ConflictRow
    result = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    depends_on = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="dependants")
    job = models.ForeignKey(Job, models.SET_NULL, null=True, blank=True, related_name="changes")
    claim_version = models.PositiveIntegerField(
        default=0
    )  # counts the claims; a late writer's claim_version no longer matches
    attempts = models.PositiveSmallIntegerField(default=0)
    verify_count = models.PositiveSmallIntegerField(default=0)  # complete reads in a row with the same result
    last_verify_found = models.BooleanField(default=False)  # whether those reads showed it carried out
    crash_count = models.PositiveSmallIntegerField(default=0)  # workers that died during one of its steps
    not_before = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    unknown_since = models.DateTimeField(null=True, blank=True)
    vendor_code = models.CharField(max_length=120, blank=True)
    vendor_id = models.CharField(max_length=60, blank=True)
    status_message = MessageField(blank=True)  # the reason for its state
    attention_message = MessageField(blank=True)  # what a person must check although it is done
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
            models.CheckConstraint(  # otherwise reconciliation would never end
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
        return str(self.title)

    @property
    def open(self) -> bool:
        """Whether its outcome is still open."""
        return self.state in self.OPEN

    @property
    def moving(self) -> bool:
        """Whether workers still process it."""
        return self.state in self.MOVING

    @property
    def partly(self) -> bool:
        """Whether it was carried out only in part, or leaves something for a person."""
        return self.state == self.State.DONE and bool(self.attention_message or self.result.get("ignored_count"))

    @property
    def shown_state(self) -> str:
        """The state as screens show it: done only if nothing was left out."""
        return "partly" if self.partly else self.state

    @property
    def shown_message(self) -> Message:
        """The reason for its state, or what was left out."""
        if self.attention_message or not self.partly:
            return self.attention_message or self.status_message
        return rows_left(self.result["ignored_count"])

    @property
    def technical(self) -> str:
        """The technical part of its messages."""
        told = map(technical_details, (self.status_message, self.attention_message))
        return " · ".join(filter(None, told))

    @property
    def never_sent(self) -> bool:
        """Whether nothing of it was sent to the vendor."""
        return self.sent_at is None

    @property
    def clears(self) -> bool:
        """Whether it is an import that clears data: a repetition would clear data that was set later."""
        return self.request == "importPersons" and any(self.parameters.get(name) for name in CLEARING)


def rows_left(count: int) -> StoredMessage:
    """Number of rows that were not imported."""
    return ngettext_stored("%(n)s row was not imported.", "%(n)s rows were not imported.", count)
