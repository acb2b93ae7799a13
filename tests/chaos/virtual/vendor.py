"""A small vendor that acts late, tells of the past, loses answers and lists badly; its memory knows every moment."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from random import Random
from typing import Any

from tests.chaos.virtual.clock import Clock
from tests.support.fake_server import Reply, failure, success

Asked = Mapping[str, str]
Key = tuple[str, ...]

IDENTITY = {  # what tells one intent from every other: the vendor may choose ids of its own
    "createPerson": ("Email",),
    "createAssessment": ("Name",),
    "createLibraryMessage": ("LibraryID", "Name"),
    "addPerson": ("ThreeSixtyID", "PersonID"),
    "removePerson": ("ThreeSixtyID", "PersonID"),
    "setSubjectStatus": ("ThreeSixtyID", "SubjectID", "Status"),
}
HEADER = (
    "FirstName",
    "LastName",
    "Email",
    "UniqueIdentifier",
    "Status",
    "EvaluationsReceived",
    "EvaluationsCompleted",
    "ReportStatus",
)


@dataclass(frozen=True)
class Habits:
    """How badly it behaves; shares of the calls."""

    late: float = 0.14
    late_seconds: float = 60.0
    lag: float = 0.4
    lag_seconds: float = 30.0
    before: float = 0.10
    after: float = 0.14
    garbled: float = 0.06
    busy: float = 0.06
    failing_reads: float = 0.10
    short_lists: float = 0.02
    own_ids: float = 0.5  # of the vendors, not of the calls: those that do not take the ids that we choose


CALM = Habits(late=0, lag=0, before=0, after=0, garbled=0, busy=0, failing_reads=0, short_lists=0)


@dataclass
class Fact:
    """Something that is so from one moment on, perhaps until another."""

    kind: str
    values: dict[str, str]
    since: datetime
    until: datetime | None = None


@dataclass
class Vendor:
    """One account's world; called with the parameters of a call."""

    clock: Clock
    chance: Random
    habits: Habits
    facts: list[Fact] = field(default_factory=list)
    carried_out: Counter[Key] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    calls: int = 0

    def __post_init__(self) -> None:
        self.own_ids = self.chance.random() < self.habits.own_ids
        self._late: list[tuple[datetime, int, dict[str, str]]] = []

    def __call__(self, asked: Asked) -> Reply:
        """Answer one call."""
        self.calls += 1
        self.clock.move(self.chance.uniform(0.05, 2))
        self.catch_up()
        if asked["Request"] in IDENTITY:
            return self._write(dict(asked))
        return self._read(asked)

    def catch_up(self, *, all_of_it: bool = False) -> None:
        """Do what was put off until now, or all of it."""
        while self._late and (all_of_it or self._late[0][0] <= self.clock.time):
            due, _, asked = heappop(self._late)
            self._carry_out(asked, due)

    def add(self, kind: str, **values: str) -> None:
        """Let something be so from now on."""
        self.facts.append(Fact(kind, values, self.clock.time))

    def times(self, key: Key) -> int:
        """How often it carried that out."""
        return self.carried_out[key]

    # -- writing

    def _write(self, asked: dict[str, str]) -> Reply:
        name = self._fate()
        if not name:
            return success(self._carry_out(asked, self.clock.time))
        self.faults[name] += 1
        match name:
            case "busy":
                return failure("429 Too Many Requests", "Too many calls.")
            case "late":
                due = self.clock.time + timedelta(seconds=self.chance.uniform(0, self.habits.late_seconds))
                heappush(self._late, (due, self.calls, asked))
            case "after" | "garbled":
                self._carry_out(asked, self.clock.time)
        if name == "garbled":
            return Reply(b'{"Meta":{"Status":"Suc')
        return failure("500 Internal Server Error", "An unknown error occurred.")

    def _fate(self) -> str:
        """What goes wrong with a call that changes something."""
        habits, draw = self.habits, self.chance.random()
        shares = {
            "before": habits.before,
            "after": habits.after,
            "garbled": habits.garbled,
            "late": habits.late,
            "busy": habits.busy,
        }
        for name, share in shares.items():
            draw -= share
            if draw < 0:
                return name
        return ""

    def _carry_out(self, asked: dict[str, str], when: datetime) -> dict[str, Any]:
        request = asked["Request"]
        self.carried_out[(request, *(asked.get(name, "") for name in IDENTITY[request]))] += 1
        number = f"{self.chance.getrandbits(60):015x}"
        match request:
            case "createPerson":
                vendor_id = f"P_{number}" if self.own_ids else asked["PersonID"]
                kept = {name: asked[name] for name in ("FirstName", "LastName", "Email")}
                self.facts.append(Fact("person", {"PersonID": vendor_id, **kept}, when))
                return {"PersonID": vendor_id}
            case "createAssessment":
                vendor_id = f"TS_{number}" if self.own_ids else asked["ThreeSixtyID"]
                made = {"ThreeSixtyID": vendor_id, "Name": asked["Name"], "CreationDate": f"{when:%Y-%m-%d %H:%M:%S}"}
                self.facts.append(Fact("assessment", made, when))
                return {"ThreeSixtyID": vendor_id}
            case "createLibraryMessage":
                made = {"LibraryID": asked["LibraryID"], "MessageID": f"MS_{number}", "Name": asked["Name"]}
                self.facts.append(Fact("message", made, when))
                return {"MessageID": f"MS_{number}"}
            case "addPerson":
                if not self._subject(asked["PersonID"]):
                    self._enter(asked["PersonID"], "Waiting", when)
            case "setSubjectStatus" if old := self._subject(asked["SubjectID"]):
                old.until = when
                self._enter(asked["SubjectID"], asked["Status"], when)
            case "removePerson" if old := self._subject(asked["PersonID"]):
                old.until = when
        return {"Success": True}

    def _subject(self, person_id: str) -> Fact | None:
        there = (fact for fact in self.facts if fact.kind == "subject" and fact.until is None)
        return next((fact for fact in there if fact.values["UniqueIdentifier"] == person_id), None)

    def _enter(self, person_id: str, status: str, when: datetime) -> None:
        self.facts.append(Fact("subject", {"UniqueIdentifier": person_id, "Status": status}, when))

    # -- reading

    def _read(self, asked: Asked) -> Reply:
        if self.chance.random() < self.habits.failing_reads:
            self.faults["reading failed"] += 1
            return failure("500 Internal Server Error", "An unknown error occurred.")
        moment = self.clock.time
        if self.chance.random() < self.habits.lag:
            self.faults["reading of the past"] += 1
            moment -= timedelta(seconds=self.chance.uniform(0, self.habits.lag_seconds))
        short = self.chance.random() < self.habits.short_lists
        self.faults["list too short"] += short
        listed = ANSWERS[asked["Request"]]
        there = [fact for fact in self.facts if fact.since <= moment and (fact.until is None or fact.until > moment)]
        return listed(asked, [fact for fact in there if not short or self.chance.random() > 0.3])


def _subjects(asked: Asked, facts: list[Fact]) -> Reply:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    for fact in facts:
        if fact.kind == "subject":
            key = fact.values["UniqueIdentifier"]
            writer.writerow(
                ("Mara", "Novak", f"{key}@marlstone.example".lower(), key, fact.values["Status"], 0, 0, "NotReady")
            )
    return Reply(out.getvalue().encode(), type="application/vnd.msexcel")


def _persons(asked: Asked, facts: list[Fact]) -> Reply:
    rows = [fact.values for fact in facts if fact.kind == "person"]
    start = int(asked.get("StartIndex", "0"))
    end = start + int(asked["RecordLimit"]) if "RecordLimit" in asked else None
    return success({"Persons": rows[start:end]})


def _assessments(asked: Asked, facts: list[Fact]) -> Reply:
    return success({"Assessments": [fact.values for fact in facts if fact.kind == "assessment"]})


def _messages(asked: Asked, facts: list[Fact]) -> Reply:
    there = [fact.values for fact in facts if fact.kind == "message"]
    named = {one["MessageID"]: one["Name"] for one in there if one["LibraryID"] == asked["LibraryID"]}
    return success({"GeneralMessages": named or []})


ANSWERS: Mapping[str, Callable[[Asked, list[Fact]], Reply]] = {
    "getSubjectStatus": _subjects,
    "getPersons": _persons,
    "getAssessments": _assessments,
    "getLibraryMessages": _messages,
}
