"""A directory as a vendor lists it, of any size: written once to a file, so that it costs neither memory nor time."""

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qxportal.threesixty.calls.base import Call
from qxportal.threesixty.calls.persons import PersonsPage
from qxportal.threesixty.wire.answers import RawResponse, read_answer

FIRST = ("Mara", "Jonas", "Aisha", "Piotr", "Léna", "Diego", "Yuki", "Tomás", "Elif", "Noah", "Sofia", "Arjun", "Zoë")
LAST = ("Lindqvist", "Okafor", "Petrov", "García", "Nowak", "Schmidt", "Tanaka", "Rossi", "Dubois", "Haddad", "Ílhan")
DEPARTMENTS = ("Optics", "Assembly", "Field Support", "Finance", "People and Culture", "Metrology", "Purchasing")
TITLES = ("Engineer", "Senior Engineer", "Team Lead", "Analyst", "Technician", "Coordinator", "Buyer", "Specialist")
LOCATIONS = ("Vienna", "Porto", "Gdańsk", "Osaka", "Toronto")
HEAD = b'{"Meta":{"Status":"Success"},"Result":{"Persons":['
TAIL = b"]}}"


@dataclass(frozen=True)
class ListingFile:
    """The rows of getPersons in a file, one after the other with commas between."""

    path: Path
    ends: "array[int]"  # where each row ends; row k begins after the comma of the one before

    def __len__(self) -> int:
        return len(self.ends)

    @classmethod
    def write(cls, path: Path, persons: int, *, changed: Callable[[int], bool] = lambda number: False) -> "ListingFile":
        """Write so many persons; those that `changed` tells have another title than they would have."""
        ends, place = array("q"), 0
        with path.open("wb") as file:
            for number in range(persons):
                row = person(number, title="Head of Section" if changed(number) else "").encode()
                file.write(row + b",")
                ends.append(place + len(row))
                place += len(row) + 1
        path.with_suffix(".ends").write_bytes(ends.tobytes())
        return cls(path, ends)

    @classmethod
    def open(cls, path: Path) -> "ListingFile":
        """One that was written."""
        return cls(path, array("q", path.with_suffix(".ends").read_bytes()))

    def body(self, start: int, limit: int | None) -> bytes:
        """An answer to getPersons."""
        rows = self.rows(start, len(self) if limit is None else start + limit)
        return HEAD + rows + TAIL

    def rows(self, start: int, end: int) -> bytes:
        """The bytes of the rows from index `start` up to `end`."""
        end = min(end, len(self))
        if start >= end:
            return b""
        begin = self.ends[start - 1] + 1 if start else 0
        with self.path.open("rb") as file:
            file.seek(begin)
            return file.read(self.ends[end - 1] - begin)

    def answer(self, call: Call[Any]) -> Any:
        """What the client makes of the answer to a call for a page."""
        if not isinstance(call, PersonsPage):
            raise TypeError(f"{call.request} asks for something else.")
        body = self.body(call.start_index, call.record_limit)
        return call.read(read_answer(call, RawResponse(200, {"content-type": "application/json"}, body)))

    def bodies(self, size: int) -> Iterator[bytes]:
        """The pages of a walk without overlap."""
        for start in range(0, len(self), size):
            yield self.body(start, size)


def person_of(number: int) -> tuple[str, str, str]:
    """First name, last name and address of a person."""
    first, last = FIRST[number % len(FIRST)], LAST[number // len(FIRST) % len(LAST)]
    return first, last, f"{first}.{last}.{number}@marlstone.example".lower()


def person(number: int, *, title: str = "") -> str:
    """One person as JSON; the same number is the same person."""
    first, last, address = person_of(number)
    title = title or TITLES[number // 3 % len(TITLES)]
    manager = f"lead.{number // 12}@marlstone.example"
    return (
        f'{{"PersonID":"P_{number:015d}","FirstName":"{first}","LastName":"{last}","Email":"{address}",'
        f'"UserName":"{address}","UserID":null,"DivisionID":null,"External":0,"MetaData":{{'
        f'"Department":"{DEPARTMENTS[number // 40 % len(DEPARTMENTS)]}","Title":"{title}",'
        f'"Location":"{LOCATIONS[number // 700 % len(LOCATIONS)]}","ManagerEmail":"{manager}",'
        f'"CostCentre":"{4000 + number % 900}"}}}}'
    )
