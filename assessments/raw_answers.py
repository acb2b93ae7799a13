"""Answers with names: the organisation's switch, and exports for administrators.

Evaluators are told before their first answer (the engine's page of a task) while the switch is on. So the only answers
that leave are those that were begun a day or more after evaluators were first told, and after this organisation
switched it on; if the server does not say when evaluators were first told, the organisation's own day counts. Members
cannot export answers of an assessment in which they are subjects.
See docs/decisions/2026-11-30-raw-answers-of-those-who-were-told.md.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.brand import knows_brand
from assessments.brand_commands import set_raw_answers
from assessments.fence import is_assessed_in, whose_turn_stored
from assessments.models import Assessment
from assessments.request_answers import are_about
from assessments.survey_selectors import counts_hidden
from qxportal.accounts.audit import note
from qxportal.accounts.capabilities import may_ask
from qxportal.accounts.credentials import client_for
from qxportal.accounts.models import Member, Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.fenced import whole
from qxportal.threesixty.calls.assessments import GetEvaluationStatus
from qxportal.threesixty.calls.mailings import GetBrand
from qxportal.threesixty.calls.responses import GetLegacyResponseData
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.errors import Rejected, unknown_request
from qxportal.threesixty.records import EvaluationRecord, ResponseRecord
from qxportal.ui.stored_messages import gettext_stored, ngettext_stored
from surveys.models import Survey

MARGIN = timedelta(days=1)  # a page that was opened before the switch may be answered after it
NEVER = {"responses_in_progress": False, "location_data": False, "local_time": False}  # even if requested
ABOUT = (
    "SubjectUniqueIdentifier",
    "SubjectFirstName",
    "SubjectLastName",
    "SubjectEmail",
    "ParticipantUniqueIdentifier",
    "EvaluatorFirstName",
    "EvaluatorLastName",
    "EvaluatorEmail",
    "Relationship",
    "Status",
    "StartDate",
    "EndDate",
)
OFF = gettext_stored("Exports of answers are turned off.")
NOT_TOLD = gettext_stored("Evaluators are not told yet that answers can be exported with their names. Try again later.")


@dataclass(frozen=True)
class Exported:
    """A table of answers, the time from which they were begun, and the number of answers left out."""

    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    begun_from: datetime
    left: int


def allow(org: Organisation, *, by: Member, intent: uuid.UUID | None = None) -> None:
    """Turn exports and imports of answers on for administrators, and have the server inform evaluators."""
    if by.role != Role.OWNER:
        raise ActionRefused(_("Only an owner can turn this on."))
    with transaction.atomic():
        locked = Organisation.objects.select_for_update().get(pk=org.pk)
        if locked.raw_answers_at is not None:
            return
        org.raw_answers_at = timezone.now()
        org.save(update_fields=["raw_answers_at"])
        note(org, by=by, verb="answers.allowed")
        if knows_brand(org):
            set_raw_answers(org, by=by, on=True, intent=intent)


def forbid(org: Organisation, *, by: Member, intent: uuid.UUID | None = None) -> None:
    """Turn exports and imports of answers off for the organisation."""
    with transaction.atomic():
        locked = Organisation.objects.select_for_update().get(pk=org.pk)
        if locked.raw_answers_at is None:
            return
        org.raw_answers_at = None
        org.save(update_fields=["raw_answers_at"])
        note(org, by=by, verb="answers.forbidden")
        if knows_brand(org):
            set_raw_answers(org, by=by, on=False, intent=intent)


def export_assessment(assessment: Assessment, *, by: Member) -> Exported:
    """The finished evaluations of an assessment with their answers (getEvaluationStatus)."""
    refuse_subjects(assessment, by)
    with client_for(assessment.org) as threesixty:
        begun_from = exported_from(assessment.org, threesixty)
        call = GetEvaluationStatus(assessment_id=assessment.vendor_id, include_evaluation_responses=True)
        found = threesixty.call(call)
    if are_about(by, ((one.subject_id, one.subject_email, _name(one)) for one in found)):
        raise ActionRefused(whose_turn_stored(by))
    finished = [one for one in found if one.status == "Completed"]
    told = [one for one in finished if one.started_at and one.started_at >= begun_from]
    return Exported(*_table(told), begun_from, left=len(finished) - len(told))


def export_survey(survey: Survey, call: GetLegacyResponseData, *, by: Member) -> Exported:
    """The finished responses of a survey (getLegacyResponseData)."""
    refuse_subjects_of(survey, by)
    asked = GetLegacyResponseData(**{**vars(call), **NEVER})
    with client_for(survey.org) as threesixty:
        begun_from = exported_from(survey.org, threesixty)
        found = threesixty.call(asked)
    if are_about(by, map(_subject_in, found)):
        raise ActionRefused(whose_turn_stored(by))
    finished = [one for one in found if one.finished]
    told = [one for one in finished if one.started_at and one.started_at >= begun_from]
    names = list(dict.fromkeys(name for one in told for name in one.values))
    columns = ("ResponseID", "Name", "EmailAddress", "ExternalDataReference", "StartDate", "EndDate", *names)
    rows = [
        (
            one.vendor_id,
            one.name,
            one.email,
            one.external_reference,
            _time(one.started_at),
            _time(one.finished_at),
            *(one.values.get(name, "") for name in names),
        )
        for one in told
    ]
    return Exported(columns, rows, begun_from, left=len(finished) - len(told))


def refuse_subjects(assessment: Assessment, by: Member) -> None:
    """Raise ActionRefused if the assessment is also about the member."""
    if is_assessed_in(by, assessment):
        raise ActionRefused(whose_turn_stored(by))


def refuse_subjects_of(survey: Survey, by: Member) -> None:
    """Raise ActionRefused if the member is a subject of an assessment with this survey."""
    if counts_hidden(by, survey):
        raise ActionRefused(whose_turn_stored(by))


def exported_from(org: Organisation, threesixty: ThreeSixty) -> datetime:
    """The time from which answers can be exported; raises ActionRefused if evaluators are not informed."""
    if org.raw_answers_at is None:
        raise ActionRefused(OFF)
    since = org.raw_answers_at
    if may_ask(org, GetBrand):
        try:
            told = threesixty.call(GetBrand()).raw_answers_since
        except Rejected as problem:
            if not unknown_request(problem):
                raise
        else:
            if told is None:
                raise ActionRefused(NOT_TOLD)
            since = max(since, told)
    return since + MARGIN


def log_export(thing: Assessment | Survey, exported: Exported, *, by: Member) -> None:
    """Log an export with its number of rows; raises ActionRefused if no row can be exported."""
    if not exported.rows:
        begun = exported.begun_from.astimezone(ZoneInfo(by.user.time_zone))  # a worker has no zone of its own
        day = f"{begun:%Y-%m-%d %H:%M}"
        raise ActionRefused(
            gettext_stored("No finished answers were begun after %(day)s, so nothing was exported.", day=day)
        )
    words = ngettext_stored(
        "%(name)s: %(n)s row; left out: %(left)s",
        "%(name)s: %(n)s rows; left out: %(left)s",
        len(exported.rows),
        name=thing.name,
        left=exported.left,
    )
    note(thing.org, by=by, verb="answers.exported", target=thing.vendor_id, about=about(thing), words=words)


def about(thing: Assessment | Survey) -> list[str]:
    """Subjects of answers, for lists without records about the viewing member."""
    if isinstance(thing, Assessment):
        return [whole(thing.vendor_id)]
    uses = Assessment.objects.filter(org=thing.org, survey_id=thing.vendor_id).order_by("pk")
    return [whole(vendor_id) for vendor_id in uses.values_list("vendor_id", flat=True)]


def _table(told: Sequence[EvaluationRecord]) -> tuple[Sequence[str], Sequence[Sequence[object]]]:
    questions = list(dict.fromkeys(key for one in told for key in one.answers))
    rows = [
        (
            one.subject_id,
            one.subject_first_name,
            one.subject_last_name,
            one.subject_email,
            one.evaluator_id,
            one.evaluator_first_name,
            one.evaluator_last_name,
            one.evaluator_email,
            one.relationship,
            one.status,
            _time(one.started_at),
            _time(one.finished_at),
            *(one.answers.get(key, "") for key in questions),
        )
        for one in told
    ]
    return (*ABOUT, *questions), rows


def _subject_in(record: ResponseRecord) -> tuple[str, str, str]:
    said = record.values
    name = f"{said.get('SubjectFirstName', '')} {said.get('SubjectLastName', '')}"
    return said.get("SubjectUniqueIdentifier", ""), said.get("SubjectEmail", ""), name


def _name(record: EvaluationRecord) -> str:
    return f"{record.subject_first_name} {record.subject_last_name}"


def _time(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}" if at else ""
