import pytest

from qxportal.engine.models import Division, Group, User
from qxportal.threesixty.catalogue import CATALOGUE
from tests.qxportal.engine.conftest import Caller
from tests.support.built_once import built_once
from tests.support.engine_fixture import ApiUser, Engine

Review = dict[str, dict[str, str]]  # what each request needs


def wrong(user: ApiUser) -> ApiUser:
    return ApiUser(user.user_name, "wrong", user.user_id, user.brand, user.row)


def test_a_user_without_a_token_cannot_call(engine: Engine, call: Caller):
    engine.run(User.objects.update, token_hash="")

    assert call.refused("getSurveys", user=wrong(engine.api_user)) == (401, "ESRV1")


@pytest.mark.parametrize("status", ["Disabled", "NotVerified"])
def test_a_disabled_account_is_refused(engine: Engine, call: Caller, status: str):
    engine.run(User.objects.update, status=status)

    assert call.refused("getSurveys") == (401, "ESRV2")


def _everything(assessment_id: str, person_id: str) -> Review:
    which, both = {"ThreeSixtyID": assessment_id}, {"ThreeSixtyID": assessment_id, "PersonID": person_id}
    file = "FirstName,LastName,Email\r\nTom,Rossi,tom.rossi@marlstone.example\r\n"
    return {
        "activateAssessment": which,
        "addPerson": both,
        "closeAssessment": which,
        "getAssessment": which,
        "getCustomRelationships": which,
        "getEvaluationStatus": which,
        "getSubjectReport": both,
        "getSubjectReportPDF": both | {"Viewer": "Admin"},
        "getSubjectStatus": which,
        "importPersons": which | {"Type": "Subjects", "FileContents": file},
        "removePerson": both,
        "setCustomRelationships": which | {"jsonOfRelationships": '["Mentor"]'},
        "setSubjectStatus": which | {"SubjectID": person_id, "Status": "Done"},
    }


NAMES = sorted(_everything("", ""))


def form(name: str) -> str:
    return CATALOGUE[name].formats[-1] if CATALOGUE[name].formats == ("CSV",) else "JSON"


@pytest.fixture
@built_once
def review(engine: Engine) -> Review:
    (mara,) = engine.people(1)
    assessment = engine.assessment("Leaders", owner=engine.make_api_user("lena.haddad", brand_admin=False))
    engine.subject(assessment, mara, status="Done", report_ready=True)
    return _everything(assessment.public_id, mara.public_id)


@pytest.mark.parametrize("name", NAMES)
def test_another_brands_assessment_is_unknown(engine: Engine, call: Caller, review: Review, name: str):
    rival = engine.make_api_user("max.quarrel", brand=engine.make_brand("quarrel", "Quarrel Logistics"))

    assert call.refused(name, user=rival, form=form(name), **review[name]) == (400, "ESRV35|ThreeSixtyID")
    assert engine.writes(executed=True) == []
    assert call(name, form=form(name), **review[name]).status_code == 200


@pytest.mark.parametrize("name", NAMES)
def test_a_colleague_who_does_not_own_it_is_forbidden(engine: Engine, call: Caller, review: Review, name: str):
    colleague = engine.make_api_user("noah.garcia", brand_admin=False)

    assert call.refused(name, user=colleague, form=form(name), **review[name]) == (403, "ESRV3")
    assert engine.writes(executed=True) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_owner_needs_no_brand_rights(engine: Engine, call: Caller, name: str):
    (mara,) = engine.people(1)
    owner = engine.make_api_user("lena.haddad", brand_admin=False)
    assessment = engine.assessment("Leaders", owner=owner)
    engine.subject(assessment, mara, status="Done", report_ready=True)
    given = _everything(assessment.public_id, mara.public_id)[name]

    assert call(name, user=owner, form=form(name), **given).status_code == 200


def test_another_brands_people_forms_and_owners_are_unknown(engine: Engine, call: Caller, review: Review):
    rival_brand = engine.make_brand("quarrel", "Quarrel Logistics")
    rival = engine.make_api_user("max.quarrel", brand=rival_brand)
    (theirs,) = engine.people(1, brand=rival_brand)
    survey = engine.survey("Drivers", owner=rival)
    mine = review["addPerson"]["ThreeSixtyID"]

    assert call.refused("addPerson", ThreeSixtyID=mine, PersonID=theirs.public_id) == (400, "ESRV35|PersonID")
    assert call.refused("createAssessment", Name="X", SurveyID=survey.public_id) == (400, "ESRV35|SurveyID")
    assert call.refused("createAssessment", Name="X", OwnerID=rival.user_id) == (400, "ESRV35|OwnerID")
    fleet = engine.division("Fleet", brand=rival_brand).public_id
    person = {"FirstName": "Petra", "LastName": "Novak", "Email": "petra.novak@marlstone.example"}
    assert call.refused("createPerson", **person, DivisionID=fleet) == (400, "ESRV35|DivisionID")
    assert [one["SurveyName"] for one in call.result("getSurveys", user=rival)["Surveys"]] == ["Drivers"]
    assert call.result("getAssessments", user=rival)["Assessments"] == []


def test_the_directory_is_changed_by_brand_administrators_only(engine: Engine, call: Caller, review: Review):
    colleague = engine.make_api_user("noah.garcia", brand_admin=False)
    person = {"FirstName": "Petra", "LastName": "Novak", "Email": "petra.novak@marlstone.example"}
    file = "FirstName,LastName,Email\r\nPetra,Novak,petra.novak@marlstone.example\r\n"

    assert call.refused("createPerson", user=colleague, **person) == (403, "ESRV3")
    assert call.refused("importPersons", user=colleague, FileContents=file) == (403, "ESRV3")
    assert len(call.result("getPersons", user=colleague)["Persons"]) == 1


def test_a_division_may_own_an_assessment(engine: Engine, call: Caller):
    division = engine.division("Field service")
    member = engine.make_api_user("elif.tanaka", brand_admin=False)
    engine.run(User.objects.filter(pk=member.row.pk).update, division=division)

    made = call.result("createAssessment", user=member, Name="Service review", OwnerID=division.public_id)

    definition = call.result("getAssessment", user=member, ThreeSixtyID=made["ThreeSixtyID"])
    assert definition["OwnerID"] == division.public_id
    assert call.refused("createAssessment", user=member, Name="X", OwnerID=engine.api_user.user_id) == (403, "ESRV3")


def _in_division(engine: Engine, name: str, division: Division) -> ApiUser:
    user = engine.make_api_user(name, brand_admin=False)
    engine.run(User.objects.filter(pk=user.row.pk).update, division=division)
    return user


@pytest.fixture
def people_of(engine: Engine) -> dict[str, ApiUser]:
    """One of each: who may run assessments and why."""
    division = engine.division("Field service")
    people = {
        "owner": _in_division(engine, "lena.haddad", division),
        "colleague": _in_division(engine, "elif.tanaka", division),
        "division administrator": engine.make_api_user("aisha.okafor", brand_admin=False),
        "group member": engine.make_api_user("piotr.petrov", brand_admin=False),
        "stranger": engine.make_api_user("noah.garcia", brand_admin=False),
        "brand administrator": engine.api_user,
    }
    engine.run(division.administrators.add, people["division administrator"].row)
    group = engine.run(Group.objects.create, brand=engine.brand, name="Review team")
    engine.run(group.members.add, people["group member"].row)
    return people


BOTH = {"brand administrator", "division administrator"}


@pytest.mark.parametrize(
    ("owner", "allowed"),
    [
        ("user", BOTH | {"owner"}),
        ("division", BOTH | {"owner", "colleague"}),
        ("group", {"brand administrator", "group member"}),
        ("brand", BOTH | {"owner", "colleague", "group member", "stranger"}),
    ],
)
def test_an_assessment_is_run_by_those_to_whom_it_belongs(
    engine: Engine, call: Caller, people_of: dict[str, ApiUser], owner: str, allowed: set[str]
):
    ids = {
        "user": people_of["owner"].user_id,
        "division": engine.run(lambda: Division.objects.get().public_id),
        "group": engine.run(lambda: Group.objects.get().public_id),
        "brand": "marlstone",
    }
    made = call.result("createAssessment", Name="Leaders", OwnerID=ids[owner])

    def may(user: ApiUser) -> bool:
        code = call("setCustomRelationships", user=user, ThreeSixtyID=made["ThreeSixtyID"]).status_code
        assert code in (200, 403)
        return code == 200

    def sees(user: ApiUser) -> bool:
        surveys = call.result("getSurveys", user=user)["Surveys"]
        return made["SurveyID"] in {survey["SurveyID"] for survey in surveys}

    assert {who for who, user in people_of.items() if may(user)} == allowed
    assert {who for who, user in people_of.items() if sees(user)} == allowed


def test_an_administrator_of_a_division_hands_over_surveys_of_its_users(
    engine: Engine, call: Caller, people_of: dict[str, ApiUser]
):
    owner, admin = people_of["owner"], people_of["division administrator"]
    survey = engine.survey("Drivers", owner=owner)
    given = {"SurveyID": survey.public_id, "OwnerID": owner.user_id, "NewOwnerID": admin.user_id}

    assert call.refused("transferSurveyOwnership", user=people_of["stranger"], **given) == (403, "ESRV3")
    assert call.refused("transferSurveyOwnership", user=people_of["colleague"], **given) == (403, "ESRV3")
    call.result("transferSurveyOwnership", user=admin, **given)

    assert engine.refreshed(survey).owner_id == admin.row.pk
