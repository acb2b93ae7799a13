import pytest

from qxportal.engine.models import Answer, Evaluation, Survey
from tests.qxportal.engine.conftest import Caller
from tests.support.engine_fixture import Engine


def test_only_the_given_options_change(engine: Engine, call: Caller):
    review = engine.assessment("Leaders", options={"MinimumEvaluators": 4, "RoundRobin": True})
    which = {"ThreeSixtyID": review.public_id}
    before = call.result("getAssessment", **which)

    call.result("updateAssessment", **which, WorkFlowOptions={"RoundRobin": False, "MaximumEvaluators": 9})
    call.result("updateAssessment", **which)

    after = call.result("getAssessment", **which)
    assert after["WorkFlowOptions"] == before["WorkFlowOptions"] | {"RoundRobin": False, "MaximumEvaluators": 9}
    assert after["SurveyID"] == before["SurveyID"]


@pytest.mark.parametrize("options", ['{"MaximumEvaluators": 3}', '{"Telepathy": 1}', "[1]", "{"])
def test_options_are_refused_together_with_those_that_are_set(engine: Engine, call: Caller, options: str):
    review = engine.assessment("Leaders", options={"MinimumEvaluators": 4})
    which = {"ThreeSixtyID": review.public_id}
    form = engine.survey("New form")

    refused = call.refused("updateAssessment", **which, SurveyID=form.public_id, WorkFlowOptions=options)

    assert refused == (400, "ESRV35|WorkFlowOptions")
    assert call.result("getAssessment", **which)["SurveyID"] == review.survey.public_id


def test_a_new_form_replaces_the_old_one(engine: Engine, call: Caller):
    review, form = engine.assessment("Leaders"), engine.survey("New form")
    mara, jonas = engine.people(2)
    engine.evaluation(engine.subject(review, mara), jonas)

    call.result("updateAssessment", ThreeSixtyID=review.public_id, SurveyID=form.public_id)

    assert engine.refreshed(review).survey_id == form.pk
    assert [one["SurveyName"] for one in call.result("getSurveys")["Surveys"]] == ["New form"]
    assert engine.run(Evaluation.objects.count) == 2


def test_a_form_that_another_assessment_uses_stays(engine: Engine, call: Caller):
    form = engine.survey("Leadership form")
    review, other = (engine.assessment(name, survey=form) for name in ("Spring", "Autumn"))

    call.result("updateAssessment", ThreeSixtyID=review.public_id, SurveyID=engine.survey("New form").public_id)

    assert engine.refreshed(other).survey_id == form.pk
    assert len(call.result("getSurveys")["Surveys"]) == 2


def test_the_same_form_again_changes_nothing(engine: Engine, call: Caller):
    review = engine.assessment("Leaders")

    call.result("updateAssessment", ThreeSixtyID=review.public_id, SurveyID=review.survey.public_id)

    assert engine.refreshed(review).survey_id == review.survey_id


def test_a_colleagues_form_stays_when_it_is_given_back(engine: Engine, call: Caller):
    tom = engine.make_api_user("tom.rossi", brand_admin=False)
    form = engine.survey("Form of the brand administrator")
    review = engine.assessment("Leaders", owner=tom, survey=form)
    own = engine.survey("Own form", owner=tom)

    call.result("updateAssessment", user=tom, ThreeSixtyID=review.public_id, SurveyID=own.public_id)

    assert engine.run(Survey.objects.filter(pk=form.pk).exists)


@pytest.mark.parametrize("status", ["InProgress", "Completed"])
def test_nobodys_answers_lose_their_form(engine: Engine, call: Caller, status: str):
    review, form = engine.assessment("Leaders"), engine.survey("New form")
    mara, jonas = engine.people(2)
    engine.evaluation(engine.subject(review, mara), jonas, status=status)
    answers = engine.run(Answer.objects.count)

    refused = call.refused("updateAssessment", ThreeSixtyID=review.public_id, SurveyID=form.public_id)

    assert refused == (400, "ETS3")
    assert engine.run(Answer.objects.count) == answers > 0
    assert engine.refreshed(review).survey_id == review.survey_id


def test_another_brands_form_is_unknown(engine: Engine, call: Caller):
    rival = engine.make_api_user("rita.kessler", brand=engine.make_brand("fennmoor", "Fennmoor Studio"))
    form, review = engine.survey("Rival form", owner=rival), engine.assessment("Leaders")
    which = {"ThreeSixtyID": review.public_id}

    assert call.refused("updateAssessment", **which, SurveyID=form.public_id) == (400, "ESRV35|SurveyID")
    assert call.refused("updateAssessment", user=rival, **which) == (400, "ESRV35|ThreeSixtyID")


def test_self_evaluations_follow_the_option(engine: Engine, call: Caller):
    review = engine.assessment("Leaders", options={"SelfEvaluation": False})
    mara, jonas = engine.people(2)
    for person in (mara, jonas):
        engine.subject(review, person)
    which = {"ThreeSixtyID": review.public_id}

    def asked() -> set[tuple[str, str]]:
        return engine.run(lambda: set(Evaluation.objects.values_list("evaluator__email", "relationship")))

    assert asked() == set()
    call.result("updateAssessment", **which, WorkFlowOptions={"SelfEvaluation": True})
    assert asked() == {(mara.email, "Self"), (jonas.email, "Self")}

    engine.run(Evaluation.objects.filter(evaluator=mara).update, status="InProgress")
    call.result("updateAssessment", **which, WorkFlowOptions={"SelfEvaluation": False})
    assert asked() == {(mara.email, "Self")}
