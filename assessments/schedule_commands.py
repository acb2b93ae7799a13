"""Commands on an assessment's dates: set them, and extend one person's deadline."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.fence import is_assessed_in, whose_turn
from assessments.intents import record_about
from assessments.models import Assessment, Evaluation, Schedule
from assessments.schedules import schedule_of, set_values
from qxportal.accounts.capabilities import may_ask
from qxportal.accounts.models import Member, Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.record import recorded
from qxportal.threesixty.calls.schedules import GetSchedule, SetExtension, SetSchedule
from qxportal.ui.stored_messages import gettext_stored


def server_schedules(org: Organisation) -> bool:
    """Whether the server may support schedules: it has not refused them lately."""
    return may_ask(org, GetSchedule)


def may_extend(member: Member, assessment: Assessment) -> bool:
    """Whether the member may extend deadlines there: editors who are no subject of it, if it has a closing time."""
    if not member.may(Role.EDITOR) or is_assessed_in(member, assessment) or assessment.gone_at is not None:
        return False
    return bool(schedule_of(assessment).closes_at) and server_schedules(assessment.org)


def set_schedule(
    assessment: Assessment,
    *,
    by: Member,
    opens_at: datetime | None,
    closes_at: datetime | None,
    remind_at: Sequence[datetime],
    report_at: datetime | None,
    close_sessions: bool,
    delete_mailings: bool,
    ready_reports: bool,
    intent: uuid.UUID | None = None,
) -> Change:
    """Replace all dates of an assessment, and the effects of closing (qxSetSchedule)."""
    if assessment.gone_at is not None and not recorded(assessment.org, intent):
        raise ActionRefused(_("“%(name)s” is no longer listed.") % {"name": assessment.name})
    row = Schedule.objects.filter(assessment=assessment).first()
    call = SetSchedule(
        assessment_id=assessment.vendor_id,
        opens_at=_utc(opens_at),
        closes_at=_utc(closes_at),
        remind_at=tuple(sorted(at.astimezone(UTC) for at in remind_at)),
        report_at=_utc(report_at),
        close_sessions=close_sessions,
        delete_mailings=delete_mailings,
        ready_reports=ready_reports,
    )
    title = gettext_stored("Set the schedule of “%(name)s”", name=assessment.name)
    expected_values = set_values(row.facts) if row else {}
    return record_about(assessment, call, "schedule", title, by=by, intent=intent, expected_values=expected_values)


def set_extension(
    evaluation: Evaluation, *, by: Member, until: datetime | None, intent: uuid.UUID | None = None
) -> Change:
    """Let an evaluator answer in the assessment until then, or no longer than others (qxSetExtension)."""
    assessment = evaluation.assessment
    if is_assessed_in(by, assessment):
        raise ActionRefused(whose_turn(by))
    if not recorded(assessment.org, intent):
        _refuse_useless(assessment, until)
    name = evaluation.evaluator_name
    if until is None:
        title = gettext_stored("End the extension of %(name)s in “%(assessment)s”", name=name, assessment=assessment)
    else:
        title = gettext_stored("Give %(name)s more time in “%(assessment)s”", name=name, assessment=assessment)
    call = SetExtension(assessment_id=assessment.vendor_id, person_id=evaluation.evaluator_key, until=_utc(until))
    row = Schedule.objects.filter(assessment=assessment).first()
    key = evaluation.evaluator_key
    expected_values = {"until": row.facts["extensions"].get(key)} if row else {}
    return record_about(
        assessment, call, f"extension:{key}", title, by=by, intent=intent, expected_values=expected_values
    )


def _refuse_useless(assessment: Assessment, until: datetime | None) -> None:
    row = Schedule.objects.filter(assessment=assessment).first()
    closes_at = row.facts["closes_at"] if row else None
    if closes_at is None:
        raise ActionRefused(_("The assessment has no closing time. Set one in its schedule first."))
    if until is not None and until <= max(timezone.now(), datetime.fromisoformat(closes_at)):
        raise ActionRefused(_("Enter a time after the closing time that has not passed."))


def _utc(at: datetime | None) -> datetime | None:
    return at.astimezone(UTC).replace(microsecond=0) if at else None
