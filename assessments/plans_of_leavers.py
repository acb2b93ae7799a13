"""Plans from a list of leavers: their open evaluations are removed, and a replacement is asked if one is named."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from assessments import plans_of_evaluations as evaluations
from assessments.evaluation_lines import Wanted, lines_for
from assessments.leaving import leaver_rows, open_evaluations
from assessments.models import Assessment, Evaluation, Subject
from directory.commands import is_own_person
from directory.models import Person
from directory.named import NamedPeople
from qxportal.ledger.models import Action, Plan
from qxportal.ledger.plans.lines import Line
from qxportal.ledger.plans.registry import newest_key, newest_version
from qxportal.ledger.plans.sources import SourceRow
from qxportal.ui.stored_messages import Message, gettext_stored, ngettext_stored

KIND = "leavers"
EMAIL, UNIQUE_ID, REPLACEMENT = "email", "unique_id", "replacement_email"
NAMED_BY = ((EMAIL, UNIQUE_ID), (REPLACEMENT, ""))
BATCH = 1_000


@dataclass(frozen=True)
class _Leaver:
    """A row that identifies one person of the directory, with the replacement."""

    row: SourceRow
    person: Person
    replacement: Person | None


class _Known:
    """Mirrored records of all leavers in a list."""

    def __init__(self, plan: Plan, people: Sequence[Person]) -> None:
        self.owed: defaultdict[int | None, list[Evaluation]] = defaultdict(list)
        self.assessed: defaultdict[int | None, list[str]] = defaultdict(list)
        self.manages: dict[str, int] = {}
        for start in range(0, len(people), BATCH):
            part = people[start : start + BATCH]
            for one in open_evaluations(plan.made_by, *part):
                self.owed[one.evaluator_id].append(one)
            rows = Subject.objects.filter(person__in=part, gone_at=None, assessment__gone_at=None)
            rows = rows.exclude(assessment__status=Assessment.Status.CLOSED)
            for person, name in rows.order_by("assessment__name").values_list("person", "assessment__name"):
                self.assessed[person].append(name)
            emails = [person.email for person in part if person.email]
            led = Person.objects.filter(org=plan.org, manager_email__in=emails, gone_at=None)
            self.manages |= dict(led.order_by().values_list("manager_email").annotate(n=Count("pk")))

    def notes(self, leaver: _Leaver) -> Iterator[Line]:
        """Notes on what the plan leaves unchanged: evaluations about a leaver, and people managed by the leaver."""
        person, row = leaver.person, leaver.row.row
        if names := self.assessed[person.pk]:
            reason = gettext_stored("Stays a subject of: %(names)s.", names=", ".join(names))
            yield Line(Action.SKIP, f"subject:{person.vendor_id}", str(person), row, reason=reason)
        if number := self.manages.get(person.email):
            reason = ngettext_stored(
                "Stays the manager of %(n)s person in the directory. Import the new manager.",
                "Stays the manager of %(n)s people in the directory. Import the new managers.",
                number,
            )
            yield Line(Action.SKIP, f"manager:{person.vendor_id}", str(person), row, reason=reason)
        if not self.owed[person.pk]:
            reason = gettext_stored("Has nothing open.")
            yield Line(Action.SKIP, f"open:{person.vendor_id}", str(person), row, reason=reason)


def validate(plan: Plan, rows: Iterable[SourceRow]) -> Iterator[Line]:
    """Lines for the evaluations of each leaver, without those about the plan's author."""
    rows = list(rows)
    named = NamedPeople(plan.org, rows, NAMED_BY, alike_are_same=bool(plan.options.get("alike_ids")))
    leavers: list[_Leaver] = []
    found: dict[int, int | None] = {}  # row by person
    for row in rows:
        person, reason = _find(named, row, plan)
        replacement, why = _replacement(named, row)
        reason = row.problem or reason or why
        if reason or person is None:
            label = row.text(EMAIL) or row.text(UNIQUE_ID)
            data = named.same_as(row)
            yield Line(Action.REFUSE, f"row:{row.row}:{label}", label, row.row, reason=reason, data=data)
        elif person.pk in found:
            reason = gettext_stored("Duplicate of row %(row)s.", row=found[person.pk])
            yield Line(Action.SKIP, f"row:{row.row}", str(person), row.row, reason=reason)
        else:
            found[person.pk] = row.row
            leavers.append(_Leaver(row, person, replacement))
    yield from _lines(plan, leavers)


def _lines(plan: Plan, leavers: Sequence[_Leaver]) -> Iterator[Line]:
    known = _Known(plan, [leaver.person for leaver in leavers])
    gone = {leaver.person.vendor_id for leaver in leavers}
    wanted: list[tuple[int | None, Wanted]] = []
    for leaver in leavers:
        owed = known.owed[leaver.person.pk]
        if leaver.replacement is not None and leaver.replacement.vendor_id in gone:
            reason = gettext_stored("%(name)s leaves, too, so no one takes over.", name=str(leaver.replacement))
            label, row = str(leaver.person), leaver.row.row
            yield Line(Action.REFUSE, f"row:{row}:{label}", label, row, reason=reason)
            continue
        yield from known.notes(leaver)
        changes = leaver_rows(
            owed,
            replacement=leaver.replacement,
            replaced={one.relationship for one in owed},
            answers=bool(plan.options.get("answers")),
        )
        wanted += [(leaver.row.row, one) for one in changes]
    rows = [one for _row, one in wanted]
    for (row, _one), line in zip(wanted, lines_for(rows, evaluations.read_known(plan.org, rows)), strict=True):
        yield replace(line, row=row)


def _find(named: NamedPeople, row: SourceRow, plan: Plan) -> tuple[Person | None, Message]:
    person, reason = named.find(row)
    if person is None:
        return None, reason or gettext_stored("Not in the directory.")
    if plan.made_by is not None and is_own_person(plan.made_by, person):
        return None, gettext_stored("This is your own record, so another member has to change it.")
    return person, reason


def _replacement(named: NamedPeople, row: SourceRow) -> tuple[Person | None, Message]:
    address = row.address(REPLACEMENT)
    if not address:
        return None, ""
    person, reason = named.find(row, NAMED_BY[1])
    if person is None:
        return None, reason or gettext_stored("%(email)s, who takes over, is not in the directory.", email=address)
    return person, ""


def mark(plan: Plan) -> str:
    """The newest versions of evaluations, subjects and people, and the newest evaluation, which has no version yet."""
    versions = (newest_version(plan.org, kind) for kind in ("evaluation", "subject", "person"))
    return "/".join([*versions, str(newest_key(Evaluation.objects.filter(org=plan.org)))])


LEAVERS = replace(
    evaluations.EVALUATIONS,
    name=KIND,
    label=_("Leavers"),
    validate=validate,
    mark=mark,
    undo_kind=evaluations.EVALUATIONS.name,
    back=None,
)
