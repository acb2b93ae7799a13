"""A person's roles in assessments, as far as a member may see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, QuerySet

from assessments.fence import about_others, reports_of_others
from assessments.groups import UNFINISHED
from assessments.mail_labels import why_words
from assessments.mailings import CAME_BACK, UNREACHABLE
from assessments.models import Assessment, Evaluation, Mail, Report, Subject
from directory.models import Person
from qxportal.accounts.fence import fence_of
from qxportal.accounts.models import Member

MOST_NAMED = 50  # subjects, evaluations that a page lists


@dataclass(frozen=True)
class Losses:
    """What a person's removal from the directory deletes, or leaves without its person."""

    receives: Sequence[Subject]
    receives_total: int
    owes: Sequence[Evaluation]
    owes_total: int
    reports: int


def subject_in(person: Person) -> int:
    """Number of assessments in which the person is a subject."""
    return person.subjects.filter(gone_at=None, assessment__gone_at=None).count()


def losses(member: Member, person: Person) -> Losses:
    """Effects of a removal from the directory."""
    receives = person.subjects.filter(gone_at=None, assessment__gone_at=None).select_related("assessment")
    gives = about_others(member, person.evaluations.filter(UNFINISHED, gone_at=None, assessment__gone_at=None))
    owes = gives.exclude(assessment__status=Assessment.Status.CLOSED).select_related("assessment", "subject")
    kept = reports_of_others(member, Report.objects.filter(org=person.org, person_key=person.vendor_id))
    return Losses(
        list(receives.order_by("-assessment__created_at", "-pk")[:MOST_NAMED]),
        receives.count(),
        list(owes.order_by("-assessment__created_at", "-pk")[:MOST_NAMED]),
        owes.count(),
        kept.count(),
    )


def seen_in(member: Member, person: Person) -> int:
    """Number of assessments that show the person's name."""
    received = person.subjects.filter(gone_at=None, assessment__gone_at=None).values_list("assessment_id", flat=True)
    given: QuerySet[Evaluation] = about_others(member, person.evaluations.filter(gone_at=None))
    named = given.filter(assessment__gone_at=None).values_list("assessment_id", flat=True)
    return len({*received, *named})


@dataclass(frozen=True)
class FailedMail:
    """A mail that could not be delivered to the address that a person has still."""

    at: datetime
    why: str
    address_wrong: bool


def failed_mail(member: Member, person: Person) -> FailedMail | None:
    """The latest mail to the person's address, if it could not be delivered."""
    if not person.email:
        return None
    theirs = Mail.objects.filter(org=person.org, person_key=person.vendor_id, address__iexact=person.email)
    theirs = theirs.exclude(assessment__vendor_id__in=fence_of(member).assessments)
    failed = theirs.filter(state="failed", why__in=UNREACHABLE + CAME_BACK)
    last = failed.order_by(F("settled_at").desc(nulls_last=True), "-created_at").first()
    if last is None or (last.settled_at and theirs.filter(state="sent", settled_at__gt=last.settled_at).exists()):
        return None
    return FailedMail(last.settled_at or last.created_at, why_words(last.why), last.why in UNREACHABLE)
