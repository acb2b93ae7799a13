"""The audience of a mailing at this moment, and the evaluations that it is about."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db.models import Exists, Max, OuterRef, QuerySet
from django.db.models.functions import Coalesce

from qxportal.engine.assessments import answering
from qxportal.engine.editions import report_access
from qxportal.engine.models import Assessment, Evaluation, Mail, Mailing, Person, ReportAccess
from qxportal.engine.nominations import rules
from qxportal.mail.queue import State

Kind = Mailing.Kind
GONE = (State.CANCELLED, State.FAILED)


def open_of(person: Person) -> QuerySet[Evaluation]:
    """All that a person can still answer, over all assessments."""
    return answering.open_evaluations().filter(evaluator=person).order_by("assessment__name", "pk")


def persons(mailing: Mailing) -> QuerySet[Person]:
    """A mailing's audience now; of named people those that it fits."""
    found = Person.objects.filter(org_structure__brand=mailing.assessment.brand_id, removed_at=None)
    if mailing.persons is not None:
        found = found.filter(public_id__in=mailing.persons)
    if mailing.kind != Kind.INVITE and not (mailing.kind == Kind.REPORT_APPROVAL and mailing.standing):
        found = found.exclude(Exists(Mail.objects.filter(mailing=mailing, person=OuterRef("pk"))))
    return found.filter(pk__in=_whose_turn(mailing)).order_by("pk")


def evaluations(mailing: Mailing) -> QuerySet[Evaluation]:
    """The open evaluations of an assessment that an invitation or a reminder is about."""
    found = answering.open_evaluations().filter(assessment=mailing.assessment)
    if mailing.kind == Kind.INVITE:
        found = found.filter(unsolicited=False)
    if mailing.kind == Kind.INVITE and mailing.persons is None:
        found = found.annotate(asked=Coalesce("asked_at", "created_at"))
        found = found.exclude(Exists(_invitations(mailing.assessment, OuterRef("evaluator"), OuterRef("asked"))))
    return found


def uninvited(assessment: Assessment) -> set[int]:
    """The ids of people with something open that no invitation was about, as it was asked for later."""
    found = evaluations(Mailing(assessment=assessment, kind=Kind.INVITE))
    return set(found.values_list("evaluator", flat=True))


def _whose_turn(mailing: Mailing) -> set[int]:
    """The ids of the people that a mailing of this kind fits, read in a query of its own.

    As a condition on persons it is run for each of them while the database has no statistics, as after an import.
    """
    match mailing.kind:
        case Kind.NOMINATE | Kind.APPROVE:
            return rules.waiting(mailing.assessment, approval=mailing.kind == Kind.APPROVE)
        case Kind.INVITE | Kind.REMINDER:
            return set(evaluations(mailing).values_list("evaluator", flat=True))
        case Kind.REPORT_APPROVAL:
            return set(_approvers(mailing))
        case Kind.REPORT:
            return set(open_reports(mailing.assessment).values_list("person", flat=True))
    return set(_finished(mailing.assessment).values_list("evaluator", flat=True))


def open_reports(assessment: Assessment) -> QuerySet[ReportAccess]:
    """Accesses to reports of an assessment that a reader can use now."""
    return report_access.open_now(assessment)


def _approvers(mailing: Mailing) -> Iterable[int]:
    """The managers for whose approval a report waits; a mailing that goes on tells them once of each report."""
    told: dict[int, datetime] = {}
    if mailing.standing:
        mails = mailing.assessment.mails.filter(kind=Kind.REPORT_APPROVAL).exclude(state__in=GONE)
        told = dict(mails.order_by().values_list("person").annotate(at=Max("created_at")))
    for access, asked in report_access.waiting_now(mailing.assessment):
        if asked.pk not in told or told[asked.pk] < access.given_at:
            yield asked.pk


def _finished(assessment: Assessment) -> QuerySet[Evaluation]:
    """Evaluations that their evaluators completed, of those who have nothing open in the assessment."""
    open_ones = Evaluation.objects.filter(
        assessment=assessment, evaluator=OuterRef("evaluator"), status__in=answering.OPEN
    )
    done = Evaluation.objects.filter(
        assessment=assessment, status=Evaluation.Status.COMPLETED, partial=False, imported=False
    )
    return done.filter(~Exists(open_ones))


def _invitations(assessment: Assessment, person: OuterRef, since: OuterRef) -> QuerySet[Mail]:
    return Mail.objects.filter(
        assessment=assessment, person=person, kind=Mail.Kind.INVITE, created_at__gte=since
    ).exclude(state__in=GONE)


def by_person(found: Iterable[Evaluation]) -> Mapping[int, list[Evaluation]]:
    """Evaluations by the id of their evaluator."""
    grouped: dict[int, list[Evaluation]] = {}
    for one in found:
        grouped.setdefault(one.evaluator_id, []).append(one)
    return grouped
