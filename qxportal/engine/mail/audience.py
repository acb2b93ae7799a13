"""The current audience of a mailing, and the evaluations that it is about."""

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
AGAIN = (Kind.REPORT, Kind.REPORT_APPROVAL)  # standing mailings of these kinds announce each new report
UNOPENED = timedelta(days=7)  # time after which readers are reminded


def open_of(person: Person) -> QuerySet[Evaluation]:
    """A person's open evaluations in all assessments."""
    return answering.open_evaluations().filter(evaluator=person).order_by("assessment__name", "pk")


def persons(mailing: Mailing) -> QuerySet[Person]:
    """The current audience of a mailing, limited to the named people if there are any."""
    found = Person.objects.filter(org_structure__brand=mailing.assessment.brand_id, removed_at=None)
    if mailing.persons is not None:
        found = found.filter(public_id__in=mailing.persons)
    if mailing.kind != Kind.INVITE and not (mailing.kind in AGAIN and mailing.standing):
        found = found.exclude(Exists(Mail.objects.filter(mailing=mailing, person=OuterRef("pk"))))
    turn = _whose_turn(mailing)
    if mailing.sent_at is not None:  # an automatic repetition: addresses that failed would fail each time
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
    """Primary keys of evaluators with an open evaluation that no invitation has covered."""
    found = evaluations(Mailing(assessment=assessment, kind=Kind.INVITE))
    return set(found.values_list("evaluator", flat=True))


def _whose_turn(mailing: Mailing) -> set[int]:
    """Primary keys of the people who are due for this kind of mailing, in a query of its own.

    As a subquery on persons it would run once per person while the database has no statistics, such as after an import.
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
    """Accesses that open a report of the assessment to a reader now."""
    return report_access.open_now(assessment)


def unopened_reports(assessment: Assessment) -> QuerySet[ReportAccess]:
    """Accesses unused for a week, without those whose reader was reminded since."""
    begun = open_reports(assessment).annotate(begun=_begins()).filter(begun__lte=timezone.now() - UNOPENED)
    reminded = Mail.objects.filter(
        assessment=assessment, person=OuterRef("person"), kind=Kind.REPORT_REMINDER, created_at__gte=OuterRef("begun")
    )
    return begun.exclude(_opened()).exclude(Exists(reminded.exclude(state__in=GONE)))


def unopened_by(assessment: Assessment, person: Person) -> bool:
    """Whether a person has a report that is open and unread, so that a reminder still makes sense."""
    return open_reports(assessment).filter(person=person).exclude(_opened()).exists()


def _new_readers(mailing: Mailing) -> set[int]:
    """Readers with an unopened report that became available after their last notification."""
    told = Mail.objects.filter(
        assessment=mailing.assessment, person=OuterRef("person"), kind=Kind.REPORT, created_at__gte=OuterRef("begun")
    )
    found = open_reports(mailing.assessment).annotate(begun=_begins()).exclude(_opened())
    return _people(found.exclude(Exists(told.exclude(state__in=GONE))))


def _begins() -> Greatest:
    """The first time at which a reader could open the report."""
    return Greatest(F("from_at"), F("given_at"), Coalesce(F("approved_at"), F("from_at")))


def _opened() -> Exists:
    return Exists(ReportOpening.objects.filter(access=OuterRef("pk"), person=OuterRef("person")))


def _people(accesses: QuerySet[ReportAccess]) -> set[int]:
    return set(accesses.values_list("person", flat=True))


def _approvers(mailing: Mailing) -> Iterable[int]:
    """Managers with reports waiting for approval; for standing mailings, only with reports they were not told of."""
    told: dict[int, datetime] = {}
    if mailing.standing:
        mails = mailing.assessment.mails.filter(kind=Kind.REPORT_APPROVAL).exclude(state__in=GONE)
        told = dict(mails.order_by().values_list("person").annotate(at=Max("created_at")))
    for access, asked in report_access.waiting_now(mailing.assessment):
        if asked.pk not in told or told[asked.pk] < access.given_at:
            yield asked.pk


def _finished(assessment: Assessment) -> QuerySet[Evaluation]:
    """Completed evaluations of evaluators who have nothing open in the assessment."""
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
    """Evaluations grouped by evaluator."""
    grouped: dict[int, list[Evaluation]] = {}
    for one in found:
        grouped.setdefault(one.evaluator_id, []).append(one)
    return grouped
