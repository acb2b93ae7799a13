"""Who may open which edition of a report on the site, and whether the subject's manager approved it first.

Planned --from--> Open --until, or withdrawn--> Ended
Where the assessment has ReportApproval, the subject's own access opens nothing before the manager approved an edition:
WaitsForApproval --> Open; WaitsForApproval --> SentBack --> WaitsForApproval once HR gives access again
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from qxportal.engine.editions import making
from qxportal.engine.editions.making import LastGiven
from qxportal.engine.http.errors import Conflict
from qxportal.engine.models import Assessment, Edition, Evaluation, Participant, Person, ReportAccess
from qxportal.threesixty.relationships import MANAGER

Viewer = ReportAccess.Viewer


class State(StrEnum):
    """Whether an access opens the report now."""

    PLANNED = "Planned"
    OPEN = "Open"
    ENDED = "Ended"
    WAITS_FOR_APPROVAL = "WaitsForApproval"
    SENT_BACK = "SentBack"


def accesses() -> QuerySet[ReportAccess]:
    """All accesses to reports on subjects who are still in their assessment and in the directory."""
    there = Q(subject__removed_at=None, subject__is_subject=True, subject__person__removed_at=None)
    return ReportAccess.objects.filter(there).select_related(
        "assessment__brand", "assessment__survey", "subject__person__manager", "person", "decided_by"
    )


def open_now(assessment: Assessment) -> QuerySet[ReportAccess]:
    """The accesses of an assessment with which a reader opens a report now: there are figures, and it is approved."""
    found = _readable(assessment).filter(from_at__lte=timezone.now())
    if assessment.options.get("ReportApproval"):
        found = found.exclude(viewer=Viewer.SUBJECT, approved_edition=None)
    return found


def waiting_now(assessment: Assessment, *, approver_id: int | None = None) -> list[tuple[ReportAccess, Person]]:
    """The accesses of an assessment that a manager can approve now, each with who that is; or those of one manager."""
    if not assessment.options.get("ReportApproval"):
        return []
    found = _readable(assessment).filter(viewer=Viewer.SUBJECT, approved_edition=None, sent_back_at=None)
    if approver_id is not None:
        above, evaluates = Q(subject__person__manager=approver_id), Q(subject__evaluations__evaluator=approver_id)
        found = found.filter(above | evaluates).distinct()
    pairs = ((one, approver(one.subject)) for one in found.order_by("pk"))
    return [(one, asked) for one, asked in pairs if asked is not None and approver_id in (None, asked.pk)]


def _readable(assessment: Assessment) -> QuerySet[ReportAccess]:
    """The accesses of an assessment that have not ended, to reports that have figures."""
    now = timezone.now()
    person = OuterRef("subject__person__public_id")
    had = Edition.objects.filter(series__assessment_key=assessment.public_id, series__person_key=person)
    over = Q(subject__status=Participant.Status.DONE)
    if assessment.status == Assessment.Status.CLOSED:
        over |= Q(subject__report_ready=True)
    in_time = Q(until_at=None) | Q(until_at__gt=now)
    return accesses().filter(over | Exists(had), in_time, assessment=assessment)


def state(access: ReportAccess, now: datetime | None = None) -> State:
    """Whether it opens the report now."""
    now = now or timezone.now()
    if access.until_at is not None and access.until_at <= now:
        return State.ENDED
    if needs_approval(access) and access.approved_edition is None:
        return State.SENT_BACK if access.sent_back_at else State.WAITS_FOR_APPROVAL
    return State.PLANNED if access.from_at > now else State.OPEN


def needs_approval(access: ReportAccess) -> bool:
    """Whether the subject's manager has to approve before the subject opens the report."""
    return access.viewer == Viewer.SUBJECT and bool(access.assessment.options.get("ReportApproval"))


def managers(subject: Participant) -> QuerySet[Person]:
    """Who may be given the report as the subject's manager: the directory's, and whoever evaluates as Manager."""
    return Person.objects.filter(managers_filter(subject), removed_at=None)


def managers_filter(subject: Participant) -> Q:
    """The filter on people for a subject's managers, whether they left the directory or not."""
    return Q(pk__in=evaluating_managers(subject)) | Q(pk=subject.person.manager_id)


def evaluating_managers(subject: Participant) -> QuerySet[Any, Any]:
    """The keys of the people who evaluate a subject in the relationship Manager."""
    found = Evaluation.objects.filter(subject=subject, relationship=MANAGER).exclude(evaluator=subject.person_id)
    return found.values("evaluator")


def approver(subject: Participant) -> Person | None:
    """Who approves the subject's report: the directory's manager, else the only one who evaluates as Manager."""
    above = subject.person.manager
    if above is not None and above.removed_at is None and above.pk != subject.person_id:
        return above
    found = list(managers(subject)[:2])
    return found[0] if len(found) == 1 else None


def edition_of(access: ReportAccess, last: LastGiven | None = None) -> Edition:
    """The edition that an access opens: the one it names or that was approved, else the last one that was given.

    Where none was given yet the first one is made. Raises Conflict where there are no figures. `last`: the one that
    was given last, where the caller knows it already.
    """
    wanted = access.approved_edition if needs_approval(access) else access.edition
    return given(access.assessment, access.subject, wanted, last)


def edition_to_approve(access: ReportAccess, last: LastGiven | None = None) -> Edition:
    """The edition that the manager is asked about; raises Conflict where there are no figures."""
    return given(access.assessment, access.subject, access.edition, last)


def given(
    assessment: Assessment, subject: Participant, number: int | None = None, last: LastGiven | None = None
) -> Edition:
    """The edition with a number, else the last one given, else the first one; raises Conflict where there is none.

    A reader never makes a further edition because of new answers, only where something shall be shown no longer.
    """
    last = last or making.last_given(assessment, subject)
    if last and not last.leaving and not making.frame_is_past(last.edition.series, last.edition, assessment):
        found = last.edition
    else:
        found = making.current(assessment, subject)
    if number is None or number == found.number:
        return found
    there = Edition.objects.filter(series=found.series_id, number=number).first()
    if there is None:
        raise Conflict("ETS4", "There is no such edition.")
    return there


def approve(access: ReportAccess, by: Person, number: int) -> bool:
    """Let the subject open this edition; tells whether the approval was still asked for."""
    with transaction.atomic(using="engine"):
        held = _waiting(access, by)
        if held is None:
            return False
        held.approved_edition, held.approved_at, held.decided_by = number, timezone.now(), by
        held.save(update_fields=["approved_edition", "approved_at", "decided_by"])
        return True


def send_back(access: ReportAccess, by: Person, reason: str) -> bool:
    """Refuse the approval with a reason for HR; tells whether the approval was still asked for."""
    with transaction.atomic(using="engine"):
        held = _waiting(access, by)
        if held is None:
            return False
        held.sent_back_at, held.sent_back_because, held.decided_by = timezone.now(), reason, by
        held.save(update_fields=["sent_back_at", "sent_back_because", "decided_by"])
        return True


def waits_for(access: ReportAccess, person: Person) -> bool:
    """Whether this person is asked to approve the report."""
    if state(access) is not State.WAITS_FOR_APPROVAL:
        return False
    asked = approver(access.subject)
    return asked is not None and asked.pk == person.pk


def _waiting(access: ReportAccess, by: Person) -> ReportAccess | None:
    """The access as it is now, held; None where this person is not asked any more."""
    held = accesses().select_for_update(of=("self",)).get(pk=access.pk)
    return held if waits_for(held, by) else None
