"""The round trip of each request, one module per group of calls."""

from tests.qxportal.threesixty.round_trips import (
    assessments,
    evaluators,
    extensions,
    group_reports,
    letters,
    library,
    mailings,
    nominations,
    persons,
    report_access,
    reports,
    responses,
    schedules,
    surveys,
    thresholds,
    users,
)

ROUND_TRIPS = {
    **assessments.ROUND_TRIPS,
    **evaluators.ROUND_TRIPS,
    **extensions.ROUND_TRIPS,
    **group_reports.ROUND_TRIPS,
    **letters.ROUND_TRIPS,
    **library.ROUND_TRIPS,
    **mailings.ROUND_TRIPS,
    **nominations.ROUND_TRIPS,
    **persons.ROUND_TRIPS,
    **report_access.ROUND_TRIPS,
    **reports.ROUND_TRIPS,
    **responses.ROUND_TRIPS,
    **schedules.ROUND_TRIPS,
    **thresholds.ROUND_TRIPS,
    **surveys.ROUND_TRIPS,
    **users.ROUND_TRIPS,
}
