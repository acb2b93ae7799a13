"""The one place that decides what of assessments is about a member, and must be left to other members.

Every selector of subjects, evaluations and reports takes the member and comes through here, owners included. Who only
rates others is not fenced: a reader sees of others what the role shows.
"""

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import TypeVar

from django.db.models import Q, QuerySet

from assessments.models import Evaluation, Report, Subject
from directory.alike import name_words
from directory.joins import own_keys, own_likeness
from qxportal.accounts.fence import Fence, fence_of, others_who_act
from qxportal.accounts.models import Member
from qxportal.ledger.errors import ActionRefused
from qxportal.ui.stored_messages import Message, gettext_stored

Rows = TypeVar("Rows", bound="QuerySet[Evaluation]")


def find_out(member: Member) -> Fence:
    """What is about the member; see accounts/fence.py, where this is registered."""
    keys = own_keys(member)
    rows = Subject.objects.filter(org=member.org_id).select_related("assessment")
    known = list(rows.filter(person__org=member.org_id, person__vendor_id__in=keys))
    known += _without_person(member, rows.filter(person=None), keys)
    return Fence(
        keys | {subject.vendor_id for subject in known},
        frozenset(subject.pk for subject in known),
        {subject.assessment.vendor_id: subject.assessment_id for subject in known},
        frozenset(str(subject) for subject in known),
        frozenset(subject.assessment.name for subject in known),
    )


def _without_person(member: Member, rows: QuerySet[Subject], keys: frozenset[str]) -> list[Subject]:
    """Subjects whom the directory does not know, by address; by name, too, while it is not sure who the member is."""
    likeness = own_likeness(member)
    longest = {max(name, key=len) for name in likeness.names} if likeness else set()
    conditions = [Q(vendor_id__in=keys), Q(email__in=keys), *(Q(search__contains=word) for word in longest)]
    return [
        subject
        for subject in rows.filter(reduce(or_, conditions))
        if {subject.vendor_id, subject.email} & keys
        or (likeness and likeness.names_meet(name_words(f"{subject.first_name} {subject.last_name}")))
    ]


def is_own(member: Member, subject: Subject) -> bool:
    """Whether the subject is, or may be, the member."""
    fence = fence_of(member)
    return subject.pk in fence.subjects or subject.vendor_id in fence.keys


def about(member: Member, report: Report) -> bool:
    """Whether the report is, or may be, about the member."""
    fence = fence_of(member)
    return report.subject_id in fence.subjects or report.person_key in fence.keys


def refuse_own(member: Member, thing: Subject | Report) -> None:
    """Raise ActionRefused where a member wants to act on what is about himself or herself."""
    if is_own(member, thing) if isinstance(thing, Subject) else about(member, thing):
        raise ActionRefused(whose_turn(member))


def whose_turn(member: Member) -> str:
    """The members who have to act instead of a member about whom something is, in words."""
    return str(whose_turn_stored(member))


def whose_turn_stored(member: Member) -> Message:
    """The same as a message that a job stores, and each reader sees in the own language."""
    if others_who_act(member):
        return gettext_stored("This is about you, so another member has to do it.")
    return gettext_stored(
        "This is about you, and no other member has permission to do it. Invite another member as editor or admin "
        "on the Members page."
    )


def others(member: Member, rows: QuerySet[Subject]) -> QuerySet[Subject]:
    """The subjects who are not the member."""
    fence = fence_of(member)
    return rows.exclude(pk__in=fence.subjects) if fence.subjects else rows


def about_others(member: Member, rows: Rows) -> Rows:
    """The evaluations that are not about the member."""
    keys = fence_of(member).keys
    return rows.exclude(subject_key__in=keys) if keys else rows


def reports_of_others(member: Member, rows: QuerySet[Report]) -> QuerySet[Report]:
    """The reports that are not about the member."""
    fence = fence_of(member)
    return rows.exclude(subject__in=fence.subjects).exclude(person_key__in=fence.keys) if fence.keys else rows


def own_among(member: Member, subjects: Iterable[Subject]) -> bool:
    """Whether the member is one of them."""
    return any(is_own(member, subject) for subject in subjects)
