"""The audience of a mailing at this moment, and the evaluations that it is about."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db.models import Exists, F, Max, OuterRef, QuerySet
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from qxportal.engine.assessments import answering
from qxportal.engine.editions import report_access
from qxportal.engine.mail.came_back import undelivered
from qxportal.engine.models import Assessment, Evaluation, Mail, Mailing, Person, ReportAccess, ReportOpening
from qxportal.engine.nominations import rules
from qxportal.mail.queue import State

Kind = Mailing.Kind
GONE = (State.CANCELLED, State.FAILED)
AGAIN = (Kind.REPORT, Kind.REPORT_APPROVAL)  # of which standing mailings tell people of each new report
UNOPENED = timedelta(days=7)  # after which readers are reminded


def open_of(person: Person) -> QuerySet[Evaluation]:
    """All that a person can still answer, over all assessments."""
    return answering.open_evaluations().filter(evaluator=person).order_by("assessment__name", "pk")


def persons(mailing: Mailing) -> QuerySet[Person]:
    """A mailing's audience now; of named people those that it fits."""
    found = Person.objects.filter(org_structure__brand=mailing.assessment.brand_id, removed_at=None)
    if mailing.persons is not None:
        found = found.filter(public_id__in=mailing.persons)
    if mailing.kind != Kind.INVITE and not (mailing.kind in AGAIN and mailing.standing):
        found = found.exclude(Exists(Mail.objects.filter(mailing=mailing, person=OuterRef("pk"))))
    turn = _whose_turn(mailing)
    if mailing.sent_at is not None:  # it goes on by itself: what failed there would fail each time
        turn -= set(undelivered(mailing.assessment.brand).filter(person__in=turn).values_list("person", flat=True))
    return found.filter(pk__in=turn).order_by("pk")


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
            return _new_readers(mailing) if mailing.standing else _people(open_reports(mailing.assessment))
        case Kind.REPORT_REMINDER:
            return _people(unopened_reports(mailing.assessment))
    return set(_finished(mailing.assessment).values_list("evaluator", flat=True))


def open_reports(assessment: Assessment) -> QuerySet[ReportAccess]:
    """Accesses to reports of an assessment that a reader can use now."""
    return report_access.open_now(assessment)


def unopened_reports(assessment: Assessment) -> QuerySet[ReportAccess]:
    """Accesses that their readers could use for a week and did not; each reader is reminded of one once."""
    begun = open_reports(assessment).annotate(begun=_begins()).filter(begun__lte=timezone.now() - UNOPENED)
    reminded = Mail.objects.filter(
        assessment=assessment, person=OuterRef("person"), kind=Kind.REPORT_REMINDER, created_at__gte=OuterRef("begun")
    )
    return begun.exclude(_opened()).exclude(Exists(reminded.exclude(state__in=GONE)))


def unopened_by(assessment: Assessment, person: Person) -> bool:
    """Whether a report is open to a person who has not opened it, so that a reminder is still right."""
    return open_reports(assessment).filter(person=person).exclude(_opened()).exists()


def _new_readers(mailing: Mailing) -> set[int]:
    """Readers who can open a report since they were told last, and did not open it."""
    told = Mail.objects.filter(
        assessment=mailing.assessment, person=OuterRef("person"), kind=Kind.REPORT, created_at__gte=OuterRef("begun")
    )
    found = open_reports(mailing.assessment).annotate(begun=_begins()).exclude(_opened())
    return _people(found.exclude(Exists(told.exclude(state__in=GONE))))


def _begins() -> Greatest:
    """When a reader could open the report for the first time."""
    return Greatest(F("from_at"), F("given_at"), Coalesce(F("approved_at"), F("from_at")))


def _opened() -> Exists:
    return Exists(ReportOpening.objects.filter(access=OuterRef("pk"), person=OuterRef("person")))


def _people(accesses: QuerySet[ReportAccess]) -> set[int]:
    return set(accesses.values_list("person", flat=True))


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
