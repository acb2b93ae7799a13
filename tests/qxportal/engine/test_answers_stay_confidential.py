"""Raw answers go to who administers the assessment, and nobody learns through the API who said what about himself."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from qxportal.engine.http.errors import Invalid
from qxportal.engine.models import Assessment, Division, Evaluation, Group, Person, Quota, Survey, User
from qxportal.engine.people import confidential
from tests.qxportal.engine.conftest import Caller, Rows
from tests.support.engine_fixture import ApiUser, Engine

CSV = "CSV"


@pytest.fixture
def boss(engine: Engine) -> ApiUser:
    """Administers nothing but what is his."""
    return engine.make_api_user("lena.haddad", brand_admin=False)


def own(engine: Engine, assessment: Assessment, **owner: Any) -> None:
    nobody = {"owner": None, "owner_division": None, "owner_group": None, "public": False}
    engine.run(Assessment.objects.filter(pk=assessment.pk).update, **nobody | owner)


def with_answers(call: Caller, assessment: Assessment, user: ApiUser) -> Any:
    return call(
        "getEvaluationStatus",
        user=user,
        form=CSV,
        ThreeSixtyID=assessment.public_id,
        IncludeEvaluationResponses="1",
    )


def answered(engine: Engine, name: str = "Leaders", **fields: Any) -> tuple[Assessment, list[Person]]:
    """An assessment in which somebody answered about somebody."""
    people = engine.people(2)
    made = engine.assessment(name, **fields)
    engine.evaluation(engine.subject(made, people[0]), people[1], "Peer", "Completed")
    return made, people


def test_the_owner_of_a_form_reads_no_answers_of_assessments_that_others_run(
    engine: Engine, call: Caller, boss: ApiUser
):
    form = engine.survey("My form", owner=boss)
    theirs, _ = answered(engine, survey=form)
    mine, _ = answered(engine, "Mine", survey=form, owner=boss)
    one_of_theirs = engine.run(lambda: Evaluation.objects.get(assessment=theirs, status="Completed").public_id)
    one_of_mine = engine.run(lambda: Evaluation.objects.get(assessment=mine, status="Completed").public_id)

    def export(user: ApiUser, **which: str) -> Any:
        return call("getLegacyResponseData", user=user, SurveyID=form.public_id, **which)

    assert list(export(boss).json()) == [one_of_mine]
    assert set(export(engine.api_user).json()) == {one_of_mine, one_of_theirs}
    for name in ("ResponseID", "LastResponseID"):
        assert export(boss, **{name: one_of_mine}).status_code == 200
        hidden, unknown = (export(boss, **{name: id}) for id in (one_of_theirs, "R_0123456789abcde"))
        assert hidden.status_code == 400
        assert hidden.content == unknown.content
    in_progress = engine.run(
        lambda: Evaluation.objects.filter(assessment=theirs, status="Completed").update(status="InProgress")
    )
    assert in_progress == 1
    assert not export(boss, ResponsesInProgress="1").json()


@pytest.mark.parametrize("whose", ["brand", "division", "group", "nobody's"])
def test_answers_of_what_many_run_are_for_few(engine: Engine, call: Caller, rows: Rows, boss: ApiUser, whose: str):
    made, (mara, _) = answered(engine)
    colleague = engine.make_api_user("tom.rossi", brand_admin=False)
    division = engine.division("Sales")
    group = engine.run(Group.objects.create, brand=engine.brand, name="Learning")
    match whose:
        case "brand":
            own(engine, made, public=True)
        case "division":
            own(engine, made, owner_division=division)
            engine.run(User.objects.filter(pk=colleague.row.pk).update, division=division)
            engine.run(lambda: Division.objects.get().administrators.add(boss.row))
        case "group":
            own(engine, made, owner_group=group)
            engine.run(lambda: group.members.add(boss.row))
    allowed = whose in ("division", "group")
    report = {"ThreeSixtyID": made.public_id, "PersonID": mara.public_id}
    call.result("setSubjectStatus", ThreeSixtyID=made.public_id, SubjectID=mara.public_id, Status="Done")

    for user, may in ((boss, allowed), (colleague, False), (engine.api_user, True)):
        assert with_answers(call, made, user).status_code == (200 if may else 403)
        assert call("getSubjectReport", user=user, **report).status_code == (200 if may else 403)
        assert call("getSubjectReportPDF", user=user, **report, Viewer="Admin").status_code == (200 if may else 403)
    if whose in ("brand", "division"):  # who runs it still sees how far it is
        assert rows(call("getEvaluationStatus", user=colleague, form=CSV, ThreeSixtyID=made.public_id))


def test_nobody_imports_answers_into_what_he_may_not_read(engine: Engine, call: Caller, boss: ApiUser):
    made, (mara, tom) = answered(engine)
    own(engine, made, public=True)
    file = f"SubjectEmail,EvaluatorEmail,Relationship\r\n{mara.email},{tom.email},Peer\r\n"

    answer = call.upload("importResponses", file.encode(), user=boss, ThreeSixtyID=made.public_id)

    assert answer.status_code == 403


def linked(engine: Engine, user: ApiUser) -> Person:
    (person,) = engine.people(1)
    engine.run(Person.objects.filter(pk=person.pk).update, user=user.row)
    return person


def same_address(engine: Engine, user: ApiUser) -> Person:
    return engine.person("Another", "Name", email=user.row.email.upper(), user_name="other")


def same_user_name(engine: Engine, user: ApiUser) -> Person:
    return engine.person("Another", "Name", email="x@marlstone.example", user_name=user.user_name.partition("#")[0])


def twin_of_the_linked_one(engine: Engine, user: ApiUser) -> Person:
    first = linked(engine, user)
    return engine.person("Second", "Entry", email=first.email, user_name="second-entry")


WAYS = [linked, same_address, same_user_name, twin_of_the_linked_one]


class ConfidentialReview:
    """An assessment whose administrator is one of its subjects, with one evaluation about him."""

    def __init__(self, engine: Engine, who: Callable[[Engine, ApiUser], Person], user: ApiUser) -> None:
        self.user = user
        self.himself = who(engine, user)
        self.peer, self.other = engine.people(2)
        self.made = engine.assessment("Leaders", owner=user)
        self.subject = engine.subject(self.made, self.himself)
        self.about = engine.evaluation(self.subject, self.peer, "Peer", "Completed")
        self.foreign = engine.evaluation(engine.subject(self.made, self.other), self.peer, "Peer", "Completed")


@pytest.fixture(params=WAYS, ids=lambda way: way.__name__)
def review(request: pytest.FixtureRequest, engine: Engine) -> ConfidentialReview:
    return ConfidentialReview(engine, request.param, engine.api_user)


def test_rows_about_oneself_are_left_out(engine: Engine, call: Caller, rows: Rows, review: ConfidentialReview):
    status = rows(call("getEvaluationStatus", form=CSV, ThreeSixtyID=review.made.public_id))
    full = rows(with_answers(call, review.made, review.user))
    export = call("getLegacyResponseData", SurveyID=review.made.survey.public_id).json()
    subjects = {
        row["UniqueIdentifier"]: row
        for row in rows(call("getSubjectStatus", form=CSV, ThreeSixtyID=review.made.public_id))
    }

    for table in (status, full):
        about = [row for row in table if row["SubjectUniqueIdentifier"] == review.himself.public_id]
        assert [row["Relationship"] for row in about] == ["Self"]
        assert [row["Relationship"] for row in table if row not in about] == ["Self", "Peer"]
    assert list(export) == [review.foreign.public_id]
    counters = ("EvaluationsReceived", "EvaluationsCompleted")
    assert [subjects[review.himself.public_id][name] for name in counters] == ["", ""]
    assert [subjects[review.other.public_id][name] for name in counters] == ["2", "1"]


def test_of_oneself_only_the_subjects_own_report_is_given(engine: Engine, call: Caller, review: ConfidentialReview):
    both = {"ThreeSixtyID": review.made.public_id, "PersonID": review.himself.public_id}

    assert call.refused("getSubjectReport", **both) == (403, "ESRV3")
    for viewer in ("Admin", review.peer.public_id):
        assert call.refused("getSubjectReportPDF", **both, Viewer=viewer) == (403, "ESRV3")
    assert call.refused("getSubjectReportPDF", **both, Viewer="Subject") == (400, "ETS4")
    others = both | {"PersonID": review.other.public_id}
    done = {"ThreeSixtyID": review.made.public_id, "SubjectID": review.other.public_id, "Status": "Done"}
    call.result("setSubjectStatus", **done)
    assert call("getSubjectReportPDF", **others, Viewer="Admin").status_code == 200
    call.result("setSubjectStatus", ThreeSixtyID=review.made.public_id, SubjectID=both["PersonID"], Status="Done")
    assert call.refused("getSubjectReportPDF", **both, Viewer="Subject") == (403, "ESRV3")  # not released yet
    own = {**done, "SubjectID": both["PersonID"], "PersonID": both["PersonID"], "Viewer": "Subject"}
    del own["Status"]
    assert call.refused("qxSetReportAccess", **own) == (403, "ESRV3")
    call.result("qxSetReportAccess", user=engine.make_api_user("olga.hr"), **own)
    assert call("getSubjectReportPDF", **both, Viewer="Subject").content.startswith(b"%PDF-")


def everything_told(call: Caller, review: ConfidentialReview) -> str:
    """Every answer in which something about the forms of an assessment might show."""
    which = {"ThreeSixtyID": review.made.public_id}
    survey = {"SurveyID": review.made.survey.public_id}
    both = {**which, "PersonID": review.himself.public_id}
    pair = f"{review.himself.email},{review.peer.email},Peer\r\n"
    responses = f"SubjectEmail,EvaluatorEmail,Relationship\r\n{pair}"
    nominated = (
        "FirstName,LastName,EvaluatorEmail,SubjectEmail,Relationship\r\n"
        f"{review.peer.first_name},{review.peer.last_name},{review.peer.email},{review.himself.email},DirectReport\r\n"
    )
    pair_of_ids = {**which, "SubjectID": review.himself.public_id, "PersonID": review.peer.public_id}
    about_one_evaluation: dict[str, dict[str, str]] = {
        "qxGetEvaluators": {},
        "qxAddEvaluator": {"Relationship": "Peer"},
        "qxChangeRelationship": {"Relationship": "Manager"},
        "qxRemoveEvaluator": {"RemoveAnswers": "1"},
        "qxReopenEvaluation": {},
        "qxResetEvaluation": {},
    }
    answers = [
        call("getEvaluationStatus", form=CSV, **which),
        with_answers(call, review.made, review.user),
        call("getSubjectStatus", form=CSV, **which),
        call("getLegacyResponseData", **survey),
        call("getLegacyResponseData", **survey, ResponsesInProgress="1"),
        call("getLegacyResponseData", **survey, ResponseID=review.about.public_id),
        call("getLegacyResponseData", **survey, LastResponseID=review.about.public_id),
        call("getQuotas", **survey),
        call("getSurveys"),
        call("getSurveyName", **survey),
        call("getUserIDs", IncludeUserStats="1"),
        call("getSubjectReport", **both),
        call("getSubjectReportPDF", **both, Viewer="Admin"),
        call("getAssessment", **which),
        call("qxGetEditions", **which),
        call("qxGetEditions", **which, SubjectID=review.himself.public_id),
        call("qxHideReportLine", **which, SubjectID=review.himself.public_id, Line="Peer"),
        call("qxTakeOutAnswers", **which, SubjectID=review.himself.public_id, PersonID=review.peer.public_id),
        call("qxGetReportAccess", **which),
        call("qxGetReportAccess", **which, SubjectID=review.himself.public_id),
        call("qxConfirmManager", **which, SubjectID=review.himself.public_id, PersonID=review.peer.public_id),
        call("qxGetEvaluators", **which),
        *(call(request, **pair_of_ids, **more) for request, more in about_one_evaluation.items()),
        call.upload("importResponses", responses.encode(), **which),
        call.upload("importPersons", nominated.encode(), **which, Type="Evaluators"),
    ]
    return json.dumps([[answer.status_code, answer.text] for answer in answers])


@pytest.mark.parametrize("way", [linked, same_address], ids=lambda way: way.__name__)
def test_no_answer_changes_with_what_is_said_about_oneself(engine: Engine, call: Caller, way: Any):
    review = ConfidentialReview(engine, way, engine.api_user)
    engine.run(Quota.objects.create, survey=review.made.survey, name="All", limit=5)
    told = everything_told(call, review)

    for state in ({"status": "InProgress"}, {"status": "Declined"}, {"status": "NotStarted", "finished_at": None}):
        engine.run(Evaluation.objects.filter(pk=review.about.pk).update, **state)
        assert everything_told(call, review) == told

    changed = engine.run(Evaluation.objects.filter(pk=review.foreign.pk).update, status="InProgress")
    assert changed == 1
    assert everything_told(call, review) != told


def test_quotas_count_only_what_their_reader_may_read(engine: Engine, call: Caller, boss: ApiUser):
    form = engine.survey("My form", owner=boss)
    engine.run(Quota.objects.create, survey=form, name="All", limit=5)
    answered(engine, survey=form)
    answered(engine, "Mine", survey=form, owner=boss)

    def count(user: ApiUser) -> int:
        (quota,) = call.result("getQuotas", user=user, SurveyID=form.public_id)["Quotas"]
        return int(quota["Count"])

    assert (count(boss), count(engine.api_user)) == (1, 2)


def test_counts_in_listings_follow_the_same_rule(engine: Engine, call: Caller, boss: ApiUser):
    form = engine.survey("Everybody's form")
    engine.run(Survey.objects.filter(pk=form.pk).update, owner=None, public=True)
    answered(engine, survey=form)

    def responses(user: ApiUser) -> str | None:
        (one,) = [row for row in call.result("getSurveys", user=user)["Surveys"] if row["SurveyID"] == form.public_id]
        named = call.result("getSurveyName", user=user, SurveyID=form.public_id)
        assert named.get("responses") == one.get("responses")
        found: str | None = one.get("responses")
        return found

    assert (responses(boss), responses(engine.api_user)) == (None, "1")


STATES = ["NotStarted", "InProgress", "Completed"]


def about_oneself(engine: Engine, user: ApiUser, state: str) -> tuple[Assessment, Person, Evaluation]:
    """An assessment of which the only subject runs it, with one evaluator."""
    himself, (peer,) = linked(engine, user), engine.people(1)
    made = engine.assessment("Leaders", owner=user, relationships=("Mentor",))
    return made, peer, engine.evaluation(engine.subject(made, himself), peer, "Mentor", state)


def still_there(engine: Engine, evaluation: Evaluation) -> bool:
    return engine.run(Evaluation.objects.filter(pk=evaluation.pk).exists)


@pytest.mark.parametrize("state", STATES)
def test_a_refused_form_tells_no_subject_who_has_begun(engine: Engine, call: Caller, boss: ApiUser, state: str):
    made, _peer, _about = about_oneself(engine, boss, state)
    form = engine.survey("Another form", owner=boss)

    answer = call("updateAssessment", user=boss, ThreeSixtyID=made.public_id, SurveyID=form.public_id)

    assert answer.status_code == 403
    assert "you are a subject" in answer.text


def test_a_subject_replaces_the_form_of_a_draft(engine: Engine, call: Caller, boss: ApiUser):
    made, _peer, _about = about_oneself(engine, boss, "NotStarted")
    engine.run(Assessment.objects.filter(pk=made.pk).update, status="Draft")
    form = engine.survey("Another form", owner=boss)

    call.result("updateAssessment", user=boss, ThreeSixtyID=made.public_id, SurveyID=form.public_id)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("everything", ["0", "1"])
def test_taking_an_evaluator_out_tells_no_subject_whether_he_answered(
    engine: Engine, call: Caller, boss: ApiUser, state: str, everything: str
):
    made, peer, about = about_oneself(engine, boss, state)
    which = made.public_id

    call.result("removePerson", user=boss, ThreeSixtyID=which, PersonID=peer.public_id, RemoveEvaluations=everything)
    answer = call("setCustomRelationships", user=boss, ThreeSixtyID=which, jsonOfRelationships=[])

    assert still_there(engine, about)
    assert "Relationships in use cannot be removed: Mentor." in answer.text


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("switch", ["CleanImport", "ClearRelationships"])
@pytest.mark.parametrize("kind", ["Evaluators", "Subjects"])
def test_an_import_takes_away_no_form_about_its_caller(
    engine: Engine, call: Caller, boss: ApiUser, state: str, switch: str, kind: str
):
    made, _peer, about = about_oneself(engine, boss, state)
    one, two = engine.people(2)
    engine.subject(made, one)
    files = {
        "Evaluators": (
            "FirstName,LastName,EvaluatorEmail,SubjectEmail,Relationship\r\n"
            f"{two.first_name},{two.last_name},{two.email},{one.email},Peer\r\n"
        ),
        "Subjects": f"FirstName,LastName,Email\r\n{one.first_name},{one.last_name},{one.email}\r\n",
    }

    answer = call.upload(
        "importPersons", files[kind].encode(), user=boss, ThreeSixtyID=made.public_id, Type=kind, **{switch: "1"}
    )

    assert answer.status_code == 200, answer.text
    assert still_there(engine, about)


def test_who_leaves_the_directory_is_still_the_subject(engine: Engine, call: Caller, rows: Rows):
    user, himself, (peer,) = engine.api_user, linked(engine, engine.api_user), engine.people(1)
    made = engine.assessment("Leaders")
    engine.evaluation(engine.subject(made, himself), peer, "Peer", "Completed")
    directory_id = engine.run(lambda: Person.objects.get(pk=himself.pk).org_structure.public_id)

    call.result("removePerson", OrgStructureID=directory_id, PersonID=himself.public_id)
    call.result("updateUser", UserID=user.user_id, Email="new@marlstone.example")

    table = rows(with_answers(call, made, user))
    assert [row["Relationship"] for row in table] == ["Self"]
    both = {"ThreeSixtyID": made.public_id, "PersonID": himself.public_id}
    assert call.refused("getSubjectReport", **both) == (403, "ESRV3")


def test_assessment_that_was_deleted_meanwhile_is_unknown_and_not_forbidden(engine: Engine, boss: ApiUser):
    owner = engine.run(User.objects.get, user_name=boss.user_name)

    with pytest.raises(Invalid):
        engine.run(confidential.require, owner, Assessment(pk=2**40))
