"""Compares the HR system's complete list with the directory: people missing in it have presumably left."""

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from assessments.leaving import open_evaluations
from assessments.plans_of_leavers import KIND
from directory.duplicates import identifier_key
from directory.joins import own_keys
from directory.models import Person
from directory.selectors import people
from qxportal.accounts.models import Member, Organisation
from qxportal.core.searching import folded
from qxportal.ledger.models import Plan
from qxportal.ledger.plans.make import make_plan
from qxportal.ledger.plans.sources import SourceRow, kept_rows
from qxportal.ui.stored_messages import gettext_stored

COMPARED = "compared"  # in the options of a plan that was made from the whole list
MOST_MISSING = 20  # percent; beyond them the list is probably not whole
BATCH = 1_000
NAMED = 20  # people that the page lists
GROUPS = 12  # departments that the page lists


@dataclass(frozen=True)
class Leaver:
    """A person missing in the list, and the person's number of open evaluations."""

    person: Person
    open: int


@dataclass(frozen=True)
class Comparison:
    """The internal people of a directory, and those of them missing in a list."""

    inside: int
    outside: int  # external people, who are in no HR system
    missing: Sequence[Leaver]  # most open evaluations first
    departments: Sequence[tuple[str, int]]  # of the missing people

    @property
    def share(self) -> int:
        """Percentage of missing people, rounded up."""
        return -(-100 * len(self.missing) // self.inside) if self.inside else 0

    @property
    def doubtful(self) -> bool:
        """Whether the number of missing people suggests that the list is incomplete."""
        return len(self.missing) * 100 > MOST_MISSING * self.inside

    @property
    def named(self) -> Sequence[Leaver]:
        """The missing people that the page lists."""
        return self.missing[:NAMED]

    @property
    def owing(self) -> int:
        """Number of missing people with open evaluations."""
        return sum(1 for one in self.missing if one.open)

    @property
    def open(self) -> int:
        """Number of open evaluations of the missing people."""
        return sum(one.open for one in self.missing)


def compare(plan: Plan, member: Member) -> Comparison:
    """The directory against the rows that a plan of people was made from; nothing about the member."""
    rows = people(plan.org)
    own = own_keys(member)
    missing = [one for one in _missing(rows, plan) if one.vendor_id not in own and one.email not in own]
    opened: Counter[int | None] = Counter()
    for start in range(0, len(missing), BATCH):
        owed = open_evaluations(member, *missing[start : start + BATCH])
        opened.update(owed.order_by().values_list("evaluator", flat=True))
    departments = Counter(one.department for one in missing)
    leavers = [Leaver(one, opened[one.pk]) for one in missing]
    return Comparison(
        inside=rows.filter(external=False).count(),
        outside=rows.filter(external=True).count(),
        missing=sorted(leavers, key=lambda one: (-one.open, one.person.sort_name, one.person.pk)),
        departments=sorted(departments.items(), key=lambda each: (-each[1], each[0]))[:GROUPS],
    )


def plan_leavers(
    plan: Plan, missing: Iterable[Leaver], *, by: Member, org: Organisation, intent: uuid.UUID | None
) -> Plan:
    """The plan of leavers for all people missing in the list."""
    rows = [SourceRow(None, {"unique_id": one.person.vendor_id}) for one in missing]
    name = str(plan.source.get("name", ""))
    return make_plan(
        org,
        KIND,
        rows,
        by=by,
        title=gettext_stored("People who are missing in “%(name)s”", name=name),
        source={"from": plan.source.get("from", "file"), "name": name},
        plan_id=intent,
    )


def _missing(rows: QuerySet[Person], plan: Plan) -> Iterator[Person]:
    """The internal people that no row names by address or identifier, in any spelling."""
    emails: set[str] = set()
    ids: set[str] = set()
    for row in kept_rows(plan):
        emails.add(folded(row.address("email")))
        ids.add(identifier_key(row.text("unique_id")))
    emails.discard("")
    ids.discard("")
    for person in rows.filter(external=False).order_by("sort_name", "pk").iterator(chunk_size=BATCH):
        known = {identifier_key(person.vendor_id), identifier_key(person.external_reference)}
        if folded(person.email).strip() not in emails and ids.isdisjoint(known - {""}):
            yield person
