"""Whether a reading shows a change: never yes where it does not, and no crash where it cannot tell."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from qxportal.threesixty.calls.assessments import UpdateAssessment
from qxportal.threesixty.calls.library import SetLibraryMessage
from qxportal.threesixty.calls.persons import ImportPersons
from qxportal.threesixty.calls.responses import ImportResponses
from qxportal.threesixty.calls.surveys import SetSurveyOptions
from qxportal.threesixty.enums import ImportType
from qxportal.threesixty.records import AssessmentRecord, EvaluationRecord, MessageRecord, PersonRecord, SurveyRecord

ANNA = PersonRecord(vendor_id="P_1", email="Anna@acme.example")


def imported(text):
    return ImportPersons(
        type=ImportType.DIRECTORY,
        file_contents=text,
        clean_import=False,
        clear_relationships=False,
        update_responses=False,
    )


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_an_imported_file_need_not_end_with_a_line_end(end):
    assert imported(f"FirstName,Email\r\nAnna,anna@acme.example{end}").shows((ANNA,)) is True
    assert imported(f"FirstName,Email\r\nBoris,boris@acme.example{end}").shows((ANNA,)) is False


@pytest.mark.parametrize("text", ["", "FirstName\nAnna\n", 'Email\n"anna@acme.example', "Email,Email\na,b\n"])
def test_of_a_file_that_names_nobody_nothing_can_be_told(text):
    assert imported(text).shows((ANNA,)) is None
    assert ImportResponses(assessment_id="TS_1", file_contents=text).shows(()) is None


def test_imported_responses_show_as_finished_pairs():
    text = "SubjectUniqueIdentifier,ParticipantUniqueIdentifier,QID1\r\nP_1,P_2,4"
    pair = EvaluationRecord(subject_id="P_1", evaluator_id="P_2", status="Completed")
    call = ImportResponses(assessment_id="TS_1", file_contents=text)

    assert call.shows((pair,)) is True
    assert call.shows((replace(pair, status="InProgress"),)) is False


@pytest.mark.parametrize(
    ("there", "wanted", "shown"),
    [
        ({"SelfEvaluation": "1"}, {"SelfEvaluation": True}, True),
        ({"SelfEvaluation": "1"}, {"SelfEvaluation": False}, False),
        ({}, {"SelfEvaluation": False}, False),
        ({"Limits": {"Peer": "5"}}, {"Limits": {"Peer": 5}}, True),
        ({"Limits": {"Peer": "5"}}, {"Limits": {"Peer": 6}}, False),
        ({"Limits": {"Peer": "5"}}, {"Limits": {}}, False),
        ({"Limits": []}, {"Limits": {}}, True),
        ({"Limits": ""}, {"Limits": {}}, True),
        ({"Languages": ["EN", "DE"]}, {"Languages": ("EN", "DE")}, True),
        ({"Languages": ["EN", "DE"]}, {"Languages": ("DE", "EN")}, False),
    ],
)
def test_options_show_however_they_are_spelled(there, wanted, shown):
    record = AssessmentRecord(vendor_id="TS_1", workflow_options=there)

    assert UpdateAssessment(assessment_id="TS_1", workflow_options=wanted).shows(record) is shown


def test_a_time_shows_without_its_fractions_of_a_second():
    until = datetime(2027, 1, 31, 18, 0, 0, 250_000, tzinfo=UTC)
    call = SetSurveyOptions(survey_id="SV_1", close_sessions=False, expires=True, valid_until=until)

    assert call.shows((SurveyRecord(vendor_id="SV_1", expires_at=datetime(2027, 1, 31, 18, tzinfo=UTC)),)) is True
    assert call.shows((SurveyRecord(vendor_id="SV_1", expires_at=datetime(2027, 1, 31, 19, tzinfo=UTC)),)) is False


def test_a_text_shows_in_its_language_in_whatever_case_the_code_is():
    there = MessageRecord(texts={"EN": "Hello", "DE": "Guten Tag"})
    message = SetLibraryMessage(library_id="UR_1", message_id="MS_1", message="Guten Tag", language="de")

    assert message.shows(there) is True
    assert replace(message, language="en").shows(there) is False
    assert replace(message, language=None, message={"en": "Hello", "de": "Guten Tag"}).shows(there) is True
