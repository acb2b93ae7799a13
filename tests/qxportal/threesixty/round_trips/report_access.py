"""Calls of our own beside the API's: who may open a report on the site."""

from datetime import UTC, datetime

from qxportal.threesixty.calls.report_access import (
    GetReportAccess,
    GetReportKey,
    Reader,
    SetReportAccess,
    SetReportAccesses,
)
from tests.qxportal.threesixty.round_trips.place import Place, RoundTrip

FROM, UNTIL = datetime(2027, 1, 4, 8, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC)


def _access(at: Place) -> SetReportAccess:
    return SetReportAccess(
        assessment_id=at.review.public_id,
        subject_id=at.anna.public_id,
        person_id=at.boris.public_id,
        viewer=Reader.MANAGER,
        from_at=FROM,
        until_at=UNTIL,
    )


def get_report_access(at: Place) -> None:
    assert at.call(GetReportAccess(assessment_id=at.review.public_id)) == ()
    at.call(_access(at))
    (record,) = at.call(GetReportAccess(assessment_id=at.review.public_id, subject_id=at.anna.public_id))
    assert (record.subject_id, record.person_id) == (at.anna.public_id, at.boris.public_id)
    assert (record.first_name, record.last_name, record.left) == ("Boris", "Ilić", False)
    assert (record.viewer, record.state, record.from_at, record.until_at) == ("Manager", "Planned", FROM, UNTIL)
    assert (record.edition, record.opened_at, record.approval) == (0, None, None)


def get_report_key(at: Place) -> None:
    at.done()

    def key(viewer: str) -> str:
        return at.call(GetReportKey(assessment_id=at.review.public_id, person_id=at.anna.public_id, viewer=viewer))

    assert key("Admin") == key("Admin") != key("Subject")


def set_report_access(at: Place) -> None:
    at.carry_out(_access(at))


def set_report_accesses(at: Place) -> None:
    at.carry_out(SetReportAccesses.of([_access(at)]))
    (record,) = at.call(GetReportAccess(assessment_id=at.review.public_id, subject_id=at.anna.public_id))
    assert (record.person_id, record.viewer, record.until_at) == (at.boris.public_id, "Manager", UNTIL)


ROUND_TRIPS: dict[str, RoundTrip] = {
    "qxGetReportAccess": get_report_access,
    "qxGetReportKey": get_report_key,
    "qxSetReportAccess": set_report_access,
    "qxSetReportAccesses": set_report_accesses,
}
