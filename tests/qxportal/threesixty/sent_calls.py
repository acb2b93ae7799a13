"""Calls of the documentation, and the parameters that each sends."""

from datetime import UTC, datetime, timedelta, timezone

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
from qxportal.threesixty.calls.library import (
    CreateLibraryMessage,
    DeleteLibraryGraphic,
    DeleteLibraryMessage,
    GetLibraryMessage,
    GetLibraryMessages,
    GetLibraryObjectIDs,
    SetLibraryMessage,
)
from qxportal.threesixty.calls.persons import (
    AddPerson,
    CreatePerson,
    GetPersons,
    RemovePerson,
    SetUserDataFields,
    UpdatePerson,
)
from qxportal.threesixty.calls.reports import (
    GetSubjectReport,
    GetSubjectReportPDF,
    SetPredefinedData,
)
from qxportal.threesixty.calls.responses import GetLegacyResponseData
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
from qxportal.threesixty.calls.users import (
    ChangeUserName,
    CreateDivision,
    CreateUser,
    DeleteUser,
    GetUserIDs,
    UpdateUser,
)
from qxportal.threesixty.enums import MessageCategory, SubjectStatus, UserStatus
from qxportal.threesixty.records import RelationshipRecord
from tests.qxportal.threesixty.uploads import TS, P

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
