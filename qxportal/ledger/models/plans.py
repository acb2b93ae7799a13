"""Plans: bulk work that a person previews before it is applied, and can undo."""

import uuid
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from qxportal.accounts.models import Member, Organisation
from qxportal.ledger.models.changes import Change
from qxportal.ledger.models.jobs import Job
from qxportal.ui.stored_messages import MessageField


class Action(models.TextChoices):
    """The action of a plan's line."""

    ADD = "add", pgettext_lazy("line of a plan", "Add")
    CHANGE = "change", pgettext_lazy("line of a plan", "Change")
    REMOVE = "remove", pgettext_lazy("line of a plan", "Remove")
    SKIP = "skip", pgettext_lazy("line of a plan", "Skip")
    REFUSE = "refuse", pgettext_lazy("line of a plan", "Cannot be done")


ACTING = (Action.ADD, Action.CHANGE, Action.REMOVE)


# The database keeps a line's fields in no order; these come first.
FIRST = ("first_name", "last_name", "email", "unique_id", "user_name", "reader", "viewer", "from", "until")
NAMES = {name: place for place, name in enumerate(FIRST)}


class Undoable(models.TextChoices):
    """Whether a line's effect can be taken back."""

    YES = "yes", _("Can be undone")
    PARTLY = "partly", _("Can be undone in part")
    NO = "no", _("Cannot be undone")


class Plan(models.Model):
    """A previewed set of changes that a person applies, and can undo with another plan.

    draft -> ready -> applying -> applied
      ^        |  \\-> discarded
      +--------+   validated again, since the mirror moved
    """

    class State(models.TextChoices):
        """Progress of a plan."""

        DRAFT = "draft", _("Being prepared")
        READY = "ready", _("Ready to apply")
        APPLYING = "applying", _("Applying")
        APPLIED = "applied", _("Applied")
        DISCARDED = "discarded", _("Discarded")

    UNAPPLIED = (State.DRAFT, State.READY, State.DISCARDED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    org = models.ForeignKey(Organisation, models.CASCADE, related_name="plans")
    kind = models.CharField(max_length=30)  # a name in PLAN_KINDS
    title = MessageField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    options: Any = models.JSONField(default=dict, blank=True)  # the member's choices besides the rows
    source: Any = models.JSONField(default=dict, blank=True)  # where the rows came from; never their content
    counts: Any = models.JSONField(default=dict, blank=True)  # lines by action, and how many cannot be undone
    assessment_id = models.CharField(max_length=60, blank=True)  # vendor id
    mark = models.CharField(max_length=200, blank=True)  # version mark of the mirror when the lines were made
    problem = MessageField(blank=True)  # the reason why it was not applied, or not prepared
    undo_of = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="undone_by")
    job = models.ForeignKey(Job, models.SET_NULL, null=True, blank=True, related_name="plans")  # that prepares or sends
    shared_with = models.ManyToManyField(Member, blank=True, related_name="+")
    made_by = models.ForeignKey(Member, models.SET_NULL, null=True, blank=True, related_name="+")
    made_by_name = models.CharField(max_length=254, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    validated_at = models.DateTimeField(null=True, blank=True)
    applied_by = models.ForeignKey(Member, models.SET_NULL, null=True, blank=True, related_name="+")
    applied_by_name = models.CharField(max_length=254, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-made_at", "-id")
        indexes = (
            models.Index(fields=("org", "-made_at", "-id"), name="plans_by_time"),
            models.Index(fields=("job",), name="plans_of_job"),
        )

    def __str__(self) -> str:
        return str(self.title)

    @property
    def acting(self) -> int:
        """Number of lines that change something."""
        return sum(self.counts.get(action, 0) for action in ACTING)

    @property
    def seen(self) -> str:
        """Version mark of the lines for pages that show them; changes when the lines are made again."""
        return self.validated_at.isoformat() if self.validated_at else ""

    @property
    def unapplied(self) -> bool:
        """Whether none of its lines was recorded in the outbox."""
        return self.state in self.UNAPPLIED


class PlanLine(models.Model):
    """One line of a plan: its action, its reason and its result."""

    class State(models.TextChoices):
        """Progress of the line; empty for lines without an effect."""

        WAITING = "waiting", _("Not applied")
        SENT = "sent", _("In progress")
        DONE = "done", pgettext_lazy("line of a plan", "Done")
        FAILED = "failed", _("Failed")
        NOT_SENT = "not-sent", _("Not sent")

    RETRIABLE = (State.FAILED, State.NOT_SENT)

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    plan = models.ForeignKey(Plan, models.CASCADE, related_name="lines", db_index=False)
    number = models.PositiveIntegerField()
    action = models.CharField(max_length=10, choices=Action.choices)
    key = models.CharField(max_length=300)
    label = models.CharField(max_length=300)
    row = models.PositiveIntegerField(null=True)  # of the file
    reason = MessageField(blank=True)
    old: Any = models.JSONField(default=dict)
    new: Any = models.JSONField(default=dict)
    undoable = models.CharField(max_length=10, choices=Undoable.choices)
    undo_note = MessageField(blank=True)
    data: Any = models.JSONField(default=dict)
    about = models.CharField(max_length=254, blank=True)  # vendor id of the subject concerned
    search = models.CharField(max_length=700)
    change = models.ForeignKey(Change, models.SET_NULL, null=True, related_name="plan_lines")
    state = models.CharField(max_length=10, choices=State.choices, blank=True)
    outcome = MessageField(blank=True)

    class Meta:
        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(fields=("plan", "number"), name="one_line_per_number"),
            models.UniqueConstraint(
                fields=("plan", "key"),
                condition=Q(action__in=("add", "change", "remove")),
                name="one_acting_line_per_key",
            ),
            models.CheckConstraint(
                condition=Q(state="") | Q(action__in=("add", "change", "remove")), name="only_acting_lines_have_a_state"
            ),
        )
        indexes = (models.Index(F("plan"), condition=Q(state="sent"), name="lines_in_progress"),)

    def __str__(self) -> str:
        return self.label

    @property
    def acts(self) -> bool:
        """Whether the line changes something."""
        return self.action in ACTING

    @property
    def differences(self) -> list[tuple[str, str, str]]:
        """Each changed field: its name, its current value and the wanted one."""
        names = sorted({**self.old, **self.new}, key=lambda name: (NAMES.get(name, len(NAMES)), name))
        return [(name, self.old.get(name, ""), self.new.get(name, "")) for name in names]


class PlanSource(models.Model):
    """The source rows of a plan, so that it can be validated again without the file."""

    plan = models.OneToOneField(Plan, models.CASCADE, primary_key=True, related_name="stored_rows")
    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    rows = models.BinaryField()  # see plans/sources.py

    def __str__(self) -> str:
        return f"{self.plan_id}"
