import json
from urllib.parse import unquote

import pytest

from qxportal.engine.assessments import answering
from qxportal.engine.assessments.answering import Given, NotOpenError
from qxportal.engine.models import Assessment, Evaluation, Person
from tests.qxportal.engine.conftest import Caller, Rows
from tests.support.engine_fixture import Engine


def test_a_new_assessment_is_a_draft_with_a_form_of_its_own(engine: Engine, call: Caller):
    made = call.result("createAssessment", Name="Spring review", Type="EE")

    definition = call.result("getAssessment", ThreeSixtyID=made["ThreeSixtyID"])
    assert (definition["Name"], definition["Type"], definition["Status"]) == ("Spring review", "EE", "Draft")
    assert definition["OwnerID"] == engine.api_user.user_id
    assert definition["WorkFlowOptions"]["SelfEvaluation"] is True
    assert definition["Relationships"] == []
    (survey,) = call.result("getSurveys")["Surveys"]
    assert survey["SurveyID"] == definition["SurveyID"]
    assert engine.run(lambda: Assessment.objects.get().survey.questions.count()) == 14


def test_an_assessment_takes_what_its_creator_wants(engine: Engine, call: Caller):
    survey = engine.survey("Leadership form")

    call.result(
        "createAssessment",
        Name="Leaders 2026",
        ThreeSixtyID="TS_Leaders2026abcd",
        SurveyID=survey.public_id,
        WorkFlowOptions={"SelfEvaluation": False, "MinimumEvaluators": 5, "AutoInvite": "1"},
        Relationships=[{"Name": "Mentor", "Translations": {"DE": "Mentorin"}}, "Customer"],
    )

    definition = call.result("getAssessment", ThreeSixtyID="TS_Leaders2026abcd")
    assert definition["SurveyID"] == survey.public_id
    options = definition["WorkFlowOptions"]
    assert (options["SelfEvaluation"], options["MinimumEvaluators"], options["AutoInvite"]) == (False, 5, True)
    assert definition["Relationships"] == [
        {"Name": "Mentor", "Translations": {"DE": "Mentorin"}},
        {"Name": "Customer", "Translations": []},
    ]
    assert call.refused("createAssessment", Name="Again", ThreeSixtyID="TS_Leaders2026abcd") == (400, "ETS1")
    assert len(call.result("getAssessments")["Assessments"]) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ThreeSixtyID", "TS_short"),
        ("SurveyID", "SV_unknown00000000"),
        ("OwnerID", "UR_unknown00000000"),
        ("Type", "180"),
        ("WorkFlowOptions", "{"),
        ("WorkFlowOptions", '{"Telepathy": true}'),
        ("WorkFlowOptions", '{"MinimumEvaluators": -1}'),
        ("WorkFlowOptions", '{"MinimumEvaluators": 5, "MaximumEvaluators": 4}'),
        ("Relationships", '["Peer"]'),
        ("Relationships", '["Mentor", "mentor"]'),
        ("Relationships", '[{"Translations": {}}]'),
        ("Name", "x" * 300),
    ],
)
def test_a_refused_assessment_leaves_nothing(engine: Engine, call: Caller, name: str, value: str):
    assert call.refused("createAssessment", **{"Name": "Leaders", name: value}) == (400, f"ESRV35|{name}")
    assert call.result("getAssessments")["Assessments"] == []
    assert call.result("getSurveys")["Surveys"] == []


def test_only_an_active_assessment_can_be_answered(engine: Engine, call: Caller):
    assessment = engine.assessment("Leaders", status="Draft")
    mara, jonas = engine.people(2)
    evaluation = engine.evaluation(engine.subject(assessment, mara), jonas, "Peer")
    question = engine.run(assessment.survey.questions.first)
    which = {"ThreeSixtyID": assessment.public_id}

    def answer() -> None:
        engine.run(answering.save, engine.refreshed(evaluation), {question: Given(value=4)}, finished=False)

    with pytest.raises(NotOpenError):
        answer()
    assert call.refused("closeAssessment", **which) == (400, "ETS3")

    assert call.result("activateAssessment", **which) == {"Success": True}
    assert call.result("activateAssessment", **which) == {"Success": True}
    answer()
    assert engine.refreshed(evaluation).status == "InProgress"

    call.result("closeAssessment", **which, CloseSessions=0, ReadyReports=0)
    with pytest.raises(NotOpenError):
        answer()
    assert engine.refreshed(evaluation).status == "InProgress"
    assert call.result("getAssessment", **which)["CloseDate"] != "0000-00-00 00:00:00"

    call.result("activateAssessment", **which)
    answer()
    assert call.result("getAssessment", **which)["Status"] == "Active"


def test_closing_records_begun_forms_and_readies_reports(engine: Engine, call: Caller, rows: Rows):
    assessment = engine.assessment("Leaders")
    mara, jonas, aisha, piotr = engine.people(4)
    subject = engine.subject(assessment, mara)
    begun = engine.evaluation(subject, jonas, "Peer", "InProgress")
    waiting = engine.evaluation(subject, aisha, "Peer")
    declined = engine.evaluation(subject, piotr, "Peer", "Declined")

    call.result("closeAssessment", ThreeSixtyID=assessment.public_id)

    states = [(one.status, one.partial) for one in map(engine.refreshed, (begun, waiting, declined))]
    assert states == [("Completed", True), ("NotStarted", False), ("Declined", False)]
    (line,) = rows(call("getSubjectStatus", form="CSV", ThreeSixtyID=assessment.public_id))
    assert (line["ReportStatus"], line["Status"]) == ("Ready", "Waiting")
    assert (line["EvaluationsReceived"], line["EvaluationsCompleted"]) == ("4", "1")


def test_done_closes_one_subjects_round_only(engine: Engine, call: Caller, rows: Rows):
    assessment = engine.assessment("Leaders")
    mara, jonas, aisha = engine.people(3)
    one, other = engine.subject(assessment, mara), engine.subject(assessment, jonas)
    begun, elsewhere = (engine.evaluation(subject, aisha, "Peer", "InProgress") for subject in (one, other))
    which = {"ThreeSixtyID": assessment.public_id, "SubjectID": mara.public_id}

    call.result("setSubjectStatus", **which, Status="Done")

    assert engine.refreshed(begun).status == "Completed"
    assert engine.refreshed(elsewhere).status == "InProgress"
    lines = rows(call("getSubjectStatus", form="CSV", ThreeSixtyID=assessment.public_id))
    assert [(line["Status"], line["ReportStatus"]) for line in lines] == [("Done", "Ready"), ("Waiting", "NotReady")]

    call.result("setSubjectStatus", **which, Status="Waiting")
    assert engine.refreshed(one).status == "Waiting"
    assert call.refused("setSubjectStatus", **which, Status="Finished") == (400, "ESRV35|Status")
    assert call.refused("setSubjectStatus", **which | {"SubjectID": aisha.public_id}, Status="Done") == (
        400,
        "ESRV35|SubjectID",
    )


def test_done_without_closing_sessions_leaves_them_begun(engine: Engine, call: Caller):
    assessment = engine.assessment("Leaders")
    mara, jonas = engine.people(2)
    begun = engine.evaluation(engine.subject(assessment, mara), jonas, "Peer", "InProgress")

    call.result(
        "setSubjectStatus",
        ThreeSixtyID=assessment.public_id,
        SubjectID=mara.public_id,
        Status="Done",
        CloseSessions=0,
    )

    assert engine.refreshed(begun).status == "InProgress"
    question = engine.run(assessment.survey.questions.first)
    with pytest.raises(NotOpenError):
        engine.run(answering.save, begun, {question: Given(value=1)}, finished=True)


def test_a_relationship_in_use_cannot_be_removed(engine: Engine, call: Caller):
    assessment = engine.assessment("Leaders", relationships=("Mentor", "Customer"))
    mara, jonas = engine.people(2)
    engine.evaluation(engine.subject(assessment, mara), jonas, "Mentor")
    which = {"ThreeSixtyID": assessment.public_id}

    refused = call("setCustomRelationships", **which, jsonOfRelationships=["Customer", "Partner"])

    meta = refused.json()["Meta"]
    assert (refused.status_code, meta["QualtricsErrorCode"]) == (400, "ESRV35|jsonOfRelationships")
    assert "Mentor (1 evaluations)" in meta["ErrorMessage"]
    assert [one["Name"] for one in call.result("getCustomRelationships", **which)] == ["Mentor", "Customer"]

    call.result("setCustomRelationships", **which, jsonOfRelationships={"0": "Partner", "1": {"Name": "Mentor"}})
    assert [one["Name"] for one in call.result("getCustomRelationships", **which)] == ["Partner", "Mentor"]


def test_declining_needs_the_option(engine: Engine):
    mara, jonas = engine.people(2)
    forms = [
        engine.evaluation(engine.subject(assessment, mara), jonas)
        for assessment in (
            engine.assessment("Strict"),
            engine.assessment("Free", options={"DeclineEvaluations": True}),
        )
    ]

    with pytest.raises(NotOpenError):
        engine.run(answering.decline, forms[0])
    engine.run(answering.decline, forms[1])

    assert [engine.refreshed(form).status for form in forms] == ["NotStarted", "Declined"]


def test_evaluation_status_has_one_line_per_form(engine: Engine, call: Caller, rows: Rows):
    assessment = engine.assessment("Leaders")
    mara = engine.person("Mara", "Lindqvist", metadata={"Department": "Sales"})
    jonas = engine.person("Jonas", "Okafor", metadata={"Title": "Buyer, senior"})
    subject = engine.subject(assessment, mara)
    engine.evaluation(subject, jonas, "Manager", "Completed", unsolicited=True)
    which = {"ThreeSixtyID": assessment.public_id}

    own, manager = rows(call("getEvaluationStatus", form="CSV", **which))
    assert (own["Relationship"], own["Status"], own["Unsolicited"], own["StartDate"]) == ("Self", "NotStarted", "", "")
    assert own["SubjectUniqueIdentifier"] == own["ParticipantUniqueIdentifier"] == mara.public_id
    assert (manager["EvaluatorEmail"], manager["Relationship"], manager["Unsolicited"]) == (jonas.email, "Manager", "1")

    _, full = rows(
        call(
            "getEvaluationStatus",
            form="CSV",
            **which,
            IncludeEvaluationResponses=1,
            IncludeEvaluatorMetadata=1,
            IncludeSubjectMetadata=1,
            Questions="QID1,QID13",
        )
    )
    assert (full["Subject Department"], full["Evaluator Title"]) == ("Sales", "Buyer, senior")
    assert full["QID1"] in "12345" and full["QID13"] == "Keeps calm when a release slips."
    assert "QID2" not in full
    assert call.refused(
        "getEvaluationStatus", form="CSV", **which, IncludeEvaluationResponses=1, Questions="QID99"
    ) == (
        400,
        "ESRV35|Questions",
    )
    (status,) = rows(call("getSubjectStatus", form="CSV", **which))
    assert (status["EvaluationsReceived"], status["EvaluationsCompleted"]) == ("1", "0")


def test_the_report_is_for_its_viewer(engine: Engine, call: Caller):
    assessment = engine.assessment("Leaders")
    mara, jonas, aisha, *others = engine.people(7)
    subject = engine.subject(assessment, mara)
    engine.evaluation(subject, mara, "Self", "Completed")
    engine.evaluation(subject, jonas, "Manager", "Completed")
    for person in [aisha, *others]:
        engine.evaluation(subject, person, "Peer", "Completed")
    which = {"ThreeSixtyID": assessment.public_id, "PersonID": mara.public_id}

    engine.run(Person.objects.filter(pk=mara.pk).update, manager=jonas)
    for viewer in ("Subject", "Admin", jonas.public_id):  # before the round is over there are no figures for anybody
        assert call.refused("getSubjectReportPDF", **which, Viewer=viewer) == (400, "ETS4")
    assert call.refused("getSubjectReport", **which) == (400, "ETS4")
    call.result("setSubjectStatus", ThreeSixtyID=assessment.public_id, SubjectID=mara.public_id, Status="Done")
    report = call.result("getSubjectReport", **which)["Report"]
    assert report["PersonID"] == mara.public_id
    assert len(report["Competencies"]) == 4
    assert [group["Key"] for group in report["Groups"]] == ["self", "manager", "group:Peer"]

    admin = call("getSubjectReportPDF", **which, Viewer="Admin")
    assert admin.content.startswith(b"%PDF-") and admin.headers["Content-Type"] == "application/pdf"
    for viewer in ("Subject", mara.public_id, jonas.public_id):
        assert call("getSubjectReportPDF", **which, Viewer=viewer).content.startswith(b"%PDF-")
    assert call.refused("getSubjectReportPDF", **which, Viewer=aisha.public_id) == (403, "ESRV3")
    assert call.refused("getSubjectReportPDF", **which, Viewer="Everybody") == (400, "ESRV35|Viewer")


def test_reports_have_names_that_tell_readers_and_namesakes_apart(engine: Engine, call: Caller):
    assessment = engine.assessment("Leaders")
    mara, jonas, twin = engine.people(3)
    for person in (mara, twin):
        engine.run(person.__class__.objects.filter(pk=person.pk).update, first_name="Zofia", last_name="Łęcki")
    engine.evaluation(engine.subject(assessment, mara), jonas, "Manager", "Completed")
    engine.subject(assessment, twin)
    for person in (mara, twin):
        call.result("setSubjectStatus", ThreeSixtyID=assessment.public_id, SubjectID=person.public_id, Status="Done")

    def name(person: str, viewer: str) -> str:
        answer = call("getSubjectReportPDF", ThreeSixtyID=assessment.public_id, PersonID=person, Viewer=viewer)
        plain, whole = answer.headers["Content-Disposition"].split("; filename*=UTF-8''")
        assert plain.startswith('attachment; filename="Zofia Lecki - Leaders - for ')
        return unquote(whole)

    asked = [(mara.public_id, viewer) for viewer in ("Admin", "Subject", jonas.public_id)] + [
        (twin.public_id, "Subject")
    ]
    found = [name(*each) for each in asked]

    assert len(set(found)) == 4
    assert all(each.startswith("Zofia Łęcki - Leaders - for ") and each.endswith(".pdf") for each in found)
    assert f"for {jonas.first_name} {jonas.last_name}" in found[2]


def test_surveys_count_their_completed_forms(engine: Engine, call: Caller):
    assessment = engine.assessment("Leaders")
    mara, jonas = engine.people(2)
    (empty,) = call.result("getSurveys")["Surveys"]
    engine.evaluation(engine.subject(assessment, mara), jonas, "Peer", "Completed")

    (survey,) = call.result("getSurveys")["Surveys"]

    assert "responses" not in empty
    assert survey["responses"] == "1"
    assert (survey["SurveyType"], survey["SurveyStatus"], survey["UserFirstName"]) == ("SV", "Active", "Ines")


def test_options_survive_as_json(engine: Engine, call: Caller):
    made = call.result("createThreeSixty", Name="Classic", NewAssessment=1, WorkFlowOptions=json.dumps({}))

    assert call.result("getAssessment", ThreeSixtyID=made["ThreeSixtyID"])["WorkFlowOptions"]["MergeMessages"] is True
    assert engine.run(lambda: Evaluation.objects.count()) == 0
