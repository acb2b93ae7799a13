"""The rows that a plan is made from: of a file, a selection or a rule; kept so that it can be validated again."""

import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import msgspec

from qxportal.ledger.models import Plan, PlanSource
from qxportal.ui.stored_messages import Message, StoredMessage, message_from

INVISIBLE = ("Cf", "Cc", "Zs", "Zl", "Zp")  # controls, marks and blanks: no address has them
PART, FIELD = "part", "field"  # of a row's values where it is one of several from one row of a file: its number there,
# and the field of the cell that named it
SAME = "same_person"  # in the data of a refused line: by field, identifier and name of a person who may be meant
CLEARED = {"clear": True}  # how CLEAR is stored
PIECE = 64 * 1024  # bytes of packed rows
PACK, UNPACK = msgspec.json.Encoder(), msgspec.json.Decoder()


class Clear(Enum):
    """The marker that empties a field, where an empty cell keeps it."""

    CLEAR = "clear"


CLEAR = Clear.CLEAR
Value = str | None | Clear


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row with the values of the kind's fields: None or empty keeps, CLEAR clears."""

    row: int | None = None  # the file's own number
    values: Mapping[str, Value] = field(default_factory=dict)
    problem: Message = ""  # what the file itself says against the row: whatever the values, it is refused

    def text(self, name: str) -> str:
        """The text of a field, with single spaces; empty where it keeps or clears."""
        value = self.values.get(name)
        return " ".join(value.split()) if isinstance(value, str) else ""

    def address(self, name: str) -> str:
        """An address as the directory keeps it, without invisible characters."""
        return self.seen_address(name)[0]

    def seen_address(self, name: str) -> tuple[str, bool]:
        """An address as the directory keeps it, and whether invisible characters were taken out of it."""
        value = self.values.get(name)
        text = value.strip().lower() if isinstance(value, str) else ""
        if text.isascii():
            return text, False
        seen = "".join(sign for sign in text if unicodedata.category(sign) not in INVISIBLE)
        return seen, seen != text


def keep_rows(plan: Plan, rows: Iterable[SourceRow]) -> None:
    """Store the rows that a plan is made from, in the place of those before."""
    for _row in keeping_rows(plan, rows):
        pass


def keeping_rows(plan: Plan, rows: Iterable[SourceRow]) -> Iterator[SourceRow]:
    """The rows as they come; they are stored once the last one was taken."""
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
    """The rows that a plan was made from."""
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
