"""Commands for mailings of an assessment: plan one, stop one, read them again."""

import uuid
from collections.abc import Collection
from datetime import UTC, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.audience import Audience, audience_of
from assessments.brand import brand_of, knows_brand
from assessments.fence import is_assessed_in, whose_turn
from assessments.intents import record_about
from assessments.job_kinds import SYNC_MAILS
from assessments.mailings import (
    APPROVE,
    INVITE,
    NOMINATE,
    REMINDER,
    REPORT,
    REPORT_APPROVAL,
    REPORT_REMINDER,
    THANKS,
    MailingFacts,
)
from assessments.models import Assessment
from assessments.nominations import has_nominations
from assessments.report_access import has_site
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.jobs.run import start
from qxportal.ledger.models import Change, Job
from qxportal.ledger.outbox.intents import Intent, marked
from qxportal.ledger.outbox.record import recorded
from qxportal.threesixty.calls.mailings import CancelMailing, CreateMailing
from qxportal.ui.stored_messages import Message, gettext_stored, ngettext_stored

KINDS = (INVITE, REMINDER, THANKS, REPORT)
NOMINATING = (NOMINATE, APPROVE)  # kinds for assessments in which subjects or managers choose evaluators
STANDING = (THANKS, REPORT, REPORT_APPROVAL)  # kinds that may continue for later recipients


def refresh_mails(assessment: Assessment, *, by: Member) -> Job:
    """Ask the server for the mailings and mails of an assessment now."""
    _refuse_subject(assessment, by)
    title = gettext_stored("Refresh of the messages of “%(name)s”", name=assessment.name)
    return start(assessment.org, SYNC_MAILS, by=by, target=assessment.vendor_id, title=title)


def may_remind(member: Member, assessment: Assessment) -> bool:
    """Whether the member may send reminders there: editors who are no subject of it, while people can answer."""
    return (
        may_export(member, assessment)
        and assessment.status == Assessment.Status.ACTIVE
        and assessment.gone_at is None
        and knows_brand(assessment.org)
    )


def may_export(member: Member, assessment: Assessment) -> bool:
    """Whether the member may export people with open evaluations: editors who are no subject of the assessment."""
    return member.may(Role.EDITOR) and not is_assessed_in(member, assessment)


def create_mailing(
    assessment: Assessment,
    *,
    by: Member,
    kind: str,
    at: datetime | None = None,
    standing: bool = False,
    only: Collection[str] = (),
    message_id: str = "",
    intent: uuid.UUID | None = None,
) -> Change:
    """Plan a mailing to its whole audience, or `only` to these persons (qxCreateMailing)."""
    _refuse_subject(assessment, by)
    if not recorded(assessment.org, intent):
        if problem := why_no_mailing(assessment, kind, at):
            raise ActionRefused(problem)
        audience = audience_of(by, assessment, kind, only=only)
        if audience.known and not audience.reached and not standing and not (kind == INVITE and at):
            raise ActionRefused(_("There are no recipients for this mail now."))
        only = _named(audience, only)
    intent = intent or uuid.uuid4()
    call = mailing_call(
        assessment, kind, at=at, standing=standing and kind in STANDING, only=only, message_id=message_id
    )
    title = mailing_title(assessment, kind, len(only))
    return record_about(assessment, call, f"mailing:{intent.hex}", title, by=by, intent=intent)


def invitations(assessment: Assessment, *, by: Member, at: datetime | None, after: uuid.UUID) -> Intent:
    """The invitations that follow an activation, the change `after`."""
    _refuse_subject(assessment, by)
    if problem := why_no_mailing(assessment, INVITE, at):
        raise ActionRefused(problem)
    intent = uuid.uuid5(after, "invitations")
    return Intent(
        id=intent,
        call=marked(mailing_call(assessment, INVITE, at=at), intent),
        target=f"{assessment.vendor_id}:mailing:{intent.hex}",
        assessment_id=assessment.vendor_id,
        assessment_name=assessment.name,
        title=mailing_title(assessment, INVITE),
    )


def cancel_mailing(
    assessment: Assessment, mailing: MailingFacts, *, by: Member, intent: uuid.UUID | None = None
) -> Change:
    """Stop a mailing, and cancel its unsent mails (qxCancelMailing)."""
    _refuse_subject(assessment, by)
    if not mailing.stoppable and not recorded(assessment.org, intent):
        raise ActionRefused(_("This mailing is over, so there is nothing to stop."))
    call = CancelMailing(assessment_id=assessment.vendor_id, mailing_id=mailing.key)
    title = gettext_stored("Stop a mailing of “%(name)s”", name=assessment.name)
    return record_about(assessment, call, f"mailing:{mailing.key}", title, by=by, intent=intent)


def kinds_of(assessment: Assessment) -> tuple[str, ...]:
    """The kinds of mailings that an assessment can have."""
    approving = (REPORT_APPROVAL,) if (assessment.workflow_options or {}).get("ReportApproval") else ()
    reading = (REPORT_REMINDER,) if has_site(assessment) else ()
    return (*KINDS, *reading, *approving, *(NOMINATING if has_nominations(assessment) else ()))


def why_no_mailing(assessment: Assessment, kind: str, at: datetime | None = None) -> str:
    """The reason why no mailing of this kind can be planned; empty if it can."""
    if kind not in kinds_of(assessment):
        return _("Choose what kind of message to send.")
    if assessment.gone_at is not None:
        return _("“%(name)s” is no longer listed.") % {"name": assessment.name}
    draft, closed = (assessment.status == state for state in (Assessment.Status.DRAFT, Assessment.Status.CLOSED))
    if closed and kind in (INVITE, REMINDER):
        return _("“%(name)s” is closed, so evaluators cannot answer.") % {"name": assessment.name}
    if closed and kind in NOMINATING:
        return _("“%(name)s” is closed, so no evaluators are chosen.") % {"name": assessment.name}
    if draft and kind in NOMINATING:
        return _("“%(name)s” has not been activated, so no evaluators are chosen.") % {"name": assessment.name}
    if draft and kind != INVITE:
        return _("“%(name)s” has not been activated, so nobody has answered.") % {"name": assessment.name}
    brand = brand_of(assessment.org)
    if brand and brand.off and (at is None or at <= timezone.now()):
        return _("Mail is off, so this mailing would be cancelled at once. Turn mail on first, or choose a later time.")
    return ""


def mailing_call(
    assessment: Assessment,
    kind: str,
    *,
    at: datetime | None = None,
    standing: bool = False,
    only: Collection[str] = (),
    message_id: str = "",
) -> CreateMailing:
    """The call that plans a mailing."""
    return CreateMailing(
        assessment_id=assessment.vendor_id,
        kind=kind,
        message_id=message_id or None,
        person_ids=tuple(only) or None,
        standing=standing,
        scheduled_at=at.astimezone(UTC).replace(microsecond=0) if at else None,
    )


def mailing_title(assessment: Assessment, kind: str, named: int = 0) -> Message:
    """Title of a planned mailing; for selected people with their number."""
    name = assessment.name
    match kind:
        case "Invite" if named:
            return ngettext_stored(
                "Invite %(n)s person again to “%(name)s”", "Invite %(n)s people again to “%(name)s”", named, name=name
            )
        case "Reminder" if named:
            return ngettext_stored(
                "Remind %(n)s person of “%(name)s”", "Remind %(n)s people of “%(name)s”", named, name=name
            )
        case "Invite":
            return gettext_stored("Send the invitations of “%(name)s”", name=name)
        case "Reminder":
            return gettext_stored("Send reminders of “%(name)s”", name=name)
        case "Thanks":
            return gettext_stored("Send thanks for “%(name)s”", name=name)
        case "Nominate":
            return gettext_stored("Ask people to choose evaluators of “%(name)s”", name=name)
        case "Approve":
            return gettext_stored("Ask people to approve evaluators of “%(name)s”", name=name)
        case "ReportReminder":
            return gettext_stored("Remind people who have not opened a report of “%(name)s”", name=name)
        case "ReportApproval":
            return gettext_stored("Ask managers to approve reports of “%(name)s”", name=name)
    return gettext_stored("Tell people that their report of “%(name)s” is ready", name=name)


def _named(audience: Audience, only: Collection[str]) -> tuple[str, ...]:
    """The chosen persons that the mailing fits."""
    if not only:
        return ()
    return tuple(one.key for one in audience.reached) if audience.known else tuple(only)


def _refuse_subject(assessment: Assessment, by: Member) -> None:
    if is_assessed_in(by, assessment):
        raise ActionRefused(whose_turn(by))
