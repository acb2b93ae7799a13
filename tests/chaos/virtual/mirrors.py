"""The mirror under faulty lists: the portal's own readings of directories and of subjects, sixty times each."""

import csv
import io
import json
import uuid
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from assessments.fetches import pull_subjects
from assessments.models import Assessment, Subject
from directory.models import Person
from directory.sync import PersonsFetch
from qxportal.accounts.models import Member, Organisation, User
from qxportal.accounts.roles import Role
from qxportal.ledger.mirror.executor import DatabaseExecutor
from qxportal.ledger.mirror.sync_runs import confirm_held
from qxportal.ledger.models import ResourceSync
from qxportal.threesixty.calls.base import Call
from qxportal.threesixty.calls.persons import PersonsPage
from qxportal.threesixty.wire.answers import RawResponse, read_answer
from tests.chaos.virtual.clock import Clock, told_by
from tests.chaos.virtual.vendor import HEADER

SYNCS = 60
EVERY = 900.0  # seconds
FAULTY = 0.135  # of the syncs
CALM = 4  # syncs at the end without faults
LAST = SYNCS - 3  # after that nobody leaves, so that the last ones can be seen to be gone


@dataclass
class Tally:
    """What some mirrors came to."""

    mirrors: int = 0
    syncs: int = 0
    faulty: int = 0
    hard: list[str] = field(default_factory=list)  # rows that the vendor has and the mirror has not, at the end
    wrong: int = 0  # rows marked gone although the vendor had them
    revived: int = 0
    waits: Counter[int] = field(default_factory=Counter)  # syncs that somebody who left stayed in the mirror
    held: int = 0  # times that many missing rows waited for a person
    by_person: int = 0  # who left and waited for a person, who confirmed it
    unseen: int = 0  # who left and never was
    replaced: int = 0  # rows that a mirror which believes every listing takes away wrongly
    threshold: int = 0  # the same of one that believes it up to 20 % missing

    def add(self, other: "Tally") -> None:
        """Count others too."""
        for name in (
            "mirrors",
            "syncs",
            "faulty",
            "wrong",
            "revived",
            "held",
            "by_person",
            "unseen",
            "replaced",
            "threshold",
        ):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.hard += other.hard
        self.waits.update(other.waits)

    def percentile(self, share: float) -> int:
        """How many syncs that share of those who left waited at most."""
        total, seen = sum(self.waits.values()), 0
        for syncs in sorted(self.waits):
            seen += self.waits[syncs]
            if seen >= share * total:
                return syncs
        return 0


COUNTED = ("mirrors", "syncs", "faulty", "wrong", "revived", "held", "by_person", "unseen", "replaced", "threshold")


class FlakyListing:
    """A vendor's list that changes a little all the time and now and then is told wrongly."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.rows = [f"P_{number:04d}" for number in range(chance.randint(20, 150))]
        self.before: deque[list[str]] = deque([list(self.rows)], maxlen=2)
        self.fault = ""
        self._next = len(self.rows)

    def live_on(self, *, may_leave: bool) -> list[str]:
        """A few come and go; gives who left."""
        self.before.append(list(self.rows))
        left = self.chance.sample(self.rows, self.chance.choice((0, 0, 0, 1, 1, 2))) if may_leave else []
        self.rows = [row for row in self.rows if row not in left]
        for _ in range(self.chance.choice((0, 0, 1, 2))):
            self.rows.append(f"P_{self._next:04d}")
            self._next += 1
        return left

    def look_again(self) -> None:
        """Somebody asks once more; the vendor may have recovered by then, or not."""
        if self.chance.random() < 0.5:
            self.fault = ""

    def told(self) -> list[str]:
        """The list as it is told this time."""
        rows, chance = self.rows, self.chance
        match self.fault:
            case "some":
                missing = chance.uniform(0.01, 0.6)
                return [row for row in rows if chance.random() > missing]
            case "end":
                return rows[: chance.randint(0, len(rows))]
            case "gap":
                start = chance.randrange(len(rows))
                return rows[:start] + rows[start + chance.randint(1, len(rows)) :]
            case "empty":
                return []
            case "double":
                start = chance.randrange(len(rows))
                return rows + rows[start : start + chance.randint(1, 20)]
            case "stale":
                return self.before[0]
        return rows


KINDS = ("some", "some", "some", "end", "gap", "empty", "double", "stale")


class Directory:
    """A mirrored directory."""

    def __init__(self, org: Organisation, listing: FlakyListing) -> None:
        self.org, self.listing = org, listing
        self.mine = Person.objects.filter(org=org)

    def sync(self) -> None:
        """Read it as a sync does."""
        with DatabaseExecutor(1) as executor:
            reading = PersonsFetch(self.org, self, executor, lambda sync: None)  # type: ignore[arg-type]  # a pool of one
            while not reading.done:
                if call := reading.next_call():
                    reading.take(call, self._answer(call))

    def calls(self, calls: Sequence[Call[Any]]) -> Iterator[Any]:
        """The second look at where somebody stood."""
        for call in calls:
            self.listing.look_again()
            yield self._answer(call)

    def _answer(self, call: Call[Any]) -> Any:
        if not isinstance(call, PersonsPage):
            raise TypeError(f"{call.request} asks for something else.")
        rows = self.listing.told()[call.start_index :][: call.record_limit]
        people = [
            {"PersonID": row, "FirstName": "Mara", "LastName": "Novak", "Email": f"{row}@marlstone.example".lower()}
            for row in rows
        ]
        body = json.dumps({"Meta": {"Status": "Success"}, "Result": {"Persons": people}}).encode()
        return call.read(read_answer(call, RawResponse(200, {"content-type": "application/json"}, body)))


class Subjects:
    """The mirrored subjects of one assessment."""

    def __init__(self, org: Organisation, listing: FlakyListing, clock: Clock) -> None:
        self.listing = listing
        self.assessment = Assessment.objects.create(
            org=org, vendor_id="TS_leadership", name="Leadership review", status="Active", seen_at=clock.time
        )
        self.mine = Subject.objects.filter(assessment=self.assessment)
        self.asked = 0  # in one sync

    def sync(self) -> None:
        """Read them as a sync does."""
        self.asked = 0
        pull_subjects(self.assessment, self)  # type: ignore[arg-type]  # a vendor in this process

    def call(self, call: Call[Any]) -> Any:
        """The list in the vendor's own form, read by the client."""
        if self.asked:
            self.listing.look_again()
        self.asked += 1
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(HEADER)
        for row in self.listing.told():
            writer.writerow(("Mara", "Novak", f"{row}@marlstone.example".lower(), row, "Waiting", 0, 0, "NotReady"))
        kind = "application/vnd.msexcel"
        return call.read(read_answer(call, RawResponse(200, {"content-type": kind}, out.getvalue().encode())))


def mirror(seed: int) -> Tally:
    """One mirror over sixty syncs."""
    chance = Random(f"mirror:{seed}")
    found = Tally(mirrors=1)
    with told_by(Clock()) as clock:
        org = Organisation.objects.create(name="Marlstone Instruments", slug=f"marlstone-{uuid.uuid4().hex[:12]}")
        user = User.objects.create(email=f"rosa.keller@{org.slug}.example", name="Rosa Keller")
        admin = Member.objects.create(org=org, user=user, role=Role.ADMIN)
        listing = FlakyListing(chance)
        mirrored = Directory(org, listing) if seed % 2 else Subjects(org, listing, clock)
        left: dict[str, int] = {}  # who left, and before which sync
        wrong: set[str] = set()
        believed = [list(listing.rows), list(listing.rows)]
        for number in range(SYNCS + CALM):
            clock.move(EVERY)
            for row in listing.live_on(may_leave=number < LAST):
                left[row] = number
            faulty = number and number < SYNCS and chance.random() < FAULTY
            listing.fault = chance.choice(KINDS) if faulty else ""
            found.faulty += bool(faulty)
            _believe(found, listing, believed)
            mirrored.sync()
            gone = set(mirrored.mine.exclude(gone_at=None).values_list("vendor_id", flat=True))
            for row in [row for row in left if row in gone]:
                found.waits[number - left.pop(row)] += 1
            for row in _confirmed(org, admin, found, set(left)):
                del left[row]
            there = set(listing.rows)
            found.wrong += len((gone & there) - wrong)
            found.revived += len(wrong - gone)
            wrong = gone & there
        found.syncs = SYNCS
        shown = set(mirrored.mine.filter(gone_at=None).values_list("vendor_id", flat=True))
        found.hard = [f"seed {seed}: {row}" for row in sorted(set(listing.rows) - shown)]
        found.unseen = len(left)
    return found


def _confirmed(org: Organisation, admin: Member, found: Tally, left: set[str]) -> set[str]:
    """Be the person who is asked about many missing rows: confirm them where all of them really left."""
    sync = ResourceSync.objects.filter(org=org, held__gt=0).first()
    if sync is None:
        return set()
    found.held += 1
    held = set(sync.suspected_deletions.filter(confirmed_at=None).values_list("vendor_id", flat=True))
    if not held or not held <= left:
        return set()
    confirm_held(sync, by=admin)
    found.by_person += len(held)
    return held


def _believe(found: Tally, listing: FlakyListing, believed: list[list[str]]) -> None:
    """What two simpler mirrors make of the same list: one believes all, one up to a fifth missing."""
    state = listing.chance.getstate()
    told = listing.told()
    listing.chance.setstate(state)  # the portal hears the same
    there, heard = set(listing.rows), set(told)
    for place, most in enumerate((1.0, 0.2)):
        missing = [row for row in believed[place] if row not in heard]
        if len(missing) <= max(5, most * len(believed[place])):
            wrongly = sum(row in there for row in missing)
            found.replaced += wrongly if place == 0 else 0
            found.threshold += wrongly if place == 1 else 0
            believed[place] = list(told)
        else:
            believed[place] = list(dict.fromkeys(believed[place] + told))
