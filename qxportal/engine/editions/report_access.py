"""Access to editions of a report on the site, and their approval by the subject's manager.

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
    """State of a report access."""

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
    """Accesses of an assessment that open a report now: started, with figures and, if required, approval."""
    found = _readable(assessment).filter(from_at__lte=timezone.now())
    if assessment.options.get("ReportApproval"):
        found = found.exclude(viewer=Viewer.SUBJECT, approved_edition=None)
    return found


def waiting_now(assessment: Assessment, *, approver_id: int | None = None) -> list[tuple[ReportAccess, Person]]:
    """Accesses of an assessment that wait for approval, each with its approver; optionally of one approver only."""
    if not assessment.options.get("ReportApproval"):
        return []
    found = _readable(assessment).filter(viewer=Viewer.SUBJECT, approved_edition=None, sent_back_at=None)
    if approver_id is not None:
        above, evaluates = Q(subject__person__manager=approver_id), Q(subject__evaluations__evaluator=approver_id)
        found = found.filter(above | evaluates).distinct()
    pairs = ((one, approver(one.subject)) for one in found.order_by("pk"))
    return [(one, asked) for one, asked in pairs if asked is not None and approver_id in (None, asked.pk)]


def _readable(assessment: Assessment) -> QuerySet[ReportAccess]:
    """Accesses of an assessment that have not ended, to reports with figures."""
    now = timezone.now()
    person = OuterRef("subject__person__public_id")
    had = Edition.objects.filter(series__assessment_key=assessment.public_id, series__person_key=person)
    over = Q(subject__status=Participant.Status.DONE)
    if assessment.status == Assessment.Status.CLOSED:
        over |= Q(subject__report_ready=True)
    in_time = Q(until_at=None) | Q(until_at__gt=now)
    return accesses().filter(over | Exists(had), in_time, assessment=assessment)


def state(access: ReportAccess, now: datetime | None = None) -> State:
    """The state of an access, now or at the given time."""
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
    """People who may get the report as the subject's manager: the directory's manager and evaluators as Manager."""
    return Person.objects.filter(managers_filter(subject), removed_at=None)


def managers_filter(subject: Participant) -> Q:
    """Filter on people for a subject's managers, including those who left the directory."""
    return Q(pk__in=evaluating_managers(subject)) | Q(pk=subject.person.manager_id)


def evaluating_managers(subject: Participant) -> QuerySet[Any, Any]:
    """The keys of the people who evaluate a subject in the relationship Manager."""
    found = Evaluation.objects.filter(subject=subject, relationship=MANAGER).exclude(evaluator=subject.person_id)
    return found.values("evaluator")


def approver(subject: Participant) -> Person | None:
    """The approver of the subject's report: the directory's manager, else the only evaluator as Manager, or None."""
    above = subject.person.manager
    if above is not None and above.removed_at is None and above.pk != subject.person_id:
        return above
    found = list(managers(subject)[:2])
    return found[0] if len(found) == 1 else None


def edition_of(access: ReportAccess, last: LastGiven | None = None) -> Edition:
    """The edition that an access opens: the approved or named one, else the last one.

    Makes the first edition if there is none. Raises Conflict if there are no figures. `last`: the last edition, if the
    caller has already read it.
    """
    wanted = access.approved_edition if needs_approval(access) else access.edition
    return given(access.assessment, access.subject, wanted, last)


def edition_to_approve(access: ReportAccess, last: LastGiven | None = None) -> Edition:
    """The edition that the manager has to approve; raises Conflict if there are no figures."""
    return given(access.assessment, access.subject, access.edition, last)


def given(
    assessment: Assessment, subject: Participant, number: int | None = None, last: LastGiven | None = None
) -> Edition:
    """The edition with this number, by default the last one, made if there is none; raises Conflict if impossible.

    New answers never make a further edition here; only lines or classes that may no longer be shown do.
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
    """Approve this edition for the subject; False if the approval was no longer requested."""
    with transaction.atomic(using="engine"):
        held = _waiting(access, by)
        if held is None:
            return False
        held.approved_edition, held.approved_at, held.decided_by = number, timezone.now(), by
        held.save(update_fields=["approved_edition", "approved_at", "decided_by"])
        return True


def send_back(access: ReportAccess, by: Person, reason: str) -> bool:
    """Refuse the approval with a reason for HR; False if the approval was no longer requested."""
    with transaction.atomic(using="engine"):
        held = _waiting(access, by)
        if held is None:
            return False
        held.sent_back_at, held.sent_back_because, held.decided_by = timezone.now(), reason, by
        held.save(update_fields=["sent_back_at", "sent_back_because", "decided_by"])
        return True


def waits_for(access: ReportAccess, person: Person) -> bool:
    """Whether the access waits for this person's approval."""
    if state(access) is not State.WAITS_FOR_APPROVAL:
        return False
    asked = approver(access.subject)
    return asked is not None and asked.pk == person.pk


def _waiting(access: ReportAccess, by: Person) -> ReportAccess | None:
    """The reloaded and locked access; None if it no longer waits for this person."""
    held = accesses().select_for_update(of=("self",)).get(pk=access.pk)
    return held if waits_for(held, by) else None
