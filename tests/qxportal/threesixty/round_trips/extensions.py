"""Calls of our own beside the API's."""

from qxportal.engine.models import Voice
from qxportal.threesixty.calls.extensions import ConfirmManager, GetEditions, HideReportLine, TakeOutAnswers
from qxportal.threesixty.calls.reports import GetSubjectReport
from tests.qxportal.threesixty.round_trips.place import Place, RoundTrip


def get_editions(at: Place) -> None:
    (record,) = at.call(GetEditions(assessment_id=at.review.public_id))
    assert (record.subject_id, record.edition, record.status) == (at.anna.public_id, 0, "Waiting")
    assert (record.manager_state, record.manager_id) == ("unconfirmed", at.boris.public_id)
    assert [(line.line, line.kind, line.answered, line.waiting) for line in record.lines] == [
        ("Self", "self", 0, 0),
        ("Manager", "group", 1, 1),
        ("Peer", "group", 0, 0),
    ]
    assert (record.open, record.in_progress, record.pending, record.minimum) == (2, 1, True, 3)
    assert (record.withheld, record.merge_for_good) == (("Manager",), ())


def confirm_manager(at: Place) -> None:
    at.carry_out(
        ConfirmManager(assessment_id=at.review.public_id, subject_id=at.anna.public_id, person_id=at.boris.public_id)
    )
    (record,) = at.call(GetEditions(assessment_id=at.review.public_id, subject_id=at.anna.public_id))
    manager = record.line("Manager")
    assert manager is not None
    assert manager.kind == "manager"


def hide_report_line(at: Place) -> None:
    at.carry_out(HideReportLine(assessment_id=at.review.public_id, subject_id=at.anna.public_id, line="Peer"))


def take_out_answers(at: Place) -> None:
    at.done()
    at.call(GetSubjectReport(assessment_id=at.review.public_id, person_id=at.anna.public_id))
    at.carry_out(
        TakeOutAnswers(assessment_id=at.review.public_id, subject_id=at.anna.public_id, person_id=at.boris.public_id)
    )
    assert at.engine.run(Voice.objects.filter(taken_out=True).count) == 1


ROUND_TRIPS: dict[str, RoundTrip] = {
    "qxConfirmManager": confirm_manager,
    "qxGetEditions": get_editions,
    "qxHideReportLine": hide_report_line,
    "qxTakeOutAnswers": take_out_answers,
}
