"""The nomination lists of many subjects with a constant number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from qxportal.engine.models import NominationList, Nominee, OutsideNominee, Participant, Person
from qxportal.engine.nominations import rules


@dataclass(frozen=True)
class Entry:
    """One subject's list, its rules, and the number of people on it or asked otherwise."""

    subject: Participant
    listed: NominationList
    rules: rules.Rules
    manager: Person | None
    nominees: Sequence[Nominee]
    chosen: int
    outside: Sequence[OutsideNominee] = ()


def overview(subjects: QuerySet[Participant]) -> list[Entry]:
    """The lists of subjects, in the order of the subjects."""
    rows = list(subjects.select_related("person__manager", "assessment__brand"))
    lists = {one.subject_id: one for one in NominationList.objects.filter(subject__in=rows)}
    nominees: dict[int, list[Nominee]] = {}
    for nominee in Nominee.objects.filter(list__in=lists.values()).select_related("person", "added_by", "list"):
        nominees.setdefault(nominee.list.subject_id, []).append(nominee)
    outside: dict[int, list[OutsideNominee]] = {}
    for wanted in OutsideNominee.objects.filter(list__in=lists.values()).select_related("added_by", "list"):
        outside.setdefault(wanted.list.subject_id, []).append(wanted)
    chosen = {one.pk: {row.person_id for row in nominees.get(one.pk, ()) if _there(row.person)} for one in rows}
    for subject_id, person_id in rules.asked_about(rows).values_list("subject", "evaluator"):
        chosen[subject_id].add(person_id)
    people = rules.numbers_of_choosable(rows)
    return [
        Entry(
            subject=one,
            listed=lists.get(one.pk) or rules.unchanged_list(one),
            rules=rules.rules(one, people=people[one.pk]),
            manager=rules.manager_of(one),
            nominees=nominees.get(one.pk, ()),
            chosen=len(chosen[one.pk]) + len(outside.get(one.pk, ())),
            outside=outside.get(one.pk, ()),
        )
        for one in rows
    ]


def _there(person: Person) -> bool:
    return person.removed_at is None
