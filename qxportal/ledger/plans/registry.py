"""The registry of plan kinds: how lines of each kind are validated, recorded as changes and undone."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django import forms
from django.db.models import Max, QuerySet

from qxportal.accounts.models import Member, Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.models import Plan, PlanLine, Version
from qxportal.ledger.outbox.humanize import field_label
from qxportal.ledger.outbox.intents import Intent
from qxportal.ledger.plans.lines import Line
from qxportal.ledger.plans.sources import SourceRow
from qxportal.ui.badges import Words
from qxportal.ui.stored_messages import Message


def unmarked(plan: Plan) -> str:
    """Empty version mark, for kinds that validate without the mirror."""
    return ""


def no_listings(plan: Plan) -> Collection[str]:
    """No listings, for kinds whose changes show in the mirror at once."""
    return ()


def no_context(member: Member, plan: Plan) -> Mapping[str, Any]:
    """Empty template context."""
    return {}


def no_details(member: Member, plan: Plan, lines: Sequence[PlanLine]) -> Mapping[str, Any]:
    """No details."""
    return {}


class Place(NamedTuple):
    """A page by its name and address."""

    name: str
    url: str


def nowhere(plan: Plan) -> Place | None:
    """No page, for plans that are not about one record."""
    return None


@dataclass(frozen=True, kw_only=True)
class PlanKind:
    """How plans of one kind are made, shown, applied and undone."""

    name: str
    label: Words
    role: Role = Role.EDITOR  # minimum role to make and apply such plans
    validate: Callable[[Plan, Iterable[SourceRow]], Iterator[Line]]  # set-based against the mirror, without the vendor
    # below 8 MB each; skips lines about records that the mirror has since lost
    intents: Callable[[Plan, Sequence[PlanLine]], Iterator[tuple[Intent, Sequence[PlanLine]]]]
    undo: Callable[[Plan, Sequence[PlanLine]], Iterator[Line]] | None = None  # from lines that were done
    listings: Callable[[Plan], Collection[str]] = no_listings  # listings to sync before the plan's effects show
    undo_kind: str = ""  # the kind of plan that undoes this one; empty: the same kind
    # current rows of a plan that a rule made; None if the stored ones apply
    rule_rows: Callable[[Plan, Member], Iterable[SourceRow] | None] | None = None
    mark: Callable[[Plan], str] = unmarked  # version of the mirrored records it validates against
    fields: Mapping[str, Words] = field(default_factory=dict)  # display names of the fields in `old` and `new`
    words: Mapping[str, Mapping[Any, Words]] = field(default_factory=dict)  # labels of values, by field
    days: Collection[str] = ()  # fields with ISO days as values, which screens format as dates
    # runs before the changes are recorded, in their transaction; raises ActionRefused if the plan cannot be applied
    check: Callable[[Plan, Member], None] | None = None
    needs_number: Callable[[Plan], bool] | None = None  # whether the number of lines must always be typed
    # the reason why failed lines cannot be sent again; empty if they can
    no_retry: Callable[[Plan], Message] | None = None
    needs_second: Callable[[Plan], bool] | None = None  # whether its author may not apply it
    # extra parts of the page besides counts and lines
    form: Callable[[Any, Plan], forms.Form] | None = None  # choices made on applying; stored in the options
    template: str = ""  # above the lines, with `context`
    context: Callable[[Member, Plan], Mapping[str, Any]] = no_context
    result_template: str = ""  # above the lines of an applied plan, with `result`
    result: Callable[[Member, Plan], Mapping[str, Any]] = no_context
    line_template: str = ""  # within each line, with its `details`
    details: Callable[[Member, Plan, Sequence[PlanLine]], Mapping[str, Any]] = no_details  # by the lines' keys
    verb: Callable[[Plan], str] | None = None  # label of the apply button
    back: Callable[[Plan], str] | None = None  # the page where it was made
    place: Callable[[Plan], Place | None] = nowhere  # the page of the plan's target

    def field_words(self, name: str) -> str:
        """Display name of a field in `old` and `new`."""
        return str(self.fields[name]) if name in self.fields else field_label(name)


PLAN_KINDS: dict[str, PlanKind] = {}


def why_no_retry(plan: Plan) -> Message:
    """The reason why failed lines of an applied plan cannot be sent again; empty if they can."""
    no_retry = kind_of(plan).no_retry
    return no_retry(plan) if no_retry is not None and plan.state == Plan.State.APPLIED else ""


def register_plan_kind(kind: PlanKind) -> None:
    """Register a kind of plans; raises ValueError for a name already registered."""
    if PLAN_KINDS.setdefault(kind.name, kind) is not kind:
        raise ValueError(f"There is a kind of plans with this name already: {kind.name}")


def kind_of(plan: Plan) -> PlanKind:
    """The kind of a plan."""
    return PLAN_KINDS[plan.kind]


def newest_version(org: Organisation, kind: str) -> str:
    """Version mark of all mirrored rows of one kind: the key of the newest version."""
    rows = Version.objects.filter(org=org, kind=kind).order_by("-valid_to", "-pk")
    return str(rows.values_list("pk", flat=True).first() or 0)


def newest_version_of(assessment: int) -> str:
    """Version mark of an assessment with subjects and evaluations; progress of evaluations does not count."""
    return str(newest_key(Version.objects.filter(assessment_id=assessment, progress=False)))


def newest_key(rows: QuerySet[Any]) -> int:
    """Mark of added rows, which have no version yet: the highest key, 0 without rows."""
    newest: int | None = rows.aggregate(n=Max("pk"))["n"]
    return newest or 0
