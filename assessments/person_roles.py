"""What a person of the directory does in assessments, as far as a member may see it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from assessments.fence import about_others, reports_of_others
from assessments.groups import UNFINISHED
from assessments.mailings import UNREACHABLE
from assessments.models import Assessment, Evaluation, Mail, Report, Subject
from directory.models import Person
from qxportal.accounts.fence import fence_of
from qxportal.accounts.models import Member

MOST_NAMED = 50  # subjects, evaluations that a page lists


@dataclass(frozen=True)
class Losses:
    """What is lost, or stays without its person, once a person leaves the directory."""

    receives: Sequence[Subject]
    receives_total: int
    owes: Sequence[Evaluation]
    owes_total: int
    reports: int


def subject_in(person: Person) -> int:
    """In how many assessments the person is a subject."""
    return person.subjects.filter(gone_at=None, assessment__gone_at=None).count()


def losses(member: Member, person: Person) -> Losses:
    """What a removal from the directory touches."""
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
    """In how many assessments the person's name is seen."""
    received = person.subjects.filter(gone_at=None, assessment__gone_at=None).values_list("assessment_id", flat=True)
    given: QuerySet[Evaluation] = about_others(member, person.evaluations.filter(gone_at=None))
    named = given.filter(assessment__gone_at=None).values_list("assessment_id", flat=True)
    return len({*received, *named})


def failed_mail(member: Member, person: Person) -> Mail | None:
    """The latest mail that could not be delivered to the address that the person has still."""
    if not person.email:
        return None
    rows = Mail.objects.filter(org=person.org, person_key=person.vendor_id, state="failed", why__in=UNREACHABLE)
    rows = rows.exclude(assessment__vendor_id__in=fence_of(member).assessments)
    return rows.filter(address__iexact=person.email).order_by("-created_at").first()
