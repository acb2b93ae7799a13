import pytest

from qxportal.engine.models import Group, Survey
from tests.qxportal.engine.conftest import Caller
from tests.support.engine_fixture import ApiUser, Engine

CHANGES: dict[str, dict[str, str]] = {
    "activateSurvey": {},
    "deactivateSurvey": {},
    "setSurveyOptions": {"Active": "0"},
    "transferSurveyOwnership": {},
}


@pytest.fixture
def tom(engine: Engine) -> ApiUser:
    return engine.make_api_user("tom.rossi", brand_admin=False)


@pytest.fixture
def lena(engine: Engine) -> ApiUser:
    return engine.make_api_user("lena.novak", brand_admin=False)


def listed(call: Caller, user: ApiUser) -> list[str]:
    return [survey["SurveyName"] for survey in call.result("getSurveys", user=user)["Surveys"]]


def of_the_brand(engine: Engine, survey: Survey) -> None:
    engine.run(Survey.objects.filter(pk=survey.pk).update, owner=None, public=True)


def test_one_sees_ones_own_surveys_the_brands_and_the_forms_of_ones_assessments(
    engine: Engine, call: Caller, tom: ApiUser, lena: ApiUser
):
    engine.survey("Of Tom", owner=tom)
    of_the_brand(engine, engine.survey("Of the brand"))
    engine.assessment("Led by Tom", owner=tom, survey=engine.survey("Lent to Tom"))
    shared = engine.assessment("Shared", survey=engine.survey("Of the group"))

    def share() -> None:
        group = Group.objects.create(brand=engine.brand, name="Learning")
        group.members.set([lena.row])
        type(shared).objects.filter(pk=shared.pk).update(owner=None, owner_group=group)

    engine.run(share)

    assert listed(call, tom) == ["Of Tom", "Of the brand", "Lent to Tom"]
    assert listed(call, lena) == ["Of the brand", "Of the group"]
    assert listed(call, engine.api_user) == ["Of Tom", "Of the brand", "Lent to Tom", "Of the group"]


def test_the_name_of_a_survey_is_for_those_who_see_it(engine: Engine, call: Caller, tom: ApiUser, lena: ApiUser):
    survey = engine.survey("Of Tom", owner=tom)

    told = call.result("getSurveyName", user=tom, SurveyID=survey.public_id)

    assert (told["SurveyName"], told["SurveyOwnerID"], told["Language"]) == ("Of Tom", tom.user_id, "EN")
    assert call.refused("getSurveyName", user=lena, SurveyID=survey.public_id) == (403, "ESRV3")


def test_a_name_comes_in_the_languages_of_the_survey(engine: Engine, call: Caller):
    survey = engine.survey("Feedback")
    engine.run(Survey.objects.update, names={"DE": "Rückmeldung"}, languages=["DE", "FR"])

    def name(**language: str) -> str:
        return str(call.result("getSurveyName", SurveyID=survey.public_id, **language)["SurveyName"])

    assert (name(), name(Language="de"), name(Language="FR")) == ("Feedback", "Rückmeldung", "Feedback")
    answer = call("getSurveyName", SurveyID=survey.public_id, Language="IT")
    assert answer.status_code == 400
    assert "EN, DE, FR" in answer.json()["Meta"]["ErrorMessage"]


@pytest.mark.parametrize("request_name", CHANGES)
def test_only_the_owner_and_brand_administrators_change_a_survey(
    engine: Engine, call: Caller, tom: ApiUser, lena: ApiUser, request_name: str
):
    rival = engine.make_api_user("rita.kessler", brand=engine.make_brand("fennmoor", "Fennmoor Studio"))
    survey, shared = engine.survey("Of Tom", owner=tom), engine.survey("Of the brand")
    of_the_brand(engine, shared)
    given = {"SurveyID": survey.public_id, **CHANGES[request_name]}
    if request_name == "transferSurveyOwnership":
        given |= {"OwnerID": tom.user_id, "NewOwnerID": tom.user_id}

    assert call.refused(request_name, user=lena, **given) == (403, "ESRV3")
    assert call.refused(request_name, user=rival, **given) == (500, "ESRV18")
    assert call.refused(request_name, user=tom, **given | {"SurveyID": shared.public_id}) == (403, "ESRV3")
    call.result(request_name, user=tom, **given)
    call.result(request_name, **given)


def test_a_survey_goes_to_a_new_owner_only_from_its_present_one(
    engine: Engine, call: Caller, tom: ApiUser, lena: ApiUser
):
    survey = engine.survey("Of Tom", owner=tom)
    rival = engine.make_api_user("rita.kessler", brand=engine.make_brand("fennmoor", "Fennmoor Studio"))
    which = {"SurveyID": survey.public_id}

    wrong = {"OwnerID": lena.user_id, "NewOwnerID": lena.user_id}
    assert call.refused("transferSurveyOwnership", **which, **wrong) == (400, "ESRV35|OwnerID")
    away = {"OwnerID": tom.user_id, "NewOwnerID": rival.user_id}
    assert call.refused("transferSurveyOwnership", **which, **away) == (400, "ESRV35|NewOwnerID")

    call.result("transferSurveyOwnership", user=tom, **which, OwnerID=tom.user_id, NewOwnerID=lena.user_id)

    assert call.refused("deactivateSurvey", user=tom, **which) == (403, "ESRV3")
    told = call.result("getSurveyName", user=lena, **which)
    assert (told["SurveyName"], told["UserLastName"]) == ("Of Tom", "Novak")


def test_the_brand_hands_its_survey_to_somebody(engine: Engine, call: Caller, lena: ApiUser):
    survey = engine.survey("Of the brand")
    of_the_brand(engine, survey)
    told = call.result("getSurveyName", user=lena, SurveyID=survey.public_id)
    assert (told["SurveyOwnerID"], told["UserLastName"]) == ("marlstone", "Marlstone Instruments")

    call.result(
        "transferSurveyOwnership",
        SurveyID=survey.public_id,
        OwnerID="marlstone",
        NewOwnerID=lena.user_id,
        SurveyName="Of Lena",
    )

    assert listed(call, lena) == ["Of Lena"]
    now = engine.refreshed(survey)
    assert (now.owner_id, now.public) == (lena.row.pk, False)
