"""Presentation of two compared days: names, labels of differences, statuses on both days."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from assessments.differences import Difference, Words
from assessments.models import Evaluation
from qxportal.accounts.models import Member, Organisation
from qxportal.ledger.history.as_of import column_then, listed_then
from qxportal.ledger.history.external_changes import sees_answering
from qxportal.ledger.mirror.mirrored import kind_of, mirrored_models
from qxportal.threesixty.strict_json import Json
from qxportal.ui.labels import FIELDS, RELATIONSHIPS, STATES

OF_PEOPLE = (_("ID"), _("Last name"), _("First name"), _("E-mail address"))
OF_EVALUATIONS = (_("Evaluator"), _("E-mail address"), _("Relationship"), _("Subject"))
CHUNK = 1_000
NOTHING = (Difference("", "", ""),)  # labels of added and removed rows in a file


@dataclass(frozen=True)
class Compared:
    """One row that differs between two days."""

    row: Any  # with the columns that `compare` annotates: the change, and the values on both days
    what: str
    before: dict[str, Json]
    after: dict[str, Json]
    differences: list[Difference]

    def said(self, name: str) -> object:
        """The value of a column on the later day, or on the last one on which the row was listed."""
        return (self.after or self.before).get(name, getattr(self.row, name))


def visible_columns(kind: str, member: Member) -> dict[str, str]:
    """The columns that the member may follow through time, with their words."""
    hidden = () if sees_answering(member) else mirrored_models()[kind].answering
    return {name: str(label) for name, label in FIELDS[kind].items() if name not in hidden}


def compared(org: Organisation, rows: Iterable[Any], *, kind: str, member: Member) -> list[Compared]:
    """Annotated rows with their differences in words."""
    words = Words(org, [], answering=sees_answering(member))
    made = []
    for row in rows:
        before, after = row.before or {}, row.after or {}
        found = words.between(kind, before, after) if row.what == "changed" else []
        made.append(Compared(row, row.what, before, after, found))
    return made


def file_columns(kind: str) -> list[str]:
    """The columns of the file of people, subjects or evaluations."""
    named = OF_EVALUATIONS if kind == "evaluation" else OF_PEOPLE
    return [str(column) for column in (_("Kind of change"), *named, _("Field"), _("Before"), _("After"))]


def lines(org: Organisation, rows: QuerySet[Any], *, member: Member) -> Iterator[Sequence[object]]:
    """Lines of the file: one for each differing field, and one for each added or removed row."""
    kind = kind_of(rows.model)
    cells = _cells_of_evaluation if kind == "evaluation" else _cells_of_person
    for each in compared(org, rows.iterator(CHUNK), kind=kind, member=member):
        start = (str(STATES["compared"][each.what].label), *cells(each))
        for difference in each.differences or NOTHING:
            yield (*start, difference.label, difference.before, difference.after)


def counts_by_state(rows: QuerySet[Evaluation], since: datetime, until: datetime) -> list[tuple[str, int, int]]:
    """Each state with the number of evaluations that were in it at either time."""
    before, after = _in_states(rows, since), _in_states(rows, until)
    known = dict.fromkeys([*Evaluation.Status.values, *before, *after])
    return [(state, before.get(state, 0), after.get(state, 0)) for state in known]


def _in_states(rows: QuerySet[Evaluation], at: datetime) -> dict[str, int]:
    listed = listed_then(rows, at)
    told = listed.annotate(said=column_then(listed, at, "status")).order_by().values_list("said")
    return dict(told.annotate(number=Count("pk")))


def _cells_of_person(each: Compared) -> Sequence[object]:
    return each.row.vendor_id, *(each.said(name) for name in ("last_name", "first_name", "email"))


def _cells_of_evaluation(each: Compared) -> Sequence[object]:
    row = each.row
    names = (each.said("evaluator_first_name"), each.said("evaluator_last_name"))
    return (
        " ".join(filter(None, map(str, names))),
        each.said("evaluator_email"),
        RELATIONSHIPS.get(row.relationship, row.relationship),
        row.subject or row.subject_key,
    )
