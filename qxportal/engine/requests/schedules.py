"""Our own requests about an assessment's dates, and about extensions."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from qxportal.engine.http.api_responses import stamp
from qxportal.engine.http.arguments import Arguments
from qxportal.engine.http.errors import Forbidden, Invalid
from qxportal.engine.models import Extension, Participant, Schedule, User
from qxportal.engine.people import access, confidential
from qxportal.engine.schedules import dates as schedule_dates

FORM = "%Y-%m-%d %H:%M:%S"


def get_schedule(user: User, arguments: Arguments) -> object:
    """The dates of one assessment, or of all with a schedule that the caller administers."""
    runs = access.assessments(user).filter(access.administered(user))
    if arguments.has("ThreeSixtyID"):
        runs = runs.filter(pk=access.assessment(user, arguments.text("ThreeSixtyID")).pk)
    own_ids = confidential.own_person_ids(user)
    found = Schedule.objects.filter(assessment__in=runs.order_by().values("pk")).select_related("assessment", "brand")
    # extensions reveal who has not answered, so subjects never see them
    subjects = Participant.objects.filter(is_subject=True, person__in=own_ids)
    hidden = list(found.filter(assessment__in=subjects.values("assessment")).values_list("pk", flat=True))
    extensions: dict[int, list[dict[str, object]]] = {}
    rows = Extension.objects.filter(schedule__in=found.order_by().values("pk")).exclude(schedule__in=hidden)
    for schedule, person, until in rows.order_by("pk").values_list("schedule", "person__public_id", "until"):
        extensions.setdefault(schedule, []).append({"PersonID": person, "Until": stamp(until)})
    return {"Schedules": [_record(one, extensions.get(one.pk, [])) for one in found.order_by("pk")]}


def set_schedule(user: User, arguments: Arguments) -> object:
    """Replace all of an assessment's dates; those not given are cleared."""
    assessment = access.assessment(user, arguments.text("ThreeSixtyID"), lock=True)
    dates = schedule_dates.Dates(
        opens_at=_moment("OpensAt", arguments.text("OpensAt")),
        closes_at=_moment("ClosesAt", arguments.text("ClosesAt")),
        remind_at=[at for text in arguments.items("RemindAt") if (at := _moment("RemindAt", text))],
        report_at=_moment("ReportAt", arguments.text("ReportAt")),
        close_sessions=arguments.flag("CloseSessions"),
        delete_mailings=arguments.flag("DeleteMailings"),
        ready_reports=arguments.flag("ReadyReports"),
    )
    schedule_dates.set_dates(assessment, dates)
    return {"Success": True}


def set_extension(user: User, arguments: Arguments) -> object:
    """Set or remove one person's extension."""
    assessment = access.assessment(user, arguments.text("ThreeSixtyID"), lock=True)
    if confidential.is_subject(user, assessment):
        raise Forbidden("Who is a subject of the assessment does not decide who may answer for longer.")
    person = access.person(user, arguments.required("PersonID"))
    schedule_dates.extend(assessment, person, _moment("Until", arguments.text("Until")))
    return {"Success": True}


def _record(schedule: Schedule, extensions: list[dict[str, object]]) -> dict[str, object]:
    return {
        "ThreeSixtyID": schedule.assessment.public_id,
        "OpensAt": stamp(schedule.opens_at),
        "ClosesAt": stamp(schedule.closes_at),
        "RemindAt": [stamp(at) for at in schedule.remind_at],
        "ReportAt": stamp(schedule.report_at),
        "CloseSessions": int(schedule.close_sessions),
        "DeleteMailings": int(schedule.delete_mailings),
        "ReadyReports": int(schedule.ready_reports),
        "Opened": stamp(schedule.opened_at),
        "Closed": stamp(schedule.closed_at),
        "Reported": stamp(schedule.reported_at),
        "Problem": schedule.problem,
        "TimeZone": schedule.brand.zone.key,
        "Extensions": extensions,
    }


def _moment(parameter: str, text: str) -> datetime | None:
    """A time in UTC; None if empty; raises Invalid."""
    if not text:
        return None
    try:
        return datetime.strptime(text, FORM).replace(tzinfo=UTC)
    except ValueError as error:
        raise Invalid(parameter, "YYYY-MM-DD hh:mm:ss in UTC is expected.") from error


HANDLERS: Mapping[str, Callable[[User, Arguments], object]] = {
    "qxGetSchedule": get_schedule,
    "qxSetExtension": set_extension,
    "qxSetSchedule": set_schedule,
}
