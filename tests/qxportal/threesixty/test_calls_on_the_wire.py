"""What leaves: each call's parameters, spelled as documented, with secrets in the body alone."""

import json
import logging
import pickle
from copy import copy
from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes
from typing import Any
from urllib.parse import parse_qsl

import pytest

from qxportal.threesixty.calls.assessments import (
    ActivateAssessment,
    CloseAssessment,
    CreateAssessment,
    CreateThreeSixty,
    DeleteAssessment,
    GetAssessment,
    GetAssessments,
    GetCustomRelationships,
    GetEvaluationStatus,
    GetSubjectStatus,
    ReopenAssessment,
    SetCustomRelationships,
    SetSubjectStatus,
    UpdateAssessment,
)
from qxportal.threesixty.calls.base import RetryPolicy
from qxportal.threesixty.calls.every import EVERY_CALL, KNOWN_CALLS
from qxportal.threesixty.calls.extensions import ConfirmManager, GetEditions, HideReportLine, TakeOutAnswers
from qxportal.threesixty.calls.library import (
    CreateLibraryMessage,
    DeleteLibraryGraphic,
    DeleteLibraryMessage,
    GetLibraryMessage,
    GetLibraryMessages,
    GetLibraryObjectIDs,
    SetLibraryMessage,
    UploadLibraryGraphic,
)
from qxportal.threesixty.calls.persons import (
    AddPerson,
    CreatePerson,
    GetPersons,
    ImportPersons,
    RemovePerson,
    SetUserDataFields,
    UpdatePerson,
)
from qxportal.threesixty.calls.reports import GetSubjectReport, GetSubjectReportPDF, SetPredefinedData
from qxportal.threesixty.calls.responses import GetLegacyResponseData, ImportResponses
from qxportal.threesixty.calls.surveys import (
    ActivateSurvey,
    DeactivateSurvey,
    GetQuotas,
    GetSurvey,
    GetSurveyName,
    GetSurveys,
    ImportSurvey,
    ImportSurveyTranslations,
    SetSurveyOptions,
    TransferSurveyOwnership,
)
from qxportal.threesixty.calls.users import (
    ChangeUserName,
    CreateDivision,
    CreateUser,
    DeleteUser,
    GetUserIDs,
    UpdateUser,
)
from qxportal.threesixty.catalogue import CATALOGUE, EXTENSIONS, KNOWN
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.enums import AssessmentType, ImportType, MessageCategory, SubjectStatus, UserStatus
from qxportal.threesixty.errors import OutcomeUnknown, Rejected, ThreeSixtyError, TransientError
from qxportal.threesixty.records import RelationshipRecord
from qxportal.threesixty.secret import Secret
from tests.qxportal.threesixty.conftest import TOKEN, answer, failure, success

DANGEROUS = {
    "CloseSessions",
    "RemoveEvaluations",
    "CleanImport",
    "ClearRelationships",
    "UpdateResponses",
    "DeleteMailings",
    "ReadyReports",
    "IncludeEvaluationResponses",
    "Viewer",
}
TS, P = "TS_8sLqH2mTz0aXc41", "P_3kd92mXq0PzLw7b"
CUSTOMER = RelationshipRecord(name="Customer", translations={"DE": "Kundin"})
CUSTOMER_JSON = [{"Name": "Customer", "Translations": {"DE": "Kundin"}}]

SENT = [
    (GetAssessments(), {}),
    (GetAssessment(assessment_id=TS), {"ThreeSixtyID": TS}),
    (
        CreateAssessment(
            name="Führung & Kultur 2026",
            survey_id="SV_1",
            workflow_options={"SelfEvaluation": True},
            relationships=(CUSTOMER,),
        ),
        {
            "Name": "Führung & Kultur 2026",
            "Type": "360",
            "SurveyID": "SV_1",
            "WorkFlowOptions": {"SelfEvaluation": True},
            "Relationships": CUSTOMER_JSON,
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
            "Email": "zoë@acme.example",
            "FirstName": "Zoë",
            "LastName": "O'Neill",
            "External": "0",
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
    (GetEditions(assessment_id=TS, subject_id=P), {"ThreeSixtyID": TS, "SubjectID": P}),
    (
        ConfirmManager(assessment_id=TS, subject_id=P, person_id="P_2"),
        {"ThreeSixtyID": TS, "SubjectID": P, "PersonID": "P_2"},
    ),
    (
        HideReportLine(assessment_id=TS, subject_id=P, line="Peer"),
        {"ThreeSixtyID": TS, "SubjectID": P, "Line": "Peer"},
    ),
    (
        TakeOutAnswers(assessment_id=TS, subject_id=P, person_id="P_2"),
        {"ThreeSixtyID": TS, "SubjectID": P, "PersonID": "P_2"},
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
        {
            "ThreeSixtyID": TS,
            "IncludeEvaluationResponses": "0",
            "IncludeEvaluatorMetadata": "0",
            "IncludeSubjectMetadata": "0",
        },
    ),
    (GetSubjectReport(assessment_id=TS, person_id=P), {"ThreeSixtyID": TS, "PersonID": P}),
    (
        GetSubjectReportPDF(assessment_id=TS, person_id=P, viewer="Subject"),
        {"ThreeSixtyID": TS, "PersonID": P, "Viewer": "Subject"},
    ),
    (GetSurveys(), {}),
    (CreateThreeSixty(name="Classic round", new_assessment=True), {"Name": "Classic round", "NewAssessment": "1"}),
    (
        UpdateAssessment(assessment_id=TS, workflow_options={"RoundRobin": True}),
        {"ThreeSixtyID": TS, "WorkFlowOptions": {"RoundRobin": True}},
    ),
    (ReopenAssessment(assessment_id=TS), {"ThreeSixtyID": TS}),
    (DeleteAssessment(assessment_id=TS), {"ThreeSixtyID": TS}),
    (
        UpdatePerson(person_id=P, last_name="Berg", metadata={"Team": "Sales"}),
        {"PersonID": P, "LastName": "Berg", "MetaData": {"Team": "Sales"}},
    ),
    (
        SetUserDataFields(
            default_settings={"Photo": False},
            optional_settings={"Language": {"CanEdit": True, "Required": False, "Type": "TextEntry"}},
        ),
        {
            "DefaultSettings": {"Photo": False},
            "OptionalSettings": {"Language": {"CanEdit": True, "Required": False, "Type": "TextEntry"}},
        },
    ),
    (
        GetUserIDs(organization="acme", offset=0, limit=5, include_user_stats=True),
        {"Organization": "acme", "Offset": "0", "Limit": "5", "IncludeUserStats": "1"},
    ),
    (
        CreateDivision(name="Sales", administrators=("UR_1", "UR_2")),
        {"Name": "Sales", "DivisionAdmins[]": "UR_2"},
    ),
    (
        CreateUser(
            user_name="zoe@acme.example",
            password="winter-sun-82",
            first_name="Zoë",
            last_name="Berg",
            email="zoe@acme.example",
            organization="acme",
            type="UT_1",
        ),
        {
            "NewUsername": "zoe@acme.example",
            "NewPassword": "winter-sun-82",
            "FirstName": "Zoë",
            "LastName": "Berg",
            "Email": "zoe@acme.example",
            "Organization": "acme",
            "Type": "UT_1",
        },
    ),
    (
        UpdateUser(user_id="UR_1", status=UserStatus.DISABLED, permissions={"CreateSurveys": False}),
        {"UserID": "UR_1", "Status": "Disabled", "Permissions": {"CreateSurveys": False}},
    ),
    (DeleteUser(user_id="UR_1"), {"UserID": "UR_1"}),
    (
        ChangeUserName(old="zoe", new="zoe@acme.example"),
        {"OldUserName": "zoe", "NewUserName": "zoe@acme.example", "UserNameIsEmail": "1"},
    ),
    (GetLibraryMessages(library_id="UR_1"), {"LibraryID": "UR_1"}),
    (
        GetLibraryMessage(library_id="UR_1", message_id="MS_1", language="DE"),
        {"LibraryID": "UR_1", "MessageID": "MS_1", "Language": "DE"},
    ),
    (GetLibraryObjectIDs(library_id="GR_1"), {"LibraryID": "GR_1"}),
    (
        CreateLibraryMessage(
            library_id="UR_1",
            name="Invitation",
            category=MessageCategory.EVALUATOR_INVITE,
            message={"EN": "Please answer", "DE": "Bitte antworten"},
        ),
        {
            "LibraryID": "UR_1",
            "Name": "Invitation",
            "Category": "EvaluatorInvite",
            "Message[EN]": "Please answer",
            "Message[DE]": "Bitte antworten",
        },
    ),
    (
        SetLibraryMessage(library_id="UR_1", message_id="MS_1", message="Merci", language="FR"),
        {"LibraryID": "UR_1", "MessageID": "MS_1", "Message": "Merci", "Language": "FR"},
    ),
    (
        DeleteLibraryMessage(library_id="UR_1", message_id="MS_1"),
        {"LibraryID": "UR_1", "MessageID": "MS_1"},
    ),
    (DeleteLibraryGraphic(library_id="UR_1", graphic_id="IM_1"), {"LibraryID": "UR_1", "ImageID": "IM_1"}),
    (
        SetPredefinedData(report_id="RP_1", data_source_id="DS_1", rows=({"Competency": "Trust", "Norm": 3.8},)),
        {"ReportID": "RP_1", "DataSourceID": "DS_1", "PredefinedData": [{"Competency": "Trust", "Norm": 3.8}]},
    ),
    (
        GetLegacyResponseData(
            survey_id="SV_1",
            start_date=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
            questions=("QID1", "QID2"),
            labels=True,
        ),
        {
            "SurveyID": "SV_1",
            "StartDate": "2026-03-01 09:30:00",
            "Questions": "QID1,QID2",
            "Labels": "1",
            "ExportTags": "0",
            "ExportQuestionIDs": "0",
            "LocalTime": "0",
            "ResponsesInProgress": "0",
            "LocationData": "0",
        },
    ),
    (ActivateSurvey(survey_id="SV_1"), {"SurveyID": "SV_1"}),
    (DeactivateSurvey(survey_id="SV_1"), {"SurveyID": "SV_1"}),
    (GetSurvey(survey_id="SV_1", language="DE"), {"SurveyID": "SV_1", "Language": "DE", "ExportLogic": "0"}),
    (GetSurveyName(survey_id="SV_1"), {"SurveyID": "SV_1"}),
    (GetQuotas(survey_id="SV_1"), {"SurveyID": "SV_1"}),
    (
        SetSurveyOptions(
            survey_id="SV_1",
            close_sessions=False,
            expires=True,
            valid_until=datetime(2027, 1, 1, tzinfo=timezone(timedelta(hours=1))),
        ),
        {
            "SurveyID": "SV_1",
            "CloseSessions": "0",
            "Expiration": "1",
            "ExpirationEndDate": "2026-12-31 23:00:00",
            "SourceTimeZone": "UTC",
        },
    ),
    (
        TransferSurveyOwnership(survey_id="SV_1", owner_id="UR_1", new_owner_id="UR_2", name="Pulse"),
        {"SurveyID": "SV_1", "OwnerID": "UR_1", "NewOwnerID": "UR_2", "SurveyName": "Pulse"},
    ),
]
UPLOAD = ImportPersons(
    type=ImportType.SUBJECTS,
    assessment_id=TS,
    file_contents="FirstName,LastName,Email\r\nZoë,Berg,z@acme.example\r\n",
    clean_import=False,
    clear_relationships=False,
    update_responses=False,
)
FILES = [
    (UPLOAD, "table.csv", "text/csv"),
    (ImportResponses(assessment_id=TS, file_contents="SubjectUniqueIdentifier\r\nP_1\r\n"), "table.csv", "text/csv"),
    (ImportSurvey(name="Leadership", file_contents=b"{}"), "survey.qsf", "application/json"),
    (ImportSurveyTranslations(survey_id="SV_1", file_contents="Question,DE\r\n"), "table.csv", "text/csv"),
    (
        UploadLibraryGraphic(library_id="UR_1", description="Logo", file_contents=b"\x89PNG\r\n"),
        "graphic.png",
        "image/png",
    ),
]


def test_no_call_is_left_out_here():
    assert {type(call) for call, *_ in [*SENT, *FILES]} == set(KNOWN_CALLS.values())


def test_every_request_has_its_call():
    assert set(EVERY_CALL) == set(CATALOGUE)
    assert set(KNOWN_CALLS) == set(KNOWN)


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
        "Request": call.request,
        "User": "hr@acme.example#acme",
        "Token": TOKEN,
        "Version": "2.5",
    }
    forms = {"getSubjectStatus": "CSV", "getEvaluationStatus": "CSV", "getSurvey": None}
    assert sent.pop("Format", None) == forms.get(call.request, "JSON")
    as_json = [name for name, value in parameters.items() if not isinstance(value, str)]
    assert sent | {name: json.loads(sent[name]) for name in as_json} == parameters


def _parts(asked: bytes) -> dict[str, Any]:
    head, _, body = asked.partition(b"\r\n\r\n")
    assert TOKEN.encode() not in head
    kind = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-type"))
    parts: Any = message_from_bytes(kind + b"\r\n\r\n" + body).get_payload()
    return {part.get_param("name", header="content-disposition"): part for part in parts}


@pytest.mark.parametrize(("call", "name", "kind"), FILES, ids=[call.request for call, *_ in FILES])
def test_a_file_goes_as_multipart(vendor, threesixty, call, name, kind):
    vendor.says(failure("403 Forbidden", "ESRV3"))
    with pytest.raises(Rejected):
        threesixty.call(call)

    sent = _parts(vendor.asked[0])

    content = call.file_contents if isinstance(call.file_contents, bytes) else call.file_contents.encode()
    assert sent["FileContents"].get_payload(decode=True) == content
    assert (sent["FileContents"].get_filename(), sent["FileContents"].get_content_type()) == (name, kind)
    assert sent["Token"].get_payload(decode=True).decode() == TOKEN
    assert "URL" not in sent


def test_an_imports_switches_are_always_said(vendor, threesixty):
    vendor.says(success({"Count": "1", "IgnoredCount": 0, "Persons": []}))

    assert threesixty.call(UPLOAD).count == 1

    sent = _parts(vendor.asked[0])
    switches = ("CleanImport", "ClearRelationships", "UpdateResponses")
    assert {sent[name].get_payload(decode=True) for name in switches} == {b"0"}


def test_a_list_goes_in_brackets(vendor, threesixty):
    vendor.says(success("DV_1"))

    threesixty.call(CreateDivision(name="Sales", administrators=("UR_1", "UR_2")))

    sent = parse_qsl(vendor.asked[0].partition(b"\r\n\r\n")[2].decode())
    assert [value for name, value in sent if name == "DivisionAdmins[]"] == ["UR_1", "UR_2"]


@pytest.mark.parametrize("call", KNOWN_CALLS.values(), ids=lambda call: call.request)
def test_a_calls_parameters_are_the_catalogues(call):
    spec = KNOWN[call.request]
    ours = {item.metadata["param"]: item for item in fields(call) if "param" in item.metadata}

    assert set(ours) <= {param.name for param in spec.params}
    assert {param.name for param in spec.params if param.required and param.kind != "url"} <= set(ours)
    assert "URL" not in ours
    for name in DANGEROUS & {param.name for param in spec.params}:
        assert repr(ours[name].default) == repr(ours[name].default_factory)  # neither: it must be said
    assert {param.name for param in spec.params if param.kind != "url"} - {"URL"} == set(ours)
    assert (call.retry_policy is RetryPolicy.READ) is not spec.mutates
    assert ("deprecated" in call.__doc__) is spec.deprecated
    assert spec.name in call.__doc__
    assert spec.since in call.__doc__ or spec.name in EXTENSIONS


def test_the_catalogue_holds_all_fifty():
    assert len(CATALOGUE) == 50
    assert not set(CATALOGUE) & set(EXTENSIONS)


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


# -- secrets


@pytest.mark.parametrize("leak", [pickle.dumps, json.dumps, copy])
def test_a_secret_does_not_travel(leak):
    with pytest.raises(TypeError) as caught:
        leak(Secret(TOKEN))
    assert TOKEN not in str(caught.value)


def test_a_secret_does_not_show():
    secret = Secret(TOKEN)
    assert not any(TOKEN in text for text in (str(secret), repr(secret), f"{secret:>40}", "%s" % secret, str([secret])))  # noqa: UP031


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
    vendor.says(*answers, *([people(5)] if answers[-1] == people(4, 5) else []), answers[0])

    pages = list(threesixty.pages(GetPersons(), size=3))

    listed = dict.fromkeys(record.vendor_id.removeprefix("P_") for page in pages for record in page.records)
    assert "".join(listed) == found
    assert pages[-1].consistent is sound


def test_a_first_page_that_changed_in_the_end_is_noticed(vendor, threesixty):
    vendor.says(people(1, 2, 3), people(3, 4), people(4), people(2, 3, 4))

    assert [page.consistent for page in threesixty.pages(GetPersons(), size=3)] == [True, True, False]


def test_a_page_that_fails_ends_the_walk_with_its_error(vendor, threesixty):
    vendor.says(people(1, 2, 3), answer("", status="500 Error"))
    walk = threesixty.pages(GetPersons(), size=3)
    assert next(walk).consistent
    with pytest.raises(TransientError):
        next(walk)


def test_a_change_done_with_an_unreadable_answer_is_unknown(vendor, threesixty):
    vendor.says(success({"Count": 1, "Ignored": [7]}))
    with pytest.raises(OutcomeUnknown):
        threesixty.call(UPLOAD)
