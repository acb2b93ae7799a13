"""What leaves: each call's parameters, spelled as documented, with secrets in the body alone."""

import importlib
import json
import logging
import pickle
import pkgutil
from copy import copy
from dataclasses import fields
from email import message_from_bytes
from typing import Any
from urllib.parse import parse_qsl

import pytest

from qxportal.threesixty import calls
from qxportal.threesixty.calls.assessments import (
    ActivateAssessment,
    CloseAssessment,
    CreateAssessment,
    GetAssessment,
    GetAssessments,
    GetCustomRelationships,
    GetEvaluationStatus,
    GetSubjectStatus,
    SetCustomRelationships,
    SetSubjectStatus,
)
from qxportal.threesixty.calls.base import Call, CallClass
from qxportal.threesixty.calls.persons import AddPerson, CreatePerson, GetPersons, ImportPersons, RemovePerson
from qxportal.threesixty.calls.reports import GetSubjectReport, GetSubjectReportPDF
from qxportal.threesixty.calls.surveys import GetSurveys
from qxportal.threesixty.catalogue import CATALOGUE
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.errors import OutcomeUnknown, Rejected, Temporary, ThreeSixtyError
from qxportal.threesixty.records import RelationshipRecord
from qxportal.threesixty.secret import Secret
from qxportal.threesixty.words import AssessmentType, ImportType, SubjectStatus
from tests.qxportal.threesixty.conftest import TOKEN, answer, failure, success

for module in pkgutil.iter_modules(calls.__path__):
    importlib.import_module(f"{calls.__name__}.{module.name}")
EVERY_CALL = sorted(Call.__subclasses__(), key=lambda call: call.request)
DANGEROUS = {
    "CloseSessions", "RemoveEvaluations", "CleanImport", "ClearRelationships", "UpdateResponses", "DeleteMailings",
    "ReadyReports", "IncludeEvaluationResponses", "Viewer",
}  # fmt: skip
TS, P = "TS_8sLqH2mTz0aXc41", "P_3kd92mXq0PzLw7b"
CUSTOMER = RelationshipRecord(name="Customer", translations={"DE": "Kundin"})
CUSTOMER_JSON = [{"Name": "Customer", "Translations": {"DE": "Kundin"}}]

SENT = [
    (GetAssessments(), {}),
    (GetAssessment(assessment_id=TS), {"ThreeSixtyID": TS}),
    (
        CreateAssessment(
            name="Führung & Kultur 2026", survey_id="SV_1", workflow_options={"SelfEvaluation": True},
            relationships=(CUSTOMER,),
        ),
        {
            "Name": "Führung & Kultur 2026", "Type": "360", "SurveyID": "SV_1",
            "WorkFlowOptions": {"SelfEvaluation": True}, "Relationships": CUSTOMER_JSON,
        },
    ),
    (ActivateAssessment(assessment_id=TS), {"ThreeSixtyID": TS}),
    (
        CloseAssessment(assessment_id=TS, close_sessions=False, delete_mailings=True, ready_reports=False),
        {"ThreeSixtyID": TS, "CloseSessions": "0", "DeleteMailings": "1", "ReadyReports": "0"},
    ),
    (
        GetPersons(include_metadata=True, start_index=40, record_limit=20),
        {"IncludeMetaData": "1", "StartIndex": "40", "RecordLimit": "20"},
    ),
    (
        CreatePerson(email="zoë@acme.example", first_name="Zoë", last_name="O'Neill", metadata={"Cost centre": "4+2"}),
        {
            "Email": "zoë@acme.example", "FirstName": "Zoë", "LastName": "O'Neill", "External": "0",
            "MetaData[Cost centre]": "4+2",
        },
    ),
    (
        AddPerson(person_id=P, assessment_id=TS, external=True),
        {"PersonID": P, "ThreeSixtyID": TS, "External": "1", "ForceUpdate": "0"},
    ),
    (
        RemovePerson(person_id=P, assessment_id=TS, remove_evaluations=False),
        {"PersonID": P, "ThreeSixtyID": TS, "RemoveEvaluations": "0"},
    ),
    (GetCustomRelationships(assessment_id=TS), {"ThreeSixtyID": TS}),
    (
        SetCustomRelationships(assessment_id=TS, relationships=(CUSTOMER,)),
        {"ThreeSixtyID": TS, "jsonOfRelationships": CUSTOMER_JSON},
    ),
    (GetSubjectStatus(assessment_id=TS), {"ThreeSixtyID": TS}),
    (
        SetSubjectStatus(assessment_id=TS, subject_id=P, status=SubjectStatus.DONE, close_sessions=False),
        {"ThreeSixtyID": TS, "SubjectID": P, "Status": "Done", "CloseSessions": "0"},
    ),
    (
        GetEvaluationStatus(assessment_id=TS, include_evaluation_responses=False),
        {"ThreeSixtyID": TS, "IncludeEvaluationResponses": "0"},
    ),
    (GetSubjectReport(assessment_id=TS, person_id=P), {"ThreeSixtyID": TS, "PersonID": P}),
    (
        GetSubjectReportPDF(assessment_id=TS, person_id=P, viewer="Subject"),
        {"ThreeSixtyID": TS, "PersonID": P, "Viewer": "Subject"},
    ),
    (GetSurveys(), {}),
]  # fmt: skip
UPLOAD = ImportPersons(
    type=ImportType.SUBJECTS, assessment_id=TS, file_contents="FirstName,LastName,Email\r\nZoë,Berg,z@acme.example\r\n",
    clean_import=False, clear_relationships=False, update_responses=False,
)  # fmt: skip


def test_no_call_is_left_out_here():
    assert {type(call) for call, _ in [*SENT, (UPLOAD, {})]} == set(EVERY_CALL)


@pytest.mark.parametrize(("call", "parameters"), SENT, ids=[call.request for call, _ in SENT])
def test_a_call_is_sent_as_documented(vendor, threesixty, call, parameters):
    vendor.says(failure("400 Bad Request", "ESRV35"))
    with pytest.raises(Rejected):
        threesixty.call(call)

    head, _, body = vendor.asked[0].partition(b"\r\n\r\n")
    sent = dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True))

    assert head.startswith(b"POST /WRAPI/ThreeSixty/api.php HTTP/1.1\r\n")
    assert b"accept-encoding: identity" in head.lower()
    assert TOKEN.encode() not in head
    assert {name: sent.pop(name) for name in ("Request", "User", "Token", "Version")} == {
        "Request": call.request, "User": "hr@acme.example#acme", "Token": TOKEN, "Version": "2.5",
    }  # fmt: skip
    assert sent.pop("Format") == ("CSV" if call.request in ("getSubjectStatus", "getEvaluationStatus") else "JSON")
    as_json = [name for name, value in parameters.items() if not isinstance(value, str)]
    assert sent | {name: json.loads(sent[name]) for name in as_json} == parameters


def test_a_file_goes_as_multipart(vendor, threesixty):
    vendor.says(success({"Count": "1", "IgnoredCount": 0, "Persons": []}))

    assert threesixty.call(UPLOAD).count == 1

    head, _, body = vendor.asked[0].partition(b"\r\n\r\n")
    kind = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-type"))
    parts: Any = message_from_bytes(kind + b"\r\n\r\n" + body).get_payload()
    sent = {part.get_param("name", header="content-disposition"): part.get_payload(decode=True) for part in parts}
    assert TOKEN.encode() not in head
    assert sent["FileContents"].decode() == UPLOAD.file_contents
    assert sent["Token"].decode() == TOKEN
    assert {sent[name] for name in ("CleanImport", "ClearRelationships", "UpdateResponses")} == {b"0"}
    assert "URL" not in sent


@pytest.mark.parametrize("call", EVERY_CALL, ids=lambda call: call.request)
def test_a_calls_parameters_are_the_catalogues(call):
    spec = CATALOGUE[call.request]
    ours = {item.metadata["param"]: item for item in fields(call)}

    assert set(ours) <= {param.name for param in spec.params}
    assert {param.name for param in spec.params if param.required and param.kind != "url"} <= set(ours)
    assert "URL" not in ours
    for name in DANGEROUS & {param.name for param in spec.params}:
        assert repr(ours[name].default) == repr(ours[name].default_factory)  # neither: it must be said
    if call.kind is CallClass.R:
        assert not spec.mutates


def test_the_catalogue_holds_all_fifty():
    assert len(CATALOGUE) == 50


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
        with pytest.raises(Rejected, match=r"needs API version 2\.3"):
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
    ],
)
def test_an_unknown_word_is_refused_before_sending(make):
    with pytest.raises(ValueError):
        make()


def test_known_words_may_come_as_text():
    assert CreateAssessment(name="Pulse", type=word("EmployeePulse")).type is AssessmentType.EMPLOYEE_PULSE


def test_a_value_that_utf8_cannot_say_is_refused(vendor, threesixty):
    vendor.says(success({}))
    with pytest.raises(Rejected):
        threesixty.call(CreatePerson(email="a@acme.example", first_name="Anna\ud800", last_name="Berger"))
    assert vendor.asked == []


# -- secrets


@pytest.mark.parametrize("leak", [pickle.dumps, json.dumps, copy])
def test_a_secret_does_not_travel(leak):
    with pytest.raises(TypeError) as caught:
        leak(Secret(TOKEN))
    assert TOKEN not in str(caught.value)


def test_a_secret_does_not_show():
    secret = Secret(TOKEN)
    assert not any(TOKEN in text for text in (str(secret), repr(secret), f"{secret:>40}", "%s" % secret, str([secret])))  # noqa: UP031 # fmt: skip


def test_neither_log_nor_error_nor_proxy_sees_a_secret(vendor, threesixty, caplog, capfd, monkeypatch):
    caplog.set_level(logging.DEBUG)
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    seen = ""
    for said in (success({"PersonID": P}), failure("401 Unauthorized", "ESRV1"), answer("", status="500 E"), b""):
        vendor.says(said)
        try:
            threesixty.call(CreatePerson(email="anna@acme.example", first_name="Anna", last_name="Berger"))
        except ThreeSixtyError as problem:
            seen += f"{problem!r} {problem.__cause__!r} {vars(problem)}"

    output = capfd.readouterr()
    seen += caplog.text + output.out + output.err + repr(threesixty)
    assert "createPerson" in seen
    assert TOKEN not in seen
    assert "anna@acme.example" not in seen


# -- pages


def people(*numbers):
    return success({"Persons": [{"PersonID": f"P_{number}"} for number in numbers]})


@pytest.mark.parametrize(
    ("answers", "found", "sound"),
    [
        ([people(1, 2, 3), people(3, 4, 5), people(5)], "12345", True),
        ([people(1, 2), people(2, 3), people(3)], "123", True),  # a server with a smaller limit of its own
        ([people()], "", True),
        ([people(1, 2, 3), people(4, 5)], "12345", False),  # somebody before it went away
        ([people(1, 2, 3), people(2, 3, 4), people(4)], "1234", False),  # somebody came before it
        ([people(1, 2, 3), people()], "123", False),
        ([people(1, 2, 3), people(1, 2, 3)], "123", False),  # a server that does not page
        ([people(1, 2, 2), people(2)], "12", False),
    ],
)
def test_the_directory_is_walked_with_an_overlap(vendor, threesixty, answers, found, sound):
    vendor.says(*answers, *([people(5)] if not sound and answers[-1] == people(4, 5) else []))

    pages = list(threesixty.pages(GetPersons(), size=3))

    assert "".join(record.vendor_id.removeprefix("P_") for page in pages for record in page.records) == found
    assert pages[-1].sound is sound


def test_a_page_that_fails_ends_the_walk_with_its_error(vendor, threesixty):
    vendor.says(people(1, 2, 3), answer("", status="500 Error"))
    walk = threesixty.pages(GetPersons(), size=3)
    assert next(walk).sound
    with pytest.raises(Temporary):
        next(walk)


def test_a_change_done_with_an_unreadable_answer_is_unknown(vendor, threesixty):
    vendor.says(success({"Count": 1, "Ignored": [7]}))
    with pytest.raises(OutcomeUnknown):
        threesixty.call(UPLOAD)
