"""What does not leave: unknown words, requests of later versions, what UTF-8 cannot say."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import pytest

from qxportal.threesixty.calls.assessments import CreateAssessment, GetAssessments, SetSubjectStatus
from qxportal.threesixty.calls.library import CreateLibraryMessage, UploadLibraryGraphic
from qxportal.threesixty.calls.persons import CreatePerson
from qxportal.threesixty.calls.reports import GetSubjectReportPDF
from qxportal.threesixty.calls.responses import GetLegacyResponseData
from qxportal.threesixty.calls.surveys import ImportSurvey
from qxportal.threesixty.calls.users import GetUserIDs, UpdateUser
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.enums import AssessmentType, SubjectStatus
from qxportal.threesixty.errors import Rejected
from qxportal.threesixty.secret import Secret
from tests.qxportal.threesixty.conftest import TOKEN, success
from tests.qxportal.threesixty.uploads import TS, P


def test_below_2_3_the_predecessor_creates_without_a_type(vendor):
    vendor.says(success("TS_8sLqH2mTz0aXc41"))
    with ThreeSixty(vendor.url, "hr", Secret(TOKEN), version="2.2", allow_loopback=True) as client:
        assert client.call(CreateAssessment(name="Leadership 2026")).vendor_id == TS

    sent = dict(parse_qsl(vendor.asked[0].partition(b"\r\n\r\n")[2].decode()))
    assert sent["Request"] == "createThreeSixty"
    assert "Type" not in sent


def test_a_version_too_low_is_refused_before_sending(vendor):
    vendor.says(success({}))
    call = SetSubjectStatus(assessment_id=TS, subject_id=P, status=SubjectStatus.DONE, close_sessions=False)
    with ThreeSixty(vendor.url, "hr", Secret(TOKEN), version="2.2", allow_loopback=True) as client:  # noqa: SIM117
        with pytest.raises(Rejected, match=r"needs version 2\.3"):
            client.call(call)
    assert vendor.asked == []


def test_a_name_can_be_overridden(vendor):
    vendor.says(success({"Assessments": []}))
    names = {"getAssessments": "getThreeSixties"}
    with ThreeSixty(vendor.url, "hr", Secret(TOKEN), names=names, allow_loopback=True) as client:
        assert client.call(GetAssessments()) == ()
    assert b"Request=getThreeSixties&" in vendor.asked[0]


def word(text: str) -> Any:
    """A word as a form or a file brings it: plain text."""
    return text


@pytest.mark.parametrize(
    "make",
    [
        lambda: SetSubjectStatus(assessment_id=TS, subject_id=P, status=word("Finished"), close_sessions=False),
        lambda: CreateAssessment(name="Leadership", type=word("720")),
        lambda: GetSubjectReportPDF(assessment_id=TS, person_id=P, viewer="Everybody"),
        lambda: CreateLibraryMessage(library_id="UR_1", name="Invitation", category=word("Mail"), message="Hello"),
        lambda: UpdateUser(user_id="UR_1", status=word("Gone")),
        lambda: ImportSurvey(name="Leadership", import_format=word("PDF"), file_contents=b"%PDF"),
        lambda: GetLegacyResponseData(survey_id="SV_1", response_format=word("XLSX")),
        lambda: GetLegacyResponseData(survey_id="SV_1", response_id="R_1", subgroup_id="SG_1"),
        lambda: GetLegacyResponseData(survey_id="SV_1", local_time=True, end_date=datetime(2026, 3, 1, tzinfo=UTC)),
        lambda: GetUserIDs(offset=10),
        lambda: UploadLibraryGraphic(library_id="UR_1", description="Logo", file_contents=b"<svg/>"),
        lambda: ImportSurvey(name="Leadership", file_contents=b" " * (8 * 1024 * 1024 + 1)),
    ],
)
def test_an_unknown_word_is_refused_before_sending(make):
    with pytest.raises(ValueError):
        make()


def test_a_refused_word_names_its_parameter_and_the_choices():
    with pytest.raises(ValueError, match=r"^Type is one of 360, EE, EmployeePulse\.$"):
        CreateAssessment(name="Leadership", type=word("720"))
    with pytest.raises(ValueError, match=r"^ImportFormat is one of TXT, QSF, DOC, DOCX\.$"):
        ImportSurvey(name="Leadership", import_format=word("PDF"), file_contents=b"%PDF")
    with pytest.raises(ValueError, match=r"^Format is one of JSON, CSV, XML, HTML\.$"):
        GetLegacyResponseData(survey_id="SV_1", response_format=word("XLSX"))


def test_known_words_may_come_as_text():
    assert CreateAssessment(name="Pulse", type=word("EmployeePulse")).type is AssessmentType.EMPLOYEE_PULSE


def test_a_value_that_utf8_cannot_say_is_refused(vendor, threesixty):
    vendor.says(success({}))
    with pytest.raises(Rejected):
        threesixty.call(CreatePerson(email="a@acme.example", first_name="Anna\ud800", last_name="Berger"))
    assert vendor.asked == []
