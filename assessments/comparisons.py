"""What pages and files show of two days compared: names, words for each difference, statuses then and now."""

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

COLUMNS = (
    _("Kind of change"),
    _("ID"),
    _("Last name"),
    _("First name"),
    _("E-mail address"),
    _("Field"),
    _("Before"),
    _("After"),
)
OF_EVALUATIONS = (
    _("Kind of change"),
    _("Evaluator"),
    _("E-mail address"),
    _("Relationship"),
    _("Subject"),
    _("Field"),
    _("Before"),
    _("After"),
)
CHUNK = 1_000
NOTHING = (Difference("", "", ""),)  # what a file says of a row that was added or is gone


@dataclass(frozen=True)
class Compared:
    """One row that differs between two days."""

    row: Any  # with the columns that `compare` annotates: the change, and the values on both days
    what: str
    before: dict[str, Json]
    after: dict[str, Json]
    differences: list[Difference]

    @property
    def said(self) -> dict[str, Json]:
        """What it says, or said last."""
        return self.after or self.before


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


def lines(org: Organisation, rows: QuerySet[Any], *, member: Member) -> Iterator[Sequence[object]]:
    """The file: a line for each field that differs, and one for who was added or is gone."""
    for each in compared(org, rows.iterator(CHUNK), kind=kind_of(rows.model), member=member):
        row, said = each.row, each.said
        names = [said.get(name, getattr(row, name)) for name in ("last_name", "first_name", "email")]
        start = (str(STATES["compared"][each.what].label), row.vendor_id, *names)
        for difference in each.differences or NOTHING:
            yield (*start, difference.label, difference.before, difference.after)


def evaluation_lines(org: Organisation, rows: QuerySet[Any], *, member: Member) -> Iterator[Sequence[object]]:
    """The file of evaluations, in the same way."""
    for each in compared(org, rows.iterator(CHUNK), kind=kind_of(rows.model), member=member):
        row, said = each.row, each.said
        names = (
            said.get(f"evaluator_{part}_name", getattr(row, f"evaluator_{part}_name")) for part in ("first", "last")
        )
        start = (
            str(STATES["compared"][each.what].label),
            " ".join(filter(None, map(str, names))),
            said.get("evaluator_email", row.evaluator_email),
            RELATIONSHIPS.get(row.relationship, row.relationship),
            row.subject or row.subject_key,
        )
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
