"""Whole responses (getLegacyResponseData), from any of its four formats."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self
from xml.etree.ElementTree import Element

from qxportal.threesixty.errors import MalformedResponse
from qxportal.threesixty.values import Raw, as_map, flag, moment, text, words_of

FIXED = (
    "ResponseSet",
    "Name",
    "ExternalDataReference",
    "EmailAddress",
    "IPAddress",
    "Status",
    "StartDate",
    "EndDate",
    "Finished",
)
TIMES = ("started_at", "finished_at")


@dataclass(frozen=True, kw_only=True)
class ResponseRecord:
    """One form as it was filled in; `values` holds embedded data and answers by the name of their column."""

    vendor_id: str
    response_set: str = ""
    name: str = ""
    external_reference: str = ""
    email: str = ""
    ip_address: str = ""
    status: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    finished: bool = False
    values: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, vendor_id: str, row: Raw) -> Self:
        """From one response's columns by name."""
        if not vendor_id:
            raise MalformedResponse("A response came without ResponseID.")
        return cls(
            vendor_id=vendor_id,
            response_set=text(row, "ResponseSet"),
            name=text(row, "Name"),
            external_reference=text(row, "ExternalDataReference"),
            email=text(row, "EmailAddress"),
            ip_address=text(row, "IPAddress"),
            status=text(row, "Status"),
            started_at=moment(row.get("StartDate")),
            finished_at=moment(row.get("EndDate")),
            finished=flag(row.get("Finished")),
            values={key: words_of(value) for key, value in row.items() if key not in (*FIXED, "ResponseID")},
        )

    def without_zone(self) -> Self:
        """The same with times that name no zone."""
        bare = {name: at.replace(tzinfo=None) for name in TIMES if (at := getattr(self, name))}
        return replace(self, **bare)


def responses_from_map(found: Any) -> tuple[ResponseRecord, ...]:
    """From JSON: a bare map id -> columns."""
    rows = as_map(found, "responses").items()
    return tuple(ResponseRecord.read(str(key), as_map(row, "a response")) for key, row in rows)


def responses_from_table(rows: Sequence[Sequence[str]]) -> tuple[ResponseRecord, ...]:
    """From a table with two header rows: short names (V1, V2, ... or tags), then labels.

    The columns that every survey has are known by their label, the others by their short name, of which authors may
    give one to several: the second of its kind has a 2 behind it.
    """
    if len(rows) < 2 or "ResponseID" not in rows[1]:
        raise MalformedResponse("The table of responses has not its two header rows.")
    short, labels = rows[0], rows[1]
    if len(short) != len(labels):
        raise MalformedResponse("The two header rows of the table differ in length.")
    names = [label if label in (*FIXED, "ResponseID") else name for name, label in zip(short, labels, strict=True)]
    if any(names.count(name) > 1 for name in (*FIXED, "ResponseID")):
        raise MalformedResponse("The table of responses has a column twice that every survey has once.")
    names = each_once(names)
    used = [index for index, name in enumerate(names) if name]
    found = []
    for number, row in enumerate(rows[2:], start=3):
        if len(row) != len(names):
            raise MalformedResponse(f"Row {number} of the table has {len(row)} cells instead of {len(names)}.")
        columns = {names[index]: row[index] for index in used}
        found.append(ResponseRecord.read(columns.get("ResponseID", ""), columns))
    return tuple(found)


def each_once(names: Sequence[str]) -> list[str]:
    """The names of columns; one that is there already has its number behind it, unless another column is called so."""
    taken, times = set(names), Counter[str]()
    found: list[str] = []
    for name in names:
        times[name] += 1
        chosen = name if times[name] == 1 else f"{name}_{times[name]}"
        while name and times[name] > 1 and chosen in taken:
            times[name] += 1
            chosen = f"{name}_{times[name]}"
        taken.add(chosen)
        found.append(chosen if name else "")
    return found


def responses_from_xml(root: Element) -> tuple[ResponseRecord, ...]:
    """From repeated Response elements with one child per column."""
    return tuple(_from_element(element) for element in root.iterfind("Response"))


def _from_element(element: Element) -> ResponseRecord:
    names = each_once([child.get("key") or child.tag for child in element])
    columns = {name: child.text or "" for name, child in zip(names, element, strict=True)}
    return ResponseRecord.read(columns.get("ResponseID", ""), columns)
