"""Commands on surveys. Each change is recorded; a worker sends it and reads it back."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from qxportal.accounts.models import Member
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.jobs.run import start
from qxportal.ledger.models import Change, Job
from qxportal.ledger.outbox.intents import Intent
from qxportal.ledger.outbox.record import record, recorded
from qxportal.threesixty.calls.base import Call
from qxportal.threesixty.calls.surveys import ActivateSurvey, DeactivateSurvey, SetSurveyOptions
from qxportal.ui.stored_messages import Message, gettext_stored
from surveys.job_kinds import SYNC_SURVEY
from surveys.models import Survey

ACTIVE, INACTIVE = "Active", "Inactive"


def refresh_survey(survey: Survey, *, by: Member) -> Job:
    """Ask the server for the survey now."""
    title = gettext_stored("Refresh of the survey “%(name)s”", name=survey.name)
    return start(survey.org, SYNC_SURVEY, by=by, target=survey.vendor_id, title=title)


def activate_survey(survey: Survey, *, by: Member, intent: uuid.UUID | None = None) -> Change:
    """Open a survey for answers (activateSurvey)."""
    if not recorded(survey.org, intent) and survey.status == ACTIVE:
        raise ActionRefused(_("The survey is active already."))
    title = gettext_stored("Activate the survey “%(name)s”", name=survey.name)
    return _record(survey, ActivateSurvey(survey_id=survey.vendor_id), title, by=by, intent=intent)


def deactivate_survey(survey: Survey, *, by: Member, close_sessions: bool, intent: uuid.UUID | None = None) -> Change:
    """Close a survey to answers (deactivateSurvey, or with `close_sessions` setSurveyOptions)."""
    if not recorded(survey.org, intent) and survey.status == INACTIVE:
        raise ActionRefused(_("The survey is inactive already."))
    call: Call[None] = (
        SetSurveyOptions(survey_id=survey.vendor_id, active=False, close_sessions=True)
        if close_sessions
        else DeactivateSurvey(survey_id=survey.vendor_id)
    )
    title = gettext_stored("Deactivate the survey “%(name)s”", name=survey.name)
    return _record(survey, call, title, by=by, intent=intent)


def set_validity(
    survey: Survey,
    *,
    by: Member,
    valid_from: datetime | None,
    valid_until: datetime | None,
    intent: uuid.UUID | None = None,
) -> Change:
    """Set a survey's validity period; without times it is always valid (setSurveyOptions)."""
    call = SetSurveyOptions(
        survey_id=survey.vendor_id,
        close_sessions=False,
        expires=bool(valid_from or valid_until),
        valid_from=_sent(valid_from),
        valid_until=_sent(valid_until),
    )
    title = gettext_stored("Set when the survey “%(name)s” is valid", name=survey.name)
    return _record(survey, call, title, by=by, intent=intent, expected_values={})


def _record(
    survey: Survey,
    call: Call[None],
    title: Message,
    *,
    by: Member,
    intent: uuid.UUID | None,
    expected_values: Mapping[str, Any] | None = None,
) -> Change:
    """Record a change of a survey; a survey has at most one open change."""
    intent = intent or uuid.uuid4()
    if not recorded(survey.org, intent) and survey.gone_at is not None:
        raise ActionRefused(_("“%(name)s” is no longer listed.") % {"name": survey.name})
    expected = {"status": survey.status} if expected_values is None else expected_values
    wanted = Intent(id=intent, call=call, target=f"survey:{survey.vendor_id}", title=title, expected_values=expected)
    return record(survey.org, wanted, by=by)


def _sent(when: datetime | None) -> datetime | None:
    """A time in the API's form."""
    return when.astimezone(UTC).replace(microsecond=0) if when else None
