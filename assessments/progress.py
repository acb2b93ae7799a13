"""Progress of an assessment: by subject, by evaluator, and by a field of the directory.

All numbers come from evaluations, so that the three views agree with each other and with the overview.
Unsolicited evaluations are counted separately ("extra"). Evaluations about the viewing member are never counted.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Max, Min, Q, QuerySet, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce

from assessments.chances import Chance, Rate, chances_of
from assessments.fence import about_others
from assessments.groups import DONE, UNFINISHED, Group, relationship_order
from assessments.mailings import REMINDER
from assessments.models import Assessment, Evaluation, Mail, Subject
from assessments.progress_cells import Cell, hidden_cells
from assessments.subject_selectors import SubjectRow, subject_rows
from assessments.thresholds import REPORT_GROUP, minimums_of
from directory.models import Person
from qxportal.accounts.fence import fence_of
from qxportal.accounts.models import Member
from qxportal.core.searching import matching
from qxportal.threesixty.relationships import MINIMUM

OPEN = UNFINISHED & Q(subject__status=Subject.Status.WAITING)
COLUMNS_SHOWN = 8  # relationships that the grid has a column for
FIELDS_OFFERED = 60  # metadata
COLUMNS = {"department": "Department", "manager": "ManagerEmail", "title": "Title", "location": "Location"}
STORED_IN = {"department": "department", "manager": "manager_email", "title": "title", "location": "location"}
EVALUATOR_ORDERS = {
    "open": ("open", "done", "key"),
    "name": ("name", "key"),
    "finished": ("done", "name", "key"),
}
NAMES = ("key", "person", "first_name", "last_name", "email", "name", "asked", "done", "extra", "open")


@dataclass(frozen=True)
class Counts:
    """Evaluations asked for, those of them that are finished, and finished ones that were given unasked."""

    asked: int = 0
    done: int = 0
    extra: int = 0


@dataclass(frozen=True)
class SubjectProgress:
    """A subject of the grid: its counts, a group for each column, and the chance to have enough answers in time."""

    row: SubjectRow
    counts: Counts
    cells: Sequence[Group | None]
    chance: Chance | None = None


@dataclass(frozen=True)
class EvaluatorProgress:
    """One person's evaluations here, and open ones elsewhere."""

    key: str
    person: int | None
    name: str
    email: str
    counts: Counts
    open: int
    elsewhere: Sequence[tuple[str, int]]  # assessments with the number of open evaluations
    reminded_at: datetime | None

    @property
    def owed(self) -> int:
        """Open evaluations over all assessments."""
        return self.open + sum(number for _name, number in self.elsewhere)


@dataclass(frozen=True)
class Slice:
    """The people of one value of a field, or of several small ones together."""

    value: str
    people: int
    counts: Counts
    folded: int = 0  # number of values folded into it
    cells: Sequence[Cell] = ()  # by relationship, in the order of the columns


def counted(rows: QuerySet[Any]) -> Any:
    """Groups of evaluations with numbers of requested, finished and unsolicited ones."""
    return rows.annotate(
        asked=Count("pk", filter=Q(unsolicited=False)),
        done=Count("pk", filter=DONE & Q(unsolicited=False)),
        extra=Count("pk", filter=DONE & Q(unsolicited=True)),
    )


def evaluations(member: Member, assessment: Assessment) -> QuerySet[Evaluation]:
    """The evaluations of an assessment, but those about the member."""
    return about_others(member, Evaluation.objects.filter(assessment=assessment, gone_at=None))


def relationships_in(member: Member, assessment: Assessment) -> list[str]:
    """The relationships, or groups of them in reports, that the grid has a column for."""
    rows = evaluations(member, assessment).order_by().annotate(report_group=REPORT_GROUP)
    found = rows.values_list("report_group", flat=True).distinct()
    return sorted(found, key=relationship_order)[:COLUMNS_SHOWN]


def by_subject(
    member: Member, assessment: Assessment, page: Iterable[Subject], columns: Sequence[str], rate: Rate | None = None
) -> list[SubjectProgress]:
    """A page of subjects with their groups by relationship; of the member the name alone.

    With a rate at which open evaluations are finished, the chance of each subject, too.
    """
    page = list(page)
    rows = evaluations(member, assessment).filter(subject__in=page).order_by().values("subject_id")
    counts = {one["subject_id"]: Counts(one["asked"], one["done"], one["extra"]) for one in counted(rows)}
    shown = subject_rows(member, assessment, page)
    chances = chances_of(shown, rate)
    found = []
    for row in shown:
        groups = {group.relationship: group for group in row.groups}
        cells = [None if row.own else groups.get(name) for name in columns]
        chance = chances.get(row.subject.pk)
        found.append(SubjectProgress(row, counts.get(row.subject.pk, Counts()), cells, chance))
    return found


def evaluators(member: Member, assessment: Assessment, words: str = "", owes: str = "") -> Any:
    """Evaluators, one row each (NAMES)."""
    everything = evaluations(member, assessment).exclude(evaluator_key="")
    rows = everything
    if words:
        rows = rows.filter(evaluator_key__in=matching(everything, words).order_by().values("evaluator_key"))
    people = counted(rows.order_by().values("evaluator_key")).annotate(
        key=F("evaluator_key"),
        person=Min("evaluator"),
        first_name=Min("evaluator_first_name"),
        last_name=Min("evaluator_last_name"),
        email=Min("evaluator_email"),
        name=Min("sort_name"),
        open=Count("pk", filter=OPEN),
    )
    if owes:
        people = people.filter(open__gt=0) if owes == "open" else people.filter(open=0)
    return people.values_list(*NAMES, named=True)


def by_evaluator(member: Member, assessment: Assessment, page: Iterable[Any]) -> list[EvaluatorProgress]:
    """A page of evaluators with open evaluations elsewhere and the last reminder; a few queries."""
    page = list(page)
    keys = [row.key for row in page]
    elsewhere: dict[str, list[tuple[str, int]]] = defaultdict(list)
    others = Evaluation.objects.filter(
        OPEN, org=assessment.org_id, evaluator_key__in=keys, gone_at=None, assessment__gone_at=None
    )
    others = about_others(
        member, others.filter(assessment__status=Assessment.Status.ACTIVE).exclude(assessment=assessment)
    )
    for row in others.order_by().values("evaluator_key", "assessment__name").annotate(n=Count("pk")):
        elsewhere[row["evaluator_key"]].append((row["assessment__name"], row["n"]))
    reminded = _reminded(member, assessment, keys)
    return [
        EvaluatorProgress(
            row.key,
            row.person,
            f"{row.first_name} {row.last_name}".strip() or row.email or row.key,
            row.email,
            Counts(row.asked, row.done, row.extra),
            row.open,
            sorted(elsewhere[row.key]),
            reminded.get(row.key),
        )
        for row in page
    ]


def fields_of(assessment: Assessment) -> list[str]:
    """Metadata fields of participants by which progress can be shown, besides the columns."""
    people = Person.objects.filter(evaluations__assessment=assessment, evaluations__gone_at=None)
    keys = people.order_by().values_list("metadata", flat=True).distinct()[:2_000]
    found = {name for metadata in keys for name in metadata} - set(COLUMNS.values())
    return sorted(found)[:FIELDS_OFFERED]


def by_field(member: Member, assessment: Assessment, field: str, who: str, columns: Sequence[str] = ()) -> list[Slice]:
    """The evaluations by a field of the subjects, or of the evaluators; small groups are folded.

    With a cell for each of the relationships, or groups of them in reports, that are `columns`.
    """
    path, person = ("evaluator", "evaluator_key") if who == "evaluators" else ("subject__person", "subject_key")
    said: Any = F(f"{path}__{STORED_IN[field]}") if field in STORED_IN else KeyTextTransform(field, f"{path}__metadata")
    value, minimum = Coalesce(said, Value(""), output_field=TextField()), minimums_of(assessment).min_group
    everything = evaluations(member, assessment).order_by()
    groups = counted(everything.values(said=value)).annotate(people=Count(person, distinct=True))
    found = [Slice(one["said"] or "", one["people"], Counts(one["asked"], one["done"], one["extra"])) for one in groups]
    slices = fold(found, minimum)
    parts = everything.values(said=value, report_group=REPORT_GROUP)
    return with_cells(slices, counted(parts).annotate(people=Count(person, distinct=True)), columns, minimum)


def with_cells(
    slices: Sequence[Slice], rows: Iterable[Mapping[str, Any]], columns: Sequence[str], minimum: int
) -> list[Slice]:
    """The slices with a cell for each column; too small ones are hidden, with others of the same row and column."""
    alone = {one.value: place for place, one in enumerate(slices) if not one.folded}
    folded = next((place for place, one in enumerate(slices) if one.folded), None)
    sums: dict[tuple[int | None, str], Cell] = defaultdict(Cell)
    names = dict.fromkeys(columns)  # and those without a column, which sums contain, too
    for row in rows if columns else ():
        place, name = alone.get(row["said"] or "", folded), row["report_group"]
        sums[place, name] += Cell(row["people"], row["done"], row["asked"])
        names[name] = None
    cells = [[sums[place, name] for name in names] for place in range(len(slices))]
    hidden = hidden_cells([[cell.people for cell in row] for row in cells], minimum)
    return [
        replace(one, cells=[replace(cells[place][at], hidden=(place, at) in hidden) for at in range(len(columns))])
        for place, one in enumerate(slices)
    ]


def fold(slices: Iterable[Slice], minimum: int = MINIMUM) -> list[Slice]:
    """Merge groups of fewer than `minimum` people; and the next smallest ones, until the merged group is large enough.

    Otherwise a single small group could be computed from the total. If all groups together are too few, one
    group remains.
    """
    ordered = sorted(slices, key=lambda one: (one.people, one.value))
    small = [one for one in ordered if one.people < minimum]
    large = ordered[len(small) :]
    while small and large and sum(one.people for one in small) < minimum:
        small.append(large.pop(0))
    shown = sorted(large, key=lambda one: (not one.value, one.value.casefold()))
    if not small:
        return shown
    together = Counts(*(sum(getattr(one.counts, name) for one in small) for name in ("asked", "done", "extra")))
    return [*shown, Slice("", sum(one.people for one in small), together, folded=len(small))]


def total(slices: Iterable[Slice]) -> Counts:
    """The counts of all slices together."""
    slices = list(slices)
    return Counts(*(sum(getattr(one.counts, name) for one in slices) for name in ("asked", "done", "extra")))


def _reminded(member: Member, assessment: Assessment, keys: Sequence[str]) -> Mapping[str, datetime]:
    """Each person's last reminder of any kind; without assessments in which the member is a subject."""
    mails = Mail.objects.filter(assessment__org=assessment.org_id, person_key__in=keys, kind=REMINDER, state="sent")
    mails = mails.exclude(assessment__vendor_id__in=fence_of(member).assessments)
    return dict(mails.order_by().values_list("person_key").annotate(at=Max("settled_at")))
