"""Decides which records of assessments are about a member, and must be left to other members.

Every selector of subjects, evaluations and reports takes the member and passes through here, including owners. Members
who only rate others are not fenced: a reader sees of others what the role allows.
"""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from django.db.models import QuerySet

from assessments.models import Assessment, Evaluation, Report, Subject
from directory.alike import name_words
from directory.joins import own_keys, own_likeness
from qxportal.accounts.fence import Fence, fence_of, others_who_act
from qxportal.accounts.models import Member
from qxportal.ledger.errors import ActionRefused
from qxportal.ui.stored_messages import Message, gettext_stored

Rows = TypeVar("Rows", bound="QuerySet[Evaluation]")
# Written out because compiling it as query sets takes ten times as long, on every page about subjects. Each half of the
# union has an index: subjects that the directory knows, and the others.
CANDIDATES = """
    SELECT subject.id, subject.vendor_id, subject.person_id, subject.first_name, subject.last_name, subject.email,
        subject.assessment_id, assessment.vendor_id AS assessment_key, assessment.name AS assessment_name
    FROM (
        SELECT * FROM assessments_subject WHERE org_id = %(org)s AND person_id IN (
            SELECT id FROM directory_person WHERE org_id = %(org)s AND vendor_id = ANY(%(keys)s::text[])
        )
        UNION ALL
        SELECT * FROM assessments_subject WHERE org_id = %(org)s AND person_id IS NULL AND (
            vendor_id = ANY(%(keys)s::text[])
            OR email = ANY(%(keys)s::text[])
            OR EXISTS (SELECT FROM unnest(%(words)s::text[]) AS word WHERE strpos(search, word) > 0)
        )
    ) AS subject JOIN assessments_assessment AS assessment ON assessment.id = subject.assessment_id
"""


def find_out(member: Member) -> Fence:
    """The member's fence; registered as the finder of accounts/fence.py."""
    keys = own_keys(member)
    known = list(_own_subjects(member, keys))
    return Fence(
        keys | {subject.vendor_id for subject in known},
        frozenset(subject.pk for subject in known),
        {subject.assessment_key: subject.assessment_id for subject in known},
        frozenset(str(subject) for subject in known),
        frozenset(subject.assessment_name for subject in known),
    )


def _own_subjects(member: Member, keys: frozenset[str]) -> Iterator[Any]:
    """Subjects who are or may be the member.

    Subjects unknown to the directory are matched by address; by name, too, while the member's person is uncertain.
    """
    likeness = own_likeness(member)
    longest = {max(name, key=len) for name in likeness.names} if likeness else set()
    wanted: dict[str, Any] = {"org": member.org_id, "keys": list(keys), "words": list(longest)}
    for subject in Subject.objects.raw(CANDIDATES, wanted):
        if (
            subject.person_id
            or {subject.vendor_id, subject.email} & keys
            or (likeness and likeness.names_meet(name_words(f"{subject.first_name} {subject.last_name}")))
        ):
            yield subject


def is_own(member: Member, subject: Subject) -> bool:
    """Whether the subject is, or may be, the member."""
    fence = fence_of(member)
    return subject.pk in fence.subjects or subject.vendor_id in fence.keys


def is_assessed_in(member: Member, assessment: Assessment) -> bool:
    """Whether the member is, or may be, a subject of the assessment."""
    return assessment.vendor_id in fence_of(member).assessments


def about(member: Member, report: Report) -> bool:
    """Whether the report is, or may be, about the member."""
    fence = fence_of(member)
    return report.subject_id in fence.subjects or report.person_key in fence.keys


def refuse_own(member: Member, thing: Subject | Report) -> None:
    """Raise ActionRefused if the record is about the member."""
    if is_own(member, thing) if isinstance(thing, Subject) else about(member, thing):
        raise ActionRefused(whose_turn(member))


def whose_turn(member: Member) -> str:
    """Message that another member has to act, as the record is about the member."""
    return str(whose_turn_stored(member))


def whose_turn_stored(member: Member) -> Message:
    """The same sentence for jobs to store: each reader gets it in the reader’s language."""
    if others_who_act(member):
        return gettext_stored("This is about you, so another member has to do it.")
    return gettext_stored(
        "This is about you, and no other member has permission to do it. Invite another member as editor or admin "
        "on the Members page."
    )


def others(member: Member, rows: QuerySet[Subject]) -> QuerySet[Subject]:
    """Subjects other than the member."""
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
