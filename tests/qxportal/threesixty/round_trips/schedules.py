"""Calls of our own about an assessment's dates."""

from datetime import UTC, datetime, timedelta

from qxportal.threesixty.calls.schedules import GetSchedule, SetExtension, SetSchedule
from qxportal.threesixty.records.schedules import ScheduleRecord
from tests.qxportal.threesixty.round_trips.place import Place, RoundTrip


def _in(days: int) -> datetime:
    return (datetime.now(UTC) + timedelta(days=days)).replace(microsecond=0)


def _told(at: Place) -> ScheduleRecord:
    (found,) = at.call(GetSchedule(assessment_id=at.review.public_id))
    return found


def _closing(at: Place) -> SetSchedule:
    return SetSchedule(
        assessment_id=at.review.public_id,
        opens_at=_in(1),
        remind_at=(_in(3), _in(2)),
        closes_at=_in(4),
        report_at=_in(9),
        close_sessions=True,
        delete_mailings=True,
        ready_reports=False,
    )


def get_schedule(at: Place) -> None:
    assert at.call(GetSchedule()) == ()
    at.call(_closing(at))
    assert at.call(GetSchedule()) == (_told(at),)


def set_schedule(at: Place) -> None:
    wanted = _closing(at)
    at.carry_out(wanted)
    told = _told(at)
    assert (told.opens_at, told.closes_at, told.report_at) == (wanted.opens_at, wanted.closes_at, wanted.report_at)
    assert told.remind_at == tuple(sorted(wanted.remind_at))
    assert (told.close_sessions, told.delete_mailings, told.ready_reports) == (True, True, False)
    assert (told.closed_at, told.problem, told.time_zone) == (None, "", "UTC")


def set_extension(at: Place) -> None:
    at.call(_closing(at))
    until = _in(6)
    review, anna = at.review.public_id, at.anna.public_id
    at.carry_out(SetExtension(assessment_id=review, person_id=anna, until=until))
    assert [(one.person_id, one.until) for one in _told(at).extensions] == [(anna, until)]
    at.carry_out(SetExtension(assessment_id=review, person_id=anna))
    assert _told(at).extensions == ()


ROUND_TRIPS: dict[str, RoundTrip] = {
    "qxGetSchedule": get_schedule,
    "qxSetExtension": set_extension,
    "qxSetSchedule": set_schedule,
}
