"""The write path under virtual schedules: the portal's own sender against a vendor that acts late and lags."""

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from django.db.models import Min
from django.test.utils import override_settings

from assessments import subject_commands
from assessments.any_request import record_call
from assessments.fetches import pull_subjects
from assessments.handlers import CHANGE_HANDLERS
from assessments.models import Assessment, Subject
from qxportal.accounts.credentials import client_for, save_credential
from qxportal.accounts.models import Member, Organisation, User
from qxportal.accounts.roles import Role
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.dispatch import dispatch_changes
from qxportal.ledger.outbox.serialize import restored
from qxportal.security.key_ring import add_key, keys
from qxportal.threesixty.calls.assessments import CreateAssessment
from qxportal.threesixty.calls.base import Call
from qxportal.threesixty.calls.library import CreateLibraryMessage
from qxportal.threesixty.calls.persons import AddPerson, CreatePerson
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.enums import AssessmentType, MessageCategory
from qxportal.threesixty.errors import MalformedResponse, OutcomeUnknown, Rejected, ThreeSixtyError, TransientError
from tests.chaos.virtual.clock import Clock, told_by
from tests.chaos.virtual.vendor import CALM, IDENTITY, Habits, Key, Vendor
from tests.support.fake_server import FakeServer

BATCH = 40  # schedules of one organisation
PATIENT = {"BREAKER_AFTER": 10**9, "CALLS_PER_MINUTE": 10**9}  # these go by the real clock
HASTY = {"VERIFY_TIMES": 1, "VERIFY_SPAN": timedelta(0)}
LONGEST = timedelta(days=3)
RETRIES = 12


@dataclass
class Tally:
    """What some schedules came to."""

    schedules: int = 0
    by_policy: Counter[str] = field(default_factory=Counter)
    to_person: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    calls: int = 0

    def add(self, other: "Tally") -> None:
        """Count others too."""
        self.schedules += other.schedules
        self.calls += other.calls
        self.lost += other.lost
        self.doubled += other.doubled
        for mine, theirs in (
            (self.by_policy, other.by_policy),
            (self.to_person, other.to_person),
            (self.faults, other.faults),
        ):
            mine.update(theirs)


def portal(seed: int, *, hasty: bool = False) -> Tally:
    """Send a batch as the portal does; `hasty` looks once and waits for nothing."""
    with _batch(seed) as (org, admin, vendor), override_settings(**PATIENT, **(HASTY if hasty else {})):
        _record(org, admin, f"{'hasty' if hasty else 'portal'}:{seed}")
        vendor.habits = HABITS
        _send_all(org, vendor.clock)
        vendor.catch_up(all_of_it=True)
        return _judge(org, vendor, seed)


def naive(seed: int, *, looks: bool) -> Tally:
    """Send the same calls as a loop does that asks again until it hears yes; `looks` looks once before."""
    with _batch(seed) as (org, admin, vendor), override_settings(**PATIENT):
        _record(org, admin, f"{'looking' if looks else 'blind'}:{seed}")
        calls = [restored(change) for change in Change.objects.filter(org=org).order_by("number")]
        Change.objects.filter(org=org).delete()  # the portal must not send them too
        vendor.habits = HABITS
        with client_for(org) as threesixty:
            for call in calls:
                _send_naively(threesixty, call, vendor.clock, looks=looks)
        vendor.catch_up(all_of_it=True)
        found = Tally(len(calls), faults=vendor.faults, calls=vendor.calls)
        for call in calls:
            name = key_of(call)
            if vendor.times(name) > 1:
                found.doubled.append(f"{name}: {vendor.times(name)} times")
            if not vendor.times(name):
                found.lost.append(f"{name}: never")
        return found


HABITS = Habits()


def key_of(call: Call[Any]) -> Key:
    """What tells this call from every other."""
    values = dict(call.parameters(call.request))
    return (call.request, *(str(values.get(name, "")) for name in IDENTITY[call.request]))


# -- the tenant


@contextmanager
def _batch(seed: int) -> Iterator[tuple[Organisation, Member, Vendor]]:
    """An organisation with one assessment, mirrored without faults, and its vendor."""
    if not keys():
        add_key()
    with told_by(Clock()) as clock:
        vendor = Vendor(clock, Random(f"vendor:{seed}"), CALM)
        vendor.own_ids = seed % 2 == 0
        vendor.add("assessment", ThreeSixtyID="TS_leadership", Name="Leadership review")
        for number in range(BATCH // 2):
            vendor.add("subject", UniqueIdentifier=f"P_{number:03d}", Status="Waiting")
        with FakeServer(vendor) as server:
            org, admin = organisation(server.url)
            assessment = Assessment.objects.create(
                org=org, vendor_id="TS_leadership", name="Leadership review", status="Active", seen_at=clock.time
            )
            with client_for(org) as threesixty:
                pull_subjects(assessment, threesixty)
            yield org, admin, vendor


def organisation(url: str) -> tuple[Organisation, Member]:
    """An organisation whose vendor answers there, and its administrator."""
    slug = f"marlstone-{uuid.uuid4().hex[:12]}"
    org = Organisation.objects.create(name="Marlstone Instruments", slug=slug)
    user = User.objects.create(email=f"rosa.keller@{slug}.example", name="Rosa Keller")
    admin = Member.objects.create(org=org, user=user, role=Role.ADMIN)
    save_credential(org, by=admin, host=url, api_user=f"ines.vogel#{slug}", version="2.5", token=uuid.uuid4().hex)
    return org, admin


def _record(org: Organisation, admin: Member, seed: str) -> None:
    """Forty intents of every class, through the portal's own commands."""
    chance = Random(f"intents:{seed}")
    subjects = list(Subject.objects.filter(org=org).select_related("org", "assessment", "person").order_by("pk"))
    for number in range(BATCH):
        # Of this organisation alone: one database may see the same seed twice.
        form = uuid.uuid5(uuid.NAMESPACE_OID, f"{org.slug}:{chance.getrandbits(128)}")
        match number % 10:
            case 0 | 1 | 2:
                subject = subjects.pop()
                subject_commands.set_subject_status(subject, by=admin, status="Done", close_sessions=False, intent=form)
            case 3:
                subject = subjects.pop()
                subject_commands.set_subject_status(subject, by=admin, status="Done", close_sessions=True, intent=form)
            case 4:
                subject_commands.remove_subject(subjects.pop(), by=admin, remove_evaluations=False, intent=form)
            case _:
                record_call(org, _creation(number), by=admin, intent=form)


def _creation(number: int) -> Call[Any]:
    match number % 10:
        case 5 | 6:
            return AddPerson(person_id=f"P_9{number:02d}", assessment_id="TS_leadership", force_update=True)
        case 7:
            return CreatePerson(email=f"petra.novak.{number}@marlstone.example", first_name="Petra", last_name="Novak")
        case 8:
            return CreateAssessment(name=f"Autumn round {number}", type=AssessmentType.THREE_SIXTY)
    return CreateLibraryMessage(
        library_id="UR_ines",
        name=f"Reminder {number}",
        category=MessageCategory.GENERAL_MESSAGES,
        message="Please answer by Friday.",
        language="EN",
    )


# -- sending


def _send_all(org: Organisation, clock: Clock) -> None:
    """Let the sender work and time pass until nothing moves any more."""
    end = clock.time + LONGEST
    while clock.time < end:
        dispatch_changes(org.pk, CHANGE_HANDLERS)
        due = Change.objects.filter(org=org, state__in=Change.MOVING).aggregate(first=Min("not_before"))["first"]
        if due is None:
            return
        clock.move(1)
        clock.reach(due)


def _send_naively(threesixty: ThreeSixty, call: Call[Any], clock: Clock, *, looks: bool) -> None:
    for _ in range(RETRIES):
        try:
            threesixty.call(call)
        except Rejected:
            return
        except (TransientError, OutcomeUnknown, MalformedResponse):
            clock.move(2)
        else:
            return
        if looks:
            with suppress(ThreeSixtyError):
                if threesixty.verify(call):
                    return


def _judge(org: Organisation, vendor: Vendor, seed: int) -> Tally:
    changes = list(Change.objects.filter(org=org).order_by("number"))
    found = Tally(len(changes), faults=vendor.faults, calls=vendor.calls)
    for change in changes:
        name = key_of(restored(change))
        times, words = vendor.times(name), f"seed {seed}: {change.request} ({change.retry_policy}, {change.state})"
        found.by_policy[change.retry_policy] += 1
        found.to_person[change.retry_policy] += change.state == Change.State.PERSON
        if times > 1:
            found.doubled.append(f"{words} {times} times")
        if change.state == Change.State.DONE and not times and not change.result.get("already"):
            found.lost.append(f"{words} was never carried out")
        if change.moving:
            found.lost.append(f"{words} came to no end")
        if change.state == Change.State.REFUSED and (times or not change.status_message):
            found.lost.append(f"{words} was carried out {times} times: {change.status_message}")
    return found


def each(seeds: Iterable[int]) -> Iterator[tuple[Tally, Tally, Tally, Tally]]:
    """For each seed what the portal came to, and the three controls: blind, one look, our own without quiet time."""
    for seed in seeds:
        yield portal(seed), naive(seed, looks=False), naive(seed, looks=True), portal(seed, hasty=True)
