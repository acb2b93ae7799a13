"""Our own requests beside the catalogue's: group `schedules`."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from qxportal.engine.models import Extension, Schedule
from tests.qxportal.engine.conformance.assessments import named
from tests.qxportal.engine.conformance.case import Case, Parameters, SampleReview

SWITCHES = {"CloseSessions": "1", "DeleteMailings": "0", "ReadyReports": "1"}


def _in(days: int) -> str:
    return (timezone.now() + timedelta(days=days)).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _dates(sample: SampleReview) -> Parameters:
    reminders = f"{_in(3)},{_in(2)}"
    dates = {"OpensAt": _in(1), "RemindAt": reminders, "ClosesAt": _in(4), "ReportAt": _in(5)}
    return {**dates, "IdempotencyKey": uuid4().hex}


def _late(sample: SampleReview) -> Parameters:
    assessment = sample.subject.assessment
    closes_at = timezone.now() + timedelta(days=1)
    sample.run(Schedule.objects.get_or_create, assessment=assessment, brand=assessment.brand)
    sample.run(Schedule.objects.filter(assessment=assessment).update, closes_at=closes_at)
    return {**named(sample), "PersonID": sample.people[0].public_id}


def _schedule(sample: SampleReview) -> Schedule:
    found: Schedule = sample.run(Schedule.objects.get, assessment=sample.assessment)
    return found


def _is_set(sample: SampleReview, sent: Parameters, result: Any) -> None:
    found = _schedule(sample)
    assert _said(found.closes_at) == sent["ClosesAt"]
    assert [_said(at) for at in found.remind_at] == sorted(sent["RemindAt"].split(","))
    assert (found.close_sessions, found.delete_mailings, found.ready_reports) == (True, False, True)


def _is_extended(sample: SampleReview, sent: Parameters, result: Any) -> None:
    rows = Extension.objects.filter(schedule__assessment=sample.assessment)
    extensions = sample.run(lambda: [_said(one.until) for one in rows])
    assert extensions == [sent["Until"]]


def _said(at: datetime | None) -> str:
    assert at is not None
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


CASES = {
    "qxGetSchedule": Case(required=lambda sample: {}, full=named),
    "qxSetExtension": Case(
        required=_late, full=lambda sample: {"Until": _in(2), "IdempotencyKey": uuid4().hex}, state=_is_extended
    ),
    "qxSetSchedule": Case(required=lambda sample: {**named(sample), **SWITCHES}, full=_dates, state=_is_set),
}
