"""Lines of a plan, as its plan kind yields them, and their storage by COPY."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import msgspec
from django.db import connection
from psycopg import sql

from qxportal.core.collector import without_collector
from qxportal.core.searching import folded
from qxportal.ledger.models import Action, Plan, PlanLine, Undoable
from qxportal.ledger.models.plans import ACTING
from qxportal.ui.stored_messages import Message, MessageField, gettext_stored

COLUMNS = (
    "org_id",
    "plan_id",
    "number",
    "action",
    "key",
    "label",
    "row",
    "reason",
    "old",
    "new",
    "undoable",
    "undo_note",
    "data",
    "about",
    "search",
    "state",
    "outcome",
)
AT_ONCE = 2_500  # lines written together
STAYING = "staying"  # key of counts: acting lines that cannot be undone
WARNED = "warned"  # acting lines with a warning
REQUESTS = "requests"  # requests that applying sends
AFTER_ADDITIONS = "after_additions"  # key in a removal's data: not sent if an addition about its subject fails
ALIKE = 500  # number of messages in the cache
PACK, COLUMN = msgspec.json.Encoder(), MessageField()
Tell = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a plan, before it is stored."""

    action: Action
    key: str  # the line's target, unique among the plan's acting lines
    label: str  # display name of the target
    row: int | None = None  # the file's own row number, 1-based as a spreadsheet shows it; None without a file
    reason: Message = ""  # why it was skipped or refused, or a warning
    old: Mapping[str, str] = field(default_factory=dict)  # field -> current value
    new: Mapping[str, str] = field(default_factory=dict)  # field -> wanted value (changed fields only)
    undoable: Undoable = Undoable.YES
    undo_note: Message = ""  # the part that stays, or why it cannot be undone
    data: Mapping[str, object] = field(default_factory=dict)  # for recording the change; no secrets
    about: str = ""  # the subject concerned (vendor id, or fenced.whole): hidden from the member who is that subject

    @property
    def acts(self) -> bool:
        """Whether the line changes something."""
        return self.action in ACTING


def left_alone(line: PlanLine, reason: Message) -> Line:
    """The line of an undo that leaves the effect of `line` in place."""
    return Line(Action.SKIP, line.key, line.label, line.row, reason=reason, about=line.about)


def store_lines(plan: Plan, lines: Iterable[Line], tell: Tell | None = None) -> None:
    """Replace a plan's lines and count them; call it in a transaction. Repeated acting keys are left out."""
    counts: Counter[str] = Counter()
    table = sql.Identifier(PlanLine._meta.db_table)
    copy = sql.SQL("COPY {} ({}) FROM STDIN").format(table, sql.SQL(", ").join(map(sql.Identifier, COLUMNS)))
    PlanLine.objects.filter(plan=plan)._raw_delete(using="default")
    numbered, texts = enumerate(_unique(lines), 1), _Texts()
    with connection.cursor() as cursor, without_collector():
        while batch := list(islice(numbered, AT_ONCE)):  # validation asks the database on the same connection
            with cursor.copy(copy) as writer:
                for number, line in batch:
                    counts[line.action] += 1
                    if line.acts:
                        counts[STAYING] += line.undoable is Undoable.NO
                        counts[WARNED] += bool(line.reason)
                    writer.write_row(_values(plan, number, line, texts))
            if tell:
                tell(batch[-1][0])
    plan.counts = dict(counts)


def _unique(lines: Iterable[Line]) -> Iterator[Line]:
    seen: dict[str, int | None] = {}
    for line in lines:
        if line.action not in ACTING:
            yield line
        elif line.key not in seen:
            seen[line.key] = line.row
            yield line
        elif (row := seen[line.key]) is not None:
            yield replace(line, action=Action.REFUSE, reason=gettext_stored("Duplicate of row %(row)s.", row=row))
        else:
            yield replace(line, action=Action.SKIP, reason=gettext_stored("Duplicate of an earlier line."))


def _values(plan: Plan, number: int, line: Line, texts: "_Texts") -> tuple[Any, ...]:
    words = " ".join(filter(None, (line.label, *line.new.values(), str(line.row or ""))))
    return (
        plan.org_id,
        str(plan.pk),
        number,
        line.action.value,
        _plain(line.key)[:300],
        _plain(line.label)[:300],
        line.row,
        texts.of(line.reason),
        _json(line.old),
        _json(line.new),
        line.undoable.value,
        texts.of(line.undo_note),
        _json(line.data),
        line.about[:254],
        folded(_plain(words))[:700],
        PlanLine.State.WAITING.value if line.acts else "",
        "",
    )


class _Texts:
    """Column values of messages; each distinct message is encoded once."""

    def __init__(self) -> None:
        self.known: dict[int, tuple[Message, str]] = {}  # by identity, valid while the message is referenced here

    def of(self, message: Message) -> str:
        """A message's column value."""
        if not message:
            return ""
        known = self.known.get(id(message))
        if known is None:
            if len(self.known) >= ALIKE:
                self.known.clear()
            known = self.known[id(message)] = (message, _plain(COLUMN.get_prep_value(message) or ""))
        return known[1]


def _json(values: Mapping[str, object]) -> str:
    return PACK.encode(values).decode().replace("\\u0000", "") if values else "{}"


def _plain(text: str) -> str:
    return text.replace("\x00", "")
