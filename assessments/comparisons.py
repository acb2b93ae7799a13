"""What pages and files show of two days compared: names, words for each difference, statuses then and now."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from assessments.differences import Difference, Words
from qxportal.accounts.models import Member, Organisation
from qxportal.ledger.history.external_changes import sees_answering
from qxportal.ledger.mirror.mirrored import kind_of, mirrored_models
from qxportal.threesixty.strict_json import Json
from qxportal.ui.labels import FIELDS, STATES

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
CHUNK = 1_000


class ComparedRow(Protocol):
    """A person or subject with the columns that `compare` annotates: the change, and the values on both days."""

    vendor_id: str
    first_name: str
    last_name: str
    email: str
    what: str
    before: dict[str, Json] | None
    after: dict[str, Json] | None


@dataclass(frozen=True)
class Compared:
    """One row that differs between two days."""

    row: ComparedRow
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


def compared(org: Organisation, rows: Iterable[ComparedRow], *, kind: str, member: Member) -> list[Compared]:
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
        for difference in each.differences or [Difference("", "", "")]:
            yield (*start, difference.label, difference.before, difference.after)
