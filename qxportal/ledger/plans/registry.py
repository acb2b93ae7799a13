"""The registry of plan kinds: how lines of each are validated, recorded as changes and undone."""

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
    """The mark of a kind that looks at nothing that moves."""
    return ""


def no_listings(plan: Plan) -> Collection[str]:
    """No listing needs to be read: the mirror shows each change as soon as it is done."""
    return ()


def no_context(member: Member, plan: Plan) -> Mapping[str, Any]:
    """Nothing beside the lines."""
    return {}


def no_details(member: Member, plan: Plan, lines: Sequence[PlanLine]) -> Mapping[str, Any]:
    """Nothing beside what a line says itself."""
    return {}


class Place(NamedTuple):
    """A page by its name and its address."""

    name: str
    url: str


def nowhere(plan: Plan) -> Place | None:
    """No page, for plans that are not about one thing."""
    return None


@dataclass(frozen=True, kw_only=True)
class PlanKind:
    """How plans of one kind are made, shown, applied and undone."""

    name: str
    label: Words
    role: Role = Role.EDITOR  # the least that makes and applies such plans
    validate: Callable[[Plan, Iterable[SourceRow]], Iterator[Line]]  # set-based against the mirror, without the vendor
    # below 8 MB each; without lines about what the mirror has forgotten since
    intents: Callable[[Plan, Sequence[PlanLine]], Iterator[tuple[Intent, Sequence[PlanLine]]]]
    undo: Callable[[Plan, Sequence[PlanLine]], Iterator[Line]] | None = None  # of lines that were done
    listings: Callable[[Plan], Collection[str]] = no_listings  # that have to be read before what it did shows in them
    undo_kind: str = ""  # the kind that carries those out; empty: this one
    # the rows of a plan that a rule made, as the rule gives them today; None where the kept ones stay
    rule_rows: Callable[[Plan, Member], Iterable[SourceRow] | None] | None = None
    mark: Callable[[Plan], str] = unmarked  # of the mirror that validation looks at; another one: it moved
    fields: Mapping[str, Words] = field(default_factory=dict)  # what the names of `old` and `new` are called
    words: Mapping[str, Mapping[Any, Words]] = field(default_factory=dict)  # values that are shown by a label, by field
    days: Collection[str] = ()  # fields whose values are ISO days, which screens write as dates
    # before its changes are recorded, in their transaction; raises ActionRefused where the plan cannot be applied now
    check: Callable[[Plan, Member], None] | None = None
    needs_number: Callable[[Plan], bool] | None = None  # whether the number of lines is typed however few they are
    # why lines that failed cannot be sent once more; nothing where they can
    no_retry: Callable[[Plan], Message] | None = None
    needs_second: Callable[[Plan], bool] | None = None  # whether its maker may not apply it
    # what the page shows besides counts and lines
    form: Callable[[Any, Plan], forms.Form] | None = None  # choices at the last moment; they go into the options
    template: str = ""  # above the lines, with `context`
    context: Callable[[Member, Plan], Mapping[str, Any]] = no_context
    result_template: str = ""  # above the lines of an applied plan, with `result`
    result: Callable[[Member, Plan], Mapping[str, Any]] = no_context
    line_template: str = ""  # within each line, with its `details`
    details: Callable[[Member, Plan, Sequence[PlanLine]], Mapping[str, Any]] = no_details  # by the lines' keys
    verb: Callable[[Plan], str] | None = None  # the words of the button that applies it
    back: Callable[[Plan], str] | None = None  # the page that it was made from
    place: Callable[[Plan], Place | None] = nowhere  # the page of what it is about

    def field_words(self, name: str) -> str:
        """What a field of `old` and `new` is called."""
        return str(self.fields[name]) if name in self.fields else field_label(name)


PLAN_KINDS: dict[str, PlanKind] = {}


def why_no_retry(plan: Plan) -> Message:
    """Why lines of an applied plan that failed are not sent once more; empty where they can be."""
    no_retry = kind_of(plan).no_retry
    return no_retry(plan) if no_retry is not None and plan.state == Plan.State.APPLIED else ""


def register_plan_kind(kind: PlanKind) -> None:
    """Enter a kind of plans; raises ValueError for a name that is entered already."""
    if PLAN_KINDS.setdefault(kind.name, kind) is not kind:
        raise ValueError(f"There is a kind of plans with this name already: {kind.name}")


def kind_of(plan: Plan) -> PlanKind:
    """The kind of a plan."""
    return PLAN_KINDS[plan.kind]


def newest_version(org: Organisation, kind: str) -> str:
    """A mark of all mirrored rows of one kind: the newest version that one of them left."""
    rows = Version.objects.filter(org=org, kind=kind).order_by("-valid_to", "-pk")
    return str(rows.values_list("pk", flat=True).first() or 0)


def newest_version_of(assessment: int) -> str:
    """A mark of an assessment with subjects and evaluations; answers that come in do not count."""
    return str(newest_key(Version.objects.filter(assessment_id=assessment, progress=False)))


def newest_key(rows: QuerySet[Any]) -> int:
    """A mark of rows that were added, which have no version yet: the newest key, 0 without rows."""
    newest: int | None = rows.aggregate(n=Max("pk"))["n"]
    return newest or 0
