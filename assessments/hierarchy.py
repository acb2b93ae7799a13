"""Evaluators from the reporting line: manager, direct reports and some peers; and how much each rater has open."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet

from assessments.evaluation_lines import ADD, NOTE, Wanted
from assessments.fence import about_others
from assessments.groups import UNFINISHED
from assessments.models import Assessment, Evaluation, Subject
from directory.models import Person
from qxportal.accounts.models import Member
from qxportal.core.searching import matching
from qxportal.threesixty.relationships import DIRECT_REPORT, MANAGER, PEER
from qxportal.ui.stored_messages import Message, gettext_stored, ngettext_stored

RATER_ORDERS = {"open": ("open", "name", "key"), "name": ("name", "key")}
RATER = ("key", "person", "first_name", "last_name", "email", "department", "name", "open")


@dataclass(frozen=True)
class Rule:
    """Who is asked about each subject."""

    manager: bool = True
    reports: bool = True
    peers: int = 0  # limit of peers with the same manager; existing peers count
    most: int | None = None  # open evaluations that a rater may have over all assessments
    seed: str = ""  # the same seed with the same directory gives the same peers
    external: bool = True  # whether external people are asked
    excluded: frozenset[str] = frozenset()  # persons' ids


@dataclass(frozen=True)
class ReportingLine:
    """Managers and reports, by the directory's addresses."""

    at: Mapping[str, Sequence[Person]] = field(default_factory=dict)  # by address
    below: Mapping[str, Sequence[Person]] = field(default_factory=dict)  # by the manager's address

    @classmethod
    def of(cls, people: Iterable[Person]) -> "ReportingLine":
        """The reporting line of those people."""
        at: dict[str, list[Person]] = defaultdict(list)
        below: dict[str, list[Person]] = defaultdict(list)
        for person in {one.vendor_id: one for one in people}.values():
            if person.email:
                at[person.email].append(person)
            if person.manager_email:
                below[person.manager_email].append(person)
        return cls(at, below)

    def manager_of(self, person: Person) -> Person | None:
        """The only person with the manager's address; None for none or several."""
        found = self.at.get(person.manager_email, ()) if person.manager_email else ()
        return found[0] if len(found) == 1 and found[0].vendor_id != person.vendor_id else None

    def peers_of(self, person: Person) -> list[Person]:
        """People with the same manager, by id."""
        rows = self.below.get(person.manager_email, ()) if person.manager_email else ()
        return sorted((one for one in rows if one.vendor_id != person.vendor_id), key=lambda one: one.vendor_id)

    def reports_of(self, person: Person) -> list[Person]:
        """People who report to the person, by id."""
        rows = self.below.get(person.email, ()) if person.email else ()
        return sorted((one for one in rows if one.vendor_id != person.vendor_id), key=lambda one: one.vendor_id)


def hierarchy_rows(
    assessment_id: str,
    subjects: Iterable[tuple[str, Person | None]],
    line: ReportingLine,
    rule: Rule,
    *,
    asked: Mapping[str, Mapping[str, str]],
    load: Mapping[str, int],
) -> Iterator[Wanted]:
    """Rows that the rule adds to each subject (key and person); `asked` has the relationships of evaluators by subject.

    Managers and direct reports of all subjects come before peers, so that a cap does not spend their time on peers.
    Among peers those with the fewest open evaluations come first, then chance by the seed. A wanted evaluator who is
    not available becomes a note.
    """
    loads = Counter(load)
    known = [(key, person) for key, person in sorted(subjects, key=lambda pair: pair[0]) if person]
    for key, person in known:
        manager = line.manager_of(person)
        if rule.manager and MANAGER not in asked.get(key, {}).values():
            if manager is None:
                yield _note(
                    assessment_id, key, person, gettext_stored("The directory names no manager, or not just one.")
                )
            else:
                yield from _asked(assessment_id, key, person, [manager], MANAGER, rule, asked, loads)
        if rule.reports:
            reports = line.reports_of(person)
            yield from _asked(assessment_id, key, person, reports, DIRECT_REPORT, rule, asked, loads)
    for key, person in known:
        has = sum(relationship == PEER for relationship in asked.get(key, {}).values())
        wanted = max(0, rule.peers - has)
        if wanted:
            chance = random.Random(f"{rule.seed}:{key}")
            peers = [one for one in line.peers_of(person) if one.vendor_id not in asked.get(key, {})]
            chance.shuffle(peers)
            peers.sort(key=lambda one: loads[one.vendor_id])
            free = [one for one in peers if _may_be_asked(one, rule) and not _full(one, rule, loads)]
            for one in free[:wanted]:
                loads[one.vendor_id] += 1
                yield Wanted(ADD, assessment_id, key, one.vendor_id, PEER)
            if len(free) < wanted:
                yield _note(
                    assessment_id,
                    key,
                    person,
                    gettext_stored("Peers: %(n)s of %(wanted)s found.", n=len(free) + has, wanted=rule.peers),
                )


def _asked(
    assessment_id: str,
    key: str,
    person: Person,
    chosen: Sequence[Person],
    relationship: str,
    rule: Rule,
    asked: Mapping[str, Mapping[str, str]],
    loads: Counter[str],
) -> Iterator[Wanted]:
    full = 0
    for one in chosen:
        if one.vendor_id in asked.get(key, {}) or not _may_be_asked(one, rule):
            continue
        if _full(one, rule, loads):
            full += 1
            continue
        loads[one.vendor_id] += 1
        yield Wanted(ADD, assessment_id, key, one.vendor_id, relationship)
    if full:
        yield _note(
            assessment_id,
            key,
            person,
            ngettext_stored(
                "%(n)s person of the reporting line has too much open already.",
                "%(n)s people of the reporting line have too much open already.",
                full,
            ),
        )


def _may_be_asked(person: Person, rule: Rule) -> bool:
    return person.vendor_id not in rule.excluded and (rule.external or not person.external)


def _full(person: Person, rule: Rule, loads: Mapping[str, int]) -> bool:
    return rule.most is not None and loads.get(person.vendor_id, 0) >= rule.most


def _note(assessment_id: str, key: str, person: Person, note: Message) -> Wanted:
    return Wanted(NOTE, assessment_id, key, note=note, label=str(person))


# -- what the mirror says


def reporting_line(org_id: int, persons: Iterable[Person]) -> ReportingLine:
    """The directory around these people: managers, peers and reports."""
    above = {person.manager_email for person in persons if person.manager_email}
    own = {person.email for person in persons if person.email}
    around = Q(email__in=above | own) | Q(manager_email__in=above | own)
    return ReportingLine.of(Person.objects.filter(around, org=org_id, gone_at=None))


def open_load(member: Member) -> Counter[str]:
    """Number of open evaluations of each person in all active assessments, without those about the member."""
    counted = active_and_open(member).order_by().values_list("evaluator_key").annotate(n=Count("pk"))
    return Counter(dict(counted))


def active_and_open(member: Member) -> QuerySet[Evaluation]:
    """Open evaluations in all active assessments, but those about the member."""
    rows = Evaluation.objects.filter(UNFINISHED, org=member.org_id, gone_at=None, subject__gone_at=None)
    rows = rows.filter(assessment__status=Assessment.Status.ACTIVE, assessment__gone_at=None, unsolicited=False)
    return about_others(member, rows.exclude(subject__status=Subject.Status.DONE))


def raters(member: Member, words: str = "") -> Any:
    """The people with open evaluations in active assessments, a row each; with words, of matching evaluations."""
    everything = rows = active_and_open(member)
    if words:
        rows = rows.filter(evaluator_key__in=matching(everything, words).order_by().values("evaluator_key"))
    people = (
        rows.order_by()
        .values("evaluator_key")
        .annotate(
            key=F("evaluator_key"),
            person=Min("evaluator"),
            first_name=Min("evaluator_first_name"),
            last_name=Min("evaluator_last_name"),
            email=Min("evaluator_email"),
            department=Min("evaluator__department"),
            name=Min("sort_name"),
            open=Count("pk"),
        )
    )
    return people.values_list(*RATER, named=True)


def asked_in(assessment: Assessment) -> dict[str, dict[str, str]]:
    """The relationships of all evaluators, by subject."""
    asked: dict[str, dict[str, str]] = defaultdict(dict)
    rows = Evaluation.objects.filter(assessment=assessment, gone_at=None)
    for subject, evaluator, relationship in rows.values_list("subject_key", "evaluator_key", "relationship"):
        asked[subject][evaluator] = relationship
    return asked
