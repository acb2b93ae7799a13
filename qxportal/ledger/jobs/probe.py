"""The API check: which reading requests the vendor knows, tried with ids from its own answers; never a write."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from qxportal.accounts.credentials import client_for
from qxportal.accounts.models import Member, Organisation
from qxportal.ledger.job_kinds import PROBE
from qxportal.ledger.jobs.readings import READINGS
from qxportal.ledger.jobs.registry import job
from qxportal.ledger.jobs.run import expect, report_progress, start
from qxportal.ledger.models import Job
from qxportal.ledger.problems import reason_of
from qxportal.threesixty.calls.assessments import (
    GetAssessment,
    GetAssessments,
    GetCustomRelationships,
    GetEvaluationStatus,
    GetSubjectStatus,
)
from qxportal.threesixty.calls.base import Call
from qxportal.threesixty.calls.library import GetLibraryMessage, GetLibraryMessages, GetLibraryObjectIDs
from qxportal.threesixty.calls.persons import GetPersons
from qxportal.threesixty.calls.reports import GetSubjectReport, GetSubjectReportPDF
from qxportal.threesixty.calls.surveys import GetQuotas, GetSurvey, GetSurveyName, GetSurveys
from qxportal.threesixty.calls.users import GetUserIDs
from qxportal.threesixty.catalogue import CATALOGUE
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.enums import SubjectStatus
from qxportal.threesixty.errors import BadCredential, MalformedResponse, Rejected
from qxportal.ui.stored_messages import Message, gettext_stored, ngettext_stored

Found = dict[str, Any]  # request -> its answer
Question = Callable[[Found], Call[Any] | None]  # builds a call from earlier answers; None if they lack what it needs


def start_probe(org: Organisation, *, by: Member) -> Job:
    """Start the API check as a job."""
    return start(org, PROBE, by=by)


@job(PROBE)
def probe(job: Job) -> Message:
    """Try each request in turn and report its result."""
    expect(job, len(QUESTIONS))
    found: Found = {}
    with client_for(job.org, even_if_refused=True) as threesixty:
        for request, question in QUESTIONS.items():
            call = question(found)
            if call is None:
                report_progress(
                    job, READINGS[request], words=gettext_stored("Not checked: there is no record to ask for")
                )
                continue
            ok, words = _try(threesixty, call, found)
            report_progress(job, READINGS[request], ok=ok, words=words)
    return ngettext_stored(
        "%(known)s of %(n)s request answered.",
        "%(known)s of %(n)s requests answered.",
        len(QUESTIONS),
        known=len(found),
    )


def _try(threesixty: ThreeSixty, call: Call[Any], found: Found) -> tuple[bool, Message]:
    try:
        found[call.request] = threesixty.call(call)
    except BadCredential:
        raise
    except MalformedResponse as problem:
        return False, reason_of(problem)
    except Rejected as problem:
        if problem.status != 404:
            return problem.code == "version", reason_of(problem)
        return False, _another_name(threesixty, call) or reason_of(problem)
    return True, gettext_stored("Answered")


def _another_name(threesixty: ThreeSixty, call: Call[Any]) -> Message:
    """Try a request's known aliases; records one that answers, for a person to confirm."""
    refused = threesixty.heard[call.request]
    for alias in CATALOGUE[call.request].aliases:
        try:
            threesixty.renamed(call.request, alias).call(call)
        except BadCredential:
            raise
        except (Rejected, MalformedResponse):
            continue
        threesixty.heard[call.request] = replace(refused, works=alias)
        return gettext_stored("Unknown under this name, but “%(alias)s” answered.", alias=alias)
    return ""


def _assessment(found: Found) -> Any:
    """An active assessment if possible, as it has subjects."""
    listed = found.get("getAssessments") or ()
    return next((one for one in listed if one.status == "Active"), listed[0] if listed else None)


def _first(found: Found, request: str) -> Any:
    return next(iter(found.get(request) or ()), None)


def _of_assessment(make: Callable[[str], Call[Any]]) -> Question:
    return lambda found: make(one.vendor_id) if (one := _assessment(found)) else None


def _of_survey(make: Callable[[str], Call[Any]]) -> Question:
    return lambda found: make(one.vendor_id) if (one := _first(found, "getSurveys")) else None


def _of_library(make: Callable[[str], Call[Any]]) -> Question:
    return lambda found: make(one.vendor_id) if (one := _first(found, "getUserIDs")) else None


def _of_subject(make: Callable[[str, str], Call[Any]]) -> Question:
    """For a subject whose round is open: a trial request must not fix what a first report shows."""

    def question(found: Found) -> Call[Any] | None:
        waiting = (one for one in found.get("getSubjectStatus") or () if one.status == SubjectStatus.WAITING)
        assessment, subject = _assessment(found), next(waiting, None)
        return make(assessment.vendor_id, subject.person_id) if assessment and subject else None

    return question


def _message(found: Found) -> Call[Any] | None:
    user, message = _first(found, "getUserIDs"), _first(found, "getLibraryMessages")
    return GetLibraryMessage(library_id=user.vendor_id, message_id=message.vendor_id) if user and message else None


# All reading requests except getLegacyResponseData: raw answers are read on purpose only, by those who may.
QUESTIONS: Mapping[str, Question] = {
    "getAssessments": lambda _: GetAssessments(),
    "getPersons": lambda _: GetPersons(record_limit=1),
    "getSurveys": lambda _: GetSurveys(),
    "getUserIDs": lambda _: GetUserIDs(offset=0, limit=1),
    "getAssessment": _of_assessment(lambda one: GetAssessment(assessment_id=one)),
    "getCustomRelationships": _of_assessment(lambda one: GetCustomRelationships(assessment_id=one)),
    "getSubjectStatus": _of_assessment(lambda one: GetSubjectStatus(assessment_id=one)),
    "getEvaluationStatus": _of_assessment(
        lambda one: GetEvaluationStatus(assessment_id=one, include_evaluation_responses=False)
    ),
    "getSubjectReport": _of_subject(lambda one, person: GetSubjectReport(assessment_id=one, person_id=person)),
    "getSubjectReportPDF": _of_subject(
        lambda one, person: GetSubjectReportPDF(assessment_id=one, person_id=person, viewer="Admin")
    ),
    "getSurvey": _of_survey(lambda one: GetSurvey(survey_id=one)),
    "getSurveyName": _of_survey(lambda one: GetSurveyName(survey_id=one)),
    "getQuotas": _of_survey(lambda one: GetQuotas(survey_id=one)),
    "getLibraryMessages": _of_library(lambda one: GetLibraryMessages(library_id=one)),
    "getLibraryMessage": _message,
    "getLibraryObjectIDs": _of_library(lambda one: GetLibraryObjectIDs(library_id=one)),
}
