"""The audit: what the portal says became of each change, beside what the engine carried out."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from assessments.models import Assessment, Subject
from directory.models import Person
from qxportal.engine import models as engine
from qxportal.ledger.job_kinds import APPLY
from qxportal.ledger.models import Change, Job, Plan, Version
from qxportal.ledger.outbox.ordering import earlier_ones
from qxportal.ledger.outbox.serialize import restored
from tests.chaos.fixture import Tenant

IDENTITY = {  # by which parameters one call is told from every other
    "createPerson": ("PersonID",),
    "addPerson": ("ThreeSixtyID", "PersonID"),
    "removePerson": ("ThreeSixtyID", "PersonID"),
    "setSubjectStatus": ("ThreeSixtyID", "SubjectID", "Status"),
    "createAssessment": ("ThreeSixtyID",),
    "createLibraryMessage": ("LibraryID", "Name"),
}
Name = tuple[str, ...]


@dataclass
class Executed:
    """The engine's log of what it carried out, read again and again: the engine keeps only the newest calls."""

    calls: dict[int, Name] = field(default_factory=dict)
    received: int = 0
    _last: int = 0

    def read(self) -> None:
        """Note what came since, and what was carried out late."""
        for call in engine.LoggedCall.objects.filter(mutates=True, executed=True, request__in=IDENTITY).iterator():
            self.calls[call.pk] = (call.request, *(str(call.parameters.get(one)) for one in IDENTITY[call.request]))
        newest = engine.LoggedCall.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        self.received, self._last = self.received + newest - self._last if self._last else 0, newest

    def counts(self) -> Counter[Name]:
        """How often each was carried out."""
        return Counter(self.calls.values())


@dataclass
class Audit:
    """The comparison."""

    changes: int = 0
    done: int = 0
    refused: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    untrue: list[str] = field(default_factory=list)  # refused in words, and yet carried out
    waiting: Counter[str] = field(default_factory=Counter)  # not at their end


def compare(tenants: list[Tenant], executed: Executed, accepted: set[UUID]) -> Audit:
    """Hold every change against what the engine carried out."""
    counts, audit = executed.counts(), Audit()
    changes = list(Change.objects.filter(org__in=[tenant.org for tenant in tenants]).order_by("number"))
    names = {change.pk: _name(change) for change in changes}
    wanted = Counter(names.values())  # somebody may be added, removed and added again
    done = Counter(names[change.pk] for change in changes if _sent_and_done(change))
    for change in changes:
        name = names[change.pk]
        times = counts[name]
        audit.changes += 1
        if times > wanted[name] or _twins(name) > 1:
            audit.doubled.append(f"{change} ({change.state}): {times} times, wanted {wanted[name]} times")
        if change.state == Change.State.DONE:
            audit.done += 1
            if times < done[name]:
                audit.lost.append(f"{change}: {done[name]} times said to be done, but {times} times carried out")
        elif change.state == Change.State.REFUSED:
            audit.refused += 1
            if times:
                audit.untrue.append(f"{change}: refused ({change.status_message}), but carried out")
            if not change.status_message:
                audit.lost.append(f"{change}: refused without a word")
        elif change.moving and not earlier_ones(change):
            audit.lost.append(f"{change}: still {change.state}")
            audit.waiting[change.state] += 1
        else:
            audit.waiting[change.state] += 1
    known = set(Change.objects.values_list("pk", flat=True))
    known |= {UUID(one) for one in Job.objects.filter(kind=APPLY.name).values_list("target", flat=True)}
    known |= set(Plan.objects.exclude(job=None).values_list("pk", flat=True))
    audit.lost += [f"form {form}: accepted, but nowhere" for form in accepted - known]
    return audit


def happened(change: Change, executed: Executed) -> bool:
    """Whether the engine carried it out."""
    return executed.counts()[_name(change)] > 0


def differences(tenant: Tenant) -> list[str]:
    """Where the mirror differs from the engine: rows taken away wrongly, and rows that are not there or too many."""
    brand = tenant.account.brand
    there: dict[str, set[Any]] = {
        "person": set(
            engine.Person.objects.filter(org_structure__brand=brand, removed_at=None).values_list(
                "public_id", flat=True
            )
        ),
        "assessment": set(engine.Assessment.objects.filter(brand=brand).values_list("public_id", flat=True)),
        "subject": set(
            engine.Participant.objects.filter(assessment__brand=brand, is_subject=True, removed_at=None).values_list(
                "assessment__public_id", "person__public_id", "status"
            )
        ),
    }
    ours: dict[str, set[Any]] = {
        "person": set(Person.objects.filter(org=tenant.org, gone_at=None).values_list("vendor_id", flat=True)),
        "assessment": set(Assessment.objects.filter(org=tenant.org, gone_at=None).values_list("vendor_id", flat=True)),
        "subject": set(
            Subject.objects.filter(org=tenant.org, gone_at=None, assessment__gone_at=None).values_list(
                "assessment__vendor_id", "vendor_id", "status"
            )
        ),
    }
    found = [f"{kind} {one} is at the engine only" for kind in there for one in there[kind] - ours[kind]]
    return found + [f"{kind} {one} is in the mirror only" for kind in there for one in ours[kind] - there[kind]]


def wrongly_removed(tenant: Tenant) -> int:
    """Persons and assessments that were marked gone at some time, although nobody ever removed one."""
    gone = Version.objects.filter(org=tenant.org, event=Version.Event.GONE, kind__in=("person", "assessment"))
    return gone.count()


def _name(change: Change) -> Name:
    call = restored(change)
    values = dict(call.parameters(call.request))
    return (call.request, *(str(values.get(one)) for one in IDENTITY[call.request]))


def _sent_and_done(change: Change) -> bool:
    return change.state == Change.State.DONE and not change.result.get("already")


def _twins(name: Name) -> int:
    """How many objects carry that name at the engine, where it lets several do so."""
    if name[0] != "createLibraryMessage":
        return 0
    return engine.Message.objects.filter(library_id=name[1], name=name[2]).count()
