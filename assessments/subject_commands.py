"""Commands on subjects. Each records a change; a worker carries it out."""

import uuid
from dataclasses import replace

from django.utils.translation import gettext as _

from assessments.fence import is_assessed_in, refuse_own
from assessments.intents import removal, status_change
from assessments.models import Subject
from qxportal.accounts.models import Member
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.record import record


def set_subject_status(
    subject: Subject,
    *,
    by: Member,
    status: str,
    close_sessions: bool,
    reason: str = "",
    intent: uuid.UUID | None = None,
) -> Change:
    """Mark one subject Done or Waiting (setSubjectStatus); the reason is kept with the change and never sent."""
    refuse_own(by, subject)
    wanted = status_change(subject, status, close_sessions, intent or uuid.uuid4(), reason)
    return record(subject.org, wanted, by=by)


def remove_subject(
    subject: Subject, *, by: Member, remove_evaluations: bool, intent: uuid.UUID | None = None
) -> Change:
    """Remove a subject (removePerson); refused to subjects of the assessment, which could delete answers about them."""
    if is_assessed_in(by, subject.assessment):
        raise ActionRefused(_("You are a subject of this assessment, so another member has to remove people from it."))
    return record(
        subject.org,
        replace(removal(subject, remove_evaluations=remove_evaluations), id=intent or uuid.uuid4()),
        by=by,
    )
