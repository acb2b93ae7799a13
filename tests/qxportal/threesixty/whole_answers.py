"""Whole answers, each with the call that it answers."""

import base64
import json

from qxportal.threesixty.calls.assessments import GetAssessments, GetSubjectStatus
from qxportal.threesixty.calls.persons import CreatePerson, GetLazyPersons
from qxportal.threesixty.calls.reports import GetSubjectReportPDF
from qxportal.threesixty.calls.responses import GetLegacyResponseData
from qxportal.threesixty.calls.surveys import GetSurvey
from tests.qxportal.threesixty.conftest import answer, success
from tests.qxportal.threesixty.recorded import (
    BARE,
    CSV,
    CSV_TYPE,
    PDF,
    PERSONS,
    RESPONSES_CSV,
    RESPONSES_HTML,
    RESPONSES_XML,
    ROWS,
    SURVEY,
    XML,
)

READING = GetAssessments()
PDF_CALL = GetSubjectReportPDF(assessment_id="TS_8sLqH2mTz0aXc41", person_id="P_3kd92mXq0PzLw7b", viewer="Admin")
RESPONSES = GetLegacyResponseData(survey_id="SV_1")

WHOLE = {
    "json": (READING, success(ROWS)),
    "json in chunks": (READING, success(ROWS, framing="chunked")),
    "json until close": (READING, success(ROWS, framing="close")),
    "json left unread": (GetLazyPersons(), success(PERSONS)),
    "json left unread until close": (GetLazyPersons(), success(PERSONS, framing="close")),
    "csv": (GetSubjectStatus(assessment_id="TS_1"), answer(CSV, kind=CSV_TYPE)),
    "csv in chunks": (GetSubjectStatus(assessment_id="TS_1"), answer(CSV, kind=CSV_TYPE, framing="chunked")),
    "pdf": (PDF_CALL, answer(PDF, kind="application/pdf")),
    "pdf in base64": (PDF_CALL, success({"PDF": base64.encodebytes(PDF).decode()})),
    "xml envelope": (READING, answer(XML, kind="text/xml")),
    "survey xml": (GetSurvey(survey_id="SV_1"), answer(SURVEY, kind="text/xml; charset=utf-8")),
    "responses in json": (RESPONSES, answer(json.dumps(BARE))),
    "responses in csv": (RESPONSES, answer(RESPONSES_CSV, kind=CSV_TYPE)),
    "responses in xml": (RESPONSES, answer(RESPONSES_XML, kind="text/xml")),
    "responses in html": (RESPONSES, answer(RESPONSES_HTML, kind="text/html; charset=utf-8")),
    "change": (CreatePerson(email="a@b.example", first_name="Anna", last_name="Berger"), success({"PersonID": "P_1"})),
}
