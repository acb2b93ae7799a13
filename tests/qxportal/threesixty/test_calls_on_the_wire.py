"""What leaves: each call's parameters, spelled as documented."""

import json
from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
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
    RenameAssessment,
    ReopenAssessment,
    SetCustomRelationships,
    SetSubjectStatus,
    UpdateAssessment,
)
from qxportal.threesixty.calls.base import RetryPolicy
from qxportal.threesixty.calls.comparisons import SetComparison
from qxportal.threesixty.calls.evaluators import (
    AddEvaluator,
    ChangeRelationship,
    GetEvaluators,
    RemoveEvaluator,
    ReopenEvaluation,
    ResetEvaluation,
)
from qxportal.threesixty.calls.every import EVERY_CALL, KNOWN_CALLS
from qxportal.threesixty.calls.extensions import ConfirmManager, GetEditions, HideReportLine, TakeOutAnswers
from qxportal.threesixty.calls.group_reports import GetGroupReport
from qxportal.threesixty.calls.letters import GetLetters, PrintLetters
from qxportal.threesixty.calls.library import (
    CreateLibraryMessage,
    DeleteLibraryGraphic,
    DeleteLibraryMessage,
    GetLibraryMessage,
    GetLibraryMessages,
    GetLibraryObjectIDs,
    SetLibraryMessage,
)
from qxportal.threesixty.calls.links import EndLinks, GetLink
from qxportal.threesixty.calls.mailings import (
    CancelMailing,
    CreateMailing,
    GetBrand,
    GetMailings,
    GetMails,
    SendTestMail,
    SetBrand,
)
from qxportal.threesixty.calls.nominations import DecideNominations, GetNominations, SetNominations
from qxportal.threesixty.calls.persons import (
    AddPerson,
    CreatePerson,
    GetPersons,
    RemovePerson,
    SetUserDataFields,
    UpdatePerson,
)
from qxportal.threesixty.calls.report_access import (
    GetReportAccess,
    GetReportKey,
    Reader,
    SetReportAccess,
    SetReportAccesses,
)
from qxportal.threesixty.calls.reports import (
    GetPredefinedData,
    GetSubjectReport,
    GetSubjectReportPDF,
    PreviewReport,
    SetPredefinedData,
)
from qxportal.threesixty.calls.responses import GetLegacyResponseData
from qxportal.threesixty.calls.schedules import GetSchedule, SetExtension, SetSchedule
from qxportal.threesixty.calls.surveys import (
    ActivateSurvey,
    DeactivateSurvey,
    GetQuotas,
    GetSurvey,
    GetSurveyName,
    GetSurveys,
    SetSurveyOptions,
    TransferSurveyOwnership,
)
from qxportal.threesixty.calls.thresholds import GetThresholds, SetReportGroups
from qxportal.threesixty.calls.users import (
    ChangeUserName,
    CreateDivision,
    CreateUser,
    DeleteUser,
    GetUserIDs,
    UpdateUser,
)
from qxportal.threesixty.catalogue import CATALOGUE, EXTENSIONS, KNOWN
from qxportal.threesixty.enums import MessageCategory, SubjectStatus, UserStatus
from qxportal.threesixty.errors import Rejected
from qxportal.threesixty.records import RelationshipRecord
from tests.qxportal.threesixty.conftest import TOKEN, failure, success
from tests.qxportal.threesixty.uploads import FILES, TS, P

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
        ConfirmManager(assessment_id=TS, subject_id=P, person_id="P_2", idempotency_key="k1"),
        {"ThreeSixtyID": TS, "SubjectID": P, "PersonID": "P_2", "IdempotencyKey": "k1"},
    ),
    (
        HideReportLine(assessment_id=TS, subject_id=P, line="Peer", idempotency_key="k1"),
        {"ThreeSixtyID": TS, "SubjectID": P, "Line": "Peer", "IdempotencyKey": "k1"},
    ),
    (
        TakeOutAnswers(assessment_id=TS, subject_id=P, person_id="P_2", idempotency_key="k1"),
        {"ThreeSixtyID": TS, "SubjectID": P, "PersonID": "P_2", "IdempotencyKey": "k1"},
    ),
    (GetEvaluators(assessment_id=TS, subject_id=P), {"ThreeSixtyID": TS, "SubjectID": P}),
    (
        AddEvaluator(assessment_id=TS, subject_id=P, person_id="P_2", relationship="Peer", idempotency_key="k1"),
        {"ThreeSixtyID": TS, "SubjectID": P, "PersonID": "P_2", "Relationship": "Peer", "IdempotencyKey": "k1"},
    ),
    (
        ChangeRelationship(assessment_id=TS, subject_id=P, person_id="P_2", relationship="Peer"),
        {"ThreeSixtyID": TS, "SubjectID": P, "PersonID": "P_2", "Relationship": "Peer"},
    ),
    (
        RemoveEvaluator(assessment_id=TS, subject_id=P, person_id="P_2", remove_answers=False),
        {"ThreeSixtyID": TS, "SubjectID": P, "PersonID": "P_2", "RemoveAnswers": "0"},
    ),
    (
        ReopenEvaluation(assessment_id=TS, subject_id=P, person_id="P_2"),
        {"ThreeSixtyID": TS, "SubjectID": P, "PersonID": "P_2"},
    ),
    (
        ResetEvaluation(assessment_id=TS, subject_id=P, person_id="P_2"),
        {"ThreeSixtyID": TS, "SubjectID": P, "PersonID": "P_2"},
    ),
    (GetReportAccess(assessment_id=TS, subject_id=P), {"ThreeSixtyID": TS, "SubjectID": P}),
    (
        PreviewReport(assessment_id=TS, language="DE", seed="second"),
        {"ThreeSixtyID": TS, "Language": "DE", "Seed": "second"},
    ),
    (GetPredefinedData(report_id="RP_1"), {"ReportID": "RP_1"}),
    (
        GetGroupReport(
            assessment_id=TS,
            groups=({"Name": "Finance", "SubjectIDs": ["P_1", "P_2"]},),
            readers=(("P_1",),),
            language="DE",
            preview=True,
        ),
        {
            "ThreeSixtyID": TS,
            "Groups": [{"Name": "Finance", "SubjectIDs": ["P_1", "P_2"]}],
            "Readers": [["P_1"]],
            "Language": "DE",
            "Preview": "1",
        },
    ),
    (
        GetReportKey(assessment_id=TS, person_id="P_1", viewer="Admin"),
        {"ThreeSixtyID": TS, "PersonID": "P_1", "Viewer": "Admin"},
    ),
    (
        SetReportAccesses(
            assessment_id=TS,
            accesses=({"SubjectID": "P_1", "PersonID": "P_2", "Viewer": "Other", "Until": "2026-12-01 09:00:00"},),
            notify=True,
            idempotency_key="k1",
        ),
        {
            "ThreeSixtyID": TS,
            "Accesses": [
                {"SubjectID": "P_1", "PersonID": "P_2", "Viewer": "Other", "Until": "2026-12-01 09:00:00"},
            ],
            "Notify": "1",
            "IdempotencyKey": "k1",
        },
    ),
    (
        SetReportAccess(
            assessment_id=TS,
            subject_id=P,
            person_id="P_2",
            viewer=Reader.MANAGER,
            from_at=datetime(2026, 12, 1, 9, tzinfo=UTC),
            edition=2,
            idempotency_key="k1",
        ),
        {
            "ThreeSixtyID": TS,
            "SubjectID": P,
            "PersonID": "P_2",
            "Viewer": "Manager",
            "From": "2026-12-01 09:00:00",
            "Edition": "2",
            "IdempotencyKey": "k1",
        },
    ),
    (GetSchedule(), {}),
    (GetThresholds(), {}),
    (GetThresholds(assessment_id=TS), {"ThreeSixtyID": TS}),
    (
        SetReportGroups(assessment_id=TS, groups=({"Name": "Others", "Relationships": ["Peer"]},)),
        {"ThreeSixtyID": TS, "Groups": '[{"Name": "Others", "Relationships": ["Peer"]}]'},
    ),
    (
        SetComparison(assessment_id=TS, earlier_id="TS_earlier", not_compared=("QID1",)),
        {"ThreeSixtyID": TS, "EarlierID": "TS_earlier", "NotCompared": '["QID1"]'},
    ),
    (
        SetSchedule(
            assessment_id=TS,
            closes_at=datetime(2026, 12, 9, 18, tzinfo=timezone(timedelta(hours=1))),
            remind_at=(datetime(2026, 12, 7, 8, tzinfo=UTC), datetime(2026, 12, 8, 8, 30, tzinfo=UTC)),
            close_sessions=True,
            delete_mailings=False,
            ready_reports=False,
        ),
        {
            "ThreeSixtyID": TS,
            "ClosesAt": "2026-12-09 17:00:00",
            "RemindAt": "2026-12-07 08:00:00,2026-12-08 08:30:00",
            "CloseSessions": "1",
            "DeleteMailings": "0",
            "ReadyReports": "0",
        },
    ),
    (
        SetExtension(assessment_id=TS, person_id=P, until=datetime(2026, 12, 9, tzinfo=UTC)),
        {"ThreeSixtyID": TS, "PersonID": P, "Until": "2026-12-09 00:00:00"},
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
    (RenameAssessment(assessment_id=TS, name="Autumn"), {"ThreeSixtyID": TS, "Name": "Autumn"}),
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
    (GetNominations(assessment_id=TS, subject_id="P_1"), {"ThreeSixtyID": TS, "SubjectID": "P_1"}),
    (
        SetNominations(assessment_id=TS, subject_id="P_1", nominees=({"PersonID": "P_2", "Relationship": "Peer"},)),
        {"ThreeSixtyID": TS, "SubjectID": "P_1", "Nominees": [{"PersonID": "P_2", "Relationship": "Peer"}]},
    ),
    (
        DecideNominations(assessment_id=TS, subject_id="P_1", decision="SendBack", reason="Too few peers"),
        {"ThreeSixtyID": TS, "SubjectID": "P_1", "Decision": "SendBack", "Reason": "Too few peers"},
    ),
    (GetBrand(), {}),
    (
        SetBrand(title="Halden Group", footer={"EN": "Halden Group"}, mail="off", clear=("LogoID", "ReplyTo")),
        {"Title": "Halden Group", "Footer": {"EN": "Halden Group"}, "Mail": "off", "Clear": "LogoID,ReplyTo"},
    ),
    (
        SetBrand(report_cover={"EN": "Together"}, report_confidential={"DE": "Geheim"}),
        {"ReportCover": {"EN": "Together"}, "ReportConfidential": {"DE": "Geheim"}},
    ),
    (
        SetBrand(raw_answers=False),
        {"RawAnswers": "0"},
    ),
    (
        SetBrand(min_group=4, min_comments=5, min_spread=6),
        {"MinimumGroup": "4", "MinimumComments": "5", "MinimumForSpread": "6"},
    ),
    (
        SendTestMail(address="hr@acme.example", idempotency_key="k1"),
        {"Address": "hr@acme.example", "IdempotencyKey": "k1"},
    ),
    (GetMailings(assessment_id=TS), {"ThreeSixtyID": TS}),
    (
        CreateMailing(
            assessment_id=TS,
            kind="Reminder",
            message_id="MS_1",
            person_ids=("P_1", "P_2"),
            scheduled_at=datetime(2027, 1, 1, 9, tzinfo=timezone(timedelta(hours=1))),
            idempotency_key="k2",
        ),
        {
            "ThreeSixtyID": TS,
            "Kind": "Reminder",
            "MessageID": "MS_1",
            "PersonIDs": "P_1,P_2",
            "Standing": "0",
            "ScheduledAt": "2027-01-01 08:00:00",
            "IdempotencyKey": "k2",
        },
    ),
    (GetLetters(assessment_id=TS, person_id="P_1"), {"ThreeSixtyID": TS, "PersonID": "P_1"}),
    (GetLink(person_id="P_1"), {"PersonID": "P_1"}),
    (EndLinks(person_id="P_1", idempotency_key="k3"), {"PersonID": "P_1", "IdempotencyKey": "k3"}),
    (
        PrintLetters(assessment_id=TS, person_ids=("P_1", "P_2"), idempotency_key="k3"),
        {"ThreeSixtyID": TS, "PersonIDs": "P_1,P_2", "IdempotencyKey": "k3"},
    ),
    (CancelMailing(assessment_id=TS, mailing_id="EMD_1"), {"ThreeSixtyID": TS, "MailingID": "EMD_1"}),
    (GetMails(assessment_id=TS, person_id="P_1"), {"ThreeSixtyID": TS, "PersonID": "P_1"}),
    (
        TransferSurveyOwnership(survey_id="SV_1", owner_id="UR_1", new_owner_id="UR_2", name="Pulse"),
        {"SurveyID": "SV_1", "OwnerID": "UR_1", "NewOwnerID": "UR_2", "SurveyName": "Pulse"},
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
