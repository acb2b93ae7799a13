"""Source rows of a plan: from a file, a selection or a rule; stored so that the plan can be validated again."""

import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import msgspec

from qxportal.ledger.models import Plan, PlanSource
from qxportal.ui.stored_messages import Message, StoredMessage, message_from

INVISIBLE = ("Cf", "Cc", "Zs", "Zl", "Zp")  # control, format and space characters, which no address contains
PART, FIELD = "part", "field"  # keys in the values of a row that is one of several from one file row: its number,
# and the field of the cell that named it
SAME = "same_person"  # key in a refused line's data: a candidate person by field, identifier and name
CLEARED = {"clear": True}  # stored form of CLEAR
PIECE = 64 * 1024  # bytes per stored piece
PACK, UNPACK = msgspec.json.Encoder(), msgspec.json.Decoder()


class Clear(Enum):
    """The marker that empties a field; an empty cell leaves the field unchanged."""

    CLEAR = "clear"


CLEAR = Clear.CLEAR
Value = str | None | Clear


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row with values of the kind's fields: None or empty keeps the field, CLEAR empties it."""

    row: int | None = None  # row number in the file
    values: Mapping[str, Value] = field(default_factory=dict)
    problem: Message = ""  # the file's own objection: the row is refused whatever its values

    def text(self, name: str) -> str:
        """Text of a field with single spaces; empty if it keeps or clears the field."""
        value = self.values.get(name)
        return " ".join(value.split()) if isinstance(value, str) else ""

    def address(self, name: str) -> str:
        """An address in the directory's form, without invisible characters."""
        return self.seen_address(name)[0]

    def seen_address(self, name: str) -> tuple[str, bool]:
        """An address in the directory's form, and whether invisible characters were removed."""
        value = self.values.get(name)
        text = value.strip().lower() if isinstance(value, str) else ""
        if text.isascii():
            return text, False
        seen = "".join(sign for sign in text if unicodedata.category(sign) not in INVISIBLE)
        return seen, seen != text


def keep_rows(plan: Plan, rows: Iterable[SourceRow]) -> None:
    """Store the rows of a plan, replacing earlier ones."""
    for _row in keeping_rows(plan, rows):
        pass


def keeping_rows(plan: Plan, rows: Iterable[SourceRow]) -> Iterator[SourceRow]:
    """Pass rows through, and store them once the last one was consumed."""
    packer = zlib.compressobj(1)
    packed = bytearray()
    lines = bytearray()
    for row in rows:
        lines += PACK.encode(_kept(row))
        lines += b"\n"
        if len(lines) > PIECE:
            packed += packer.compress(lines)
            lines.clear()
        yield row
    packed += packer.compress(lines) + packer.flush()
    PlanSource.objects.update_or_create(plan=plan, defaults={"org_id": plan.org_id, "rows": bytes(packed)})


def _kept(row: SourceRow) -> tuple[Any, ...]:
    values = {name: CLEARED if value is CLEAR else value for name, value in row.values.items() if value is not None}
    if not row.problem:
        return row.row, values
    return row.row, values, row.problem.stored() if isinstance(row.problem, StoredMessage) else row.problem


def kept_rows(plan: Plan) -> Iterator[SourceRow]:
    """The stored rows of a plan."""
    kept = PlanSource.objects.filter(plan=plan).first()
    if kept is None:
        return
    unpacker, rest = zlib.decompressobj(), b""
    blob = memoryview(kept.rows)
    for start in range(0, len(blob), PIECE):
        *lines, rest = (rest + unpacker.decompress(blob[start : start + PIECE])).split(b"\n")
        yield from map(_row, lines)


def _row(line: bytes) -> SourceRow:
    number, values, *problem = UNPACK.decode(line)
    if b'{"clear"' in line:
        values = {name: CLEAR if value == CLEARED else value for name, value in values.items()}
    return SourceRow(number, values, message_from(problem[0]) if problem else "")
