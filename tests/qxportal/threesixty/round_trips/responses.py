"""Calls for and with whole responses."""

from dataclasses import replace

from qxportal.threesixty.calls.assessments import GetEvaluationStatus
from qxportal.threesixty.calls.responses import GetLegacyResponseData, ImportResponses
from qxportal.threesixty.csv import to_csv
from qxportal.threesixty.enums import ResponseFormat
from tests.qxportal.threesixty.round_trips.place import Place, RoundTrip


def get_legacy_response_data(at: Place) -> None:
    asked = GetLegacyResponseData(survey_id=at.review.survey.public_id, export_tags=True)
    [record] = at.call(asked)
    assert (record.vendor_id[:2], record.status, record.finished) == ("R_", "32", True)
    assert record.values["Q1"] in "12345"
    assert record.values["Relationship"] == "Manager"
    assert record.finished_at is not None
    for form in (ResponseFormat.CSV, ResponseFormat.XML, ResponseFormat.HTML):
        assert at.call(replace(asked, response_format=form)) == (record,), form
    [begun] = at.call(replace(asked, responses_in_progress=True))
    assert (begun.vendor_id[:3], begun.finished) == ("FS_", False)
    assert at.call(replace(asked, last_response_id=record.vendor_id)) == ()


def import_responses(at: Place) -> None:
    columns = ("SubjectUniqueIdentifier", "ParticipantUniqueIdentifier", "Relationship", "Unsolicited", "QID1", "QID13")
    rows = [(at.anna.public_id, at.dana.public_id, "Peer", "1", "4", "Bleibt ruhig, wenn es eng wird.")]
    at.carry_out(ImportResponses(assessment_id=at.review.public_id, file_contents=to_csv(columns, rows)))
    listed = at.call(GetEvaluationStatus(assessment_id=at.review.public_id, include_evaluation_responses=True))
    [imported] = [one for one in listed if one.evaluator_id == at.dana.public_id]
    assert (imported.status, imported.unsolicited) == ("Completed", True)
    assert (imported.answers["QID1"], imported.answers["QID13"]) == ("4", "Bleibt ruhig, wenn es eng wird.")


ROUND_TRIPS: dict[str, RoundTrip] = {
    "getLegacyResponseData": get_legacy_response_data,
    "importResponses": import_responses,
}
