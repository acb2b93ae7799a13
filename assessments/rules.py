"""Rules that make plans of evaluations: their stored options, and the rows that they give today.

A plan that is validated again takes current rows from here: it includes newcomers and omits people who left.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from assessments.carrying import carried_rows
from assessments.evaluation_lines import Wanted
from assessments.fence import about_others, others
from assessments.hierarchy import Rule, asked_in, hierarchy_rows, open_load, reporting_line
from assessments.leaving import leaver_rows, open_evaluations
from assessments.load import rebalancing_rows
from assessments.manager_changes import manager_rows
from assessments.models import Assessment, Evaluation, Subject
from directory.models import Person
from qxportal.accounts.models import Member
from qxportal.threesixty.relationships import PEER


def rows_of(member: Member, rule: Mapping[str, Any]) -> list[Wanted] | None:
    """The rows that a rule gives today, for the member; None if its records were never mirrored or are deleted."""
    choices = {name: value for name, value in rule.items() if name != "name"}
    try:
        return list(RULES[rule["name"]](member, **choices))
    except (Assessment.DoesNotExist, Person.DoesNotExist, Subject.DoesNotExist):
        return None


def hierarchy(member: Member, *, assessment: str, excluded: Iterable[str], **choices: Any) -> Iterable[Wanted]:
    """Managers, direct reports and peers of the subjects who are not done."""
    there = _assessment(member, assessment)
    subjects = waiting(member, there)
    line = reporting_line(member.org_id, [person for _key, person in subjects if person])
    rule = Rule(excluded=frozenset(excluded), **choices)
    return hierarchy_rows(assessment, subjects, line, rule, asked=asked_in(there), load=open_load(member))


def earlier(member: Member, *, assessment: str, earlier: str) -> Iterable[Wanted]:
    """The evaluators of an earlier assessment."""
    there, then = _assessment(member, assessment), _assessment(member, earlier)
    subjects = waiting(member, there)
    line = reporting_line(member.org_id, [person for _key, person in subjects if person])
    before = _relationships(member, then)
    keys = {key for evaluators in before.values() for key in evaluators}
    people = {
        person.vendor_id: person
        for person in Person.objects.filter(org=member.org_id, gone_at=None, vendor_id__in=keys | before.keys())
    }
    now = set(Subject.objects.filter(assessment=there, gone_at=None).values_list("vendor_id", flat=True))
    absent = {key: people.get(key) for key in before.keys() - now}
    names = _names(then, keys | absent.keys())
    return carried_rows(assessment, subjects, before, people, line, names=names, absent=absent)


def leaver(
    member: Member, *, person: str, replacement: str, relationships: Iterable[str], answers: bool
) -> Iterable[Wanted]:
    """A person removed from all open evaluations, or replaced."""
    owed = open_evaluations(member, _person(member, person))
    instead = _person(member, replacement) if replacement else None
    return leaver_rows(owed, replacement=instead, replaced=list(relationships), answers=answers)


def manager(
    member: Member, *, assessment: str, subject: str, manager: str, choice: str, relationship: str
) -> Iterable[Wanted]:
    """Another manager for one subject."""
    about = others(member, Subject.objects.filter(org=member.org_id, assessment__vendor_id=assessment))
    rows = Evaluation.objects.filter(subject=about.get(vendor_id=subject), gone_at=None).order_by("sort_name", "pk")
    return manager_rows(choice, assessment, subject, rows, manager, relationship=relationship)


def load(member: Member, *, most: int, seed: str) -> Iterable[Wanted]:
    """Moves of peers' evaluations from raters with more open than a limit."""
    found = open_load(member)
    heavy = [key for key, number in found.items() if number > most]
    active = Evaluation.objects.filter(org=member.org_id, gone_at=None, assessment__status=Assessment.Status.ACTIVE)
    rows = about_others(member, active.filter(assessment__gone_at=None, subject__gone_at=None))
    movable = list(
        rows.filter(evaluator_key__in=heavy, relationship=PEER, status=Evaluation.Status.NOT_STARTED, unsolicited=False)
        .exclude(subject__status=Subject.Status.DONE)
        .select_related("assessment", "subject__person")
    )
    persons = {one.subject_key: one.subject.person for one in movable if one.subject and one.subject.person}
    asked: dict[tuple[str, str], set[str]] = defaultdict(set)
    there = rows.filter(subject__in={one.subject_id for one in movable})
    for review, subject, evaluator in there.values_list("assessment__vendor_id", "subject_key", "evaluator_key"):
        asked[review, subject].add(evaluator)
    line = reporting_line(member.org_id, list(persons.values()))
    return rebalancing_rows(movable, found, most, line, persons, asked, seed=seed)


RULES: dict[str, Callable[..., Iterable[Wanted]]] = {
    "hierarchy": hierarchy,
    "carry": earlier,
    "leaver": leaver,
    "manager": manager,
    "load": load,
}


def waiting(member: Member, assessment: Assessment) -> list[tuple[str, Person | None]]:
    """Subjects who are not done, except the member."""
    rows = Subject.objects.filter(assessment=assessment, gone_at=None, status=Subject.Status.WAITING)
    return [(one.vendor_id, one.person) for one in others(member, rows).select_related("person")]


def _relationships(member: Member, assessment: Assessment) -> dict[str, dict[str, str]]:
    """The relationships of evaluators there, by subject; of subjects without evaluators an empty entry."""
    there = others(member, Subject.objects.filter(assessment=assessment, gone_at=None))
    found: dict[str, dict[str, str]] = {key: {} for key in there.values_list("vendor_id", flat=True)}
    rows = about_others(member, Evaluation.objects.filter(assessment=assessment, gone_at=None, unsolicited=False))
    for subject, evaluator, relationship in rows.values_list("subject_key", "evaluator_key", "relationship"):
        if subject in found:
            found[subject][evaluator] = relationship
    return found


def _names(assessment: Assessment, keys: Iterable[str]) -> dict[str, str]:
    """The names of these evaluators and subjects of an assessment."""
    keys = list(keys)
    rows = Evaluation.objects.filter(assessment=assessment, evaluator_key__in=keys)
    names = {one.evaluator_key: one.evaluator_name for one in rows.order_by("pk")}
    there = Subject.objects.filter(assessment=assessment, vendor_id__in=keys)
    return names | {subject.vendor_id: str(subject) for subject in there}


def _assessment(member: Member, vendor_id: str) -> Assessment:
    return Assessment.objects.get(org=member.org_id, vendor_id=vendor_id)


def _person(member: Member, vendor_id: str) -> Person:
    return Person.objects.get(org=member.org_id, vendor_id=vendor_id)
