"""How each request is tried by `test_every_request_as_documented`: one module per group of the catalogue."""

from tests.qxportal.engine.conformance import (
    assessments,
    editions,
    evaluators,
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

CASES = {
    **assessments.CASES,
    **editions.CASES,
    **evaluators.CASES,
    **group_reports.CASES,
    **letters.CASES,
    **library.CASES,
    **mailings.CASES,
    **nominations.CASES,
    **persons.CASES,
    **report_access.CASES,
    **reports.CASES,
    **responses.CASES,
    **schedules.CASES,
    **thresholds.CASES,
    **surveys.CASES,
    **users.CASES,
}
