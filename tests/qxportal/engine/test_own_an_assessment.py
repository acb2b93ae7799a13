import pytest

from qxportal.engine.models import Division, Group
from tests.qxportal.engine.conftest import Caller
from tests.support.engine_fixture import ApiUser, Engine

CREATE = ("createAssessment", "createThreeSixty")


@pytest.fixture
def tom(engine: Engine) -> ApiUser:
    return engine.make_api_user("tom.rossi", brand_admin=False)


@pytest.fixture
def lena(engine: Engine) -> ApiUser:
    return engine.make_api_user("lena.novak", brand_admin=False)


def group_of(engine: Engine, *members: ApiUser) -> Group:
    def make() -> Group:
        group = Group.objects.create(brand=engine.brand, name="Learning and Development")
        group.members.set([member.row for member in members])
        return group

    return engine.run(make)


def division_of(engine: Engine, *members: ApiUser) -> Division:
    division = engine.division("Sales")
    for member in members:
        engine.run(type(member.row).objects.filter(pk=member.row.pk).update, division=division)
    return division


@pytest.mark.parametrize("request_name", CREATE)
@pytest.mark.parametrize("kind", ["user", "division", "group"])
def test_an_assessment_belongs_to_whom_its_creator_names(
    engine: Engine, call: Caller, tom: ApiUser, lena: ApiUser, request_name: str, kind: str
):
    owner = {
        "user": lambda: tom.user_id,
        "division": lambda: division_of(engine, tom).public_id,
        "group": lambda: group_of(engine, tom).public_id,
    }[kind]()

    made = call.result(request_name, Name="Leaders", OwnerID=owner)

    which = {"ThreeSixtyID": made["ThreeSixtyID"]}
    assert call.result("getAssessment", user=tom, **which)["OwnerID"] == owner
    call.result("activateAssessment", user=tom, **which)
    assert call.refused("getAssessment", user=lena, **which) == (403, "ESRV3")
    assert [one["OwnerID"] for one in call.result("getAssessments", user=lena)["Assessments"]] == [owner]


def test_an_assessment_of_the_brand_is_everybodys(engine: Engine, call: Caller, tom: ApiUser):
    made = call.result("createAssessment", Name="Leaders", OwnerID="marlstone")
    rival = engine.make_api_user("rita.kessler", brand=engine.make_brand("fennmoor", "Fennmoor Studio"))

    assert call.result("getAssessment", user=tom, ThreeSixtyID=made["ThreeSixtyID"])["OwnerID"] == "marlstone"
    call.result("activateAssessment", user=tom, ThreeSixtyID=made["ThreeSixtyID"])
    unknown = call.refused("getAssessment", user=rival, ThreeSixtyID=made["ThreeSixtyID"])
    assert unknown == (400, "ESRV35|ThreeSixtyID")


def test_the_older_request_knows_no_brand_as_owner(call: Caller):
    assert call.refused("createThreeSixty", Name="Leaders", OwnerID="marlstone") == (400, "ESRV35|OwnerID")


@pytest.mark.parametrize("request_name", CREATE)
def test_members_make_assessments_for_their_group_and_division(
    engine: Engine, call: Caller, tom: ApiUser, lena: ApiUser, request_name: str
):
    group, division = group_of(engine, tom), division_of(engine, tom)
    for owner in (group.public_id, division.public_id, tom.user_id):
        call.result(request_name, user=tom, Name="Leaders", OwnerID=owner)
        assert call.refused(request_name, user=lena, Name="Leaders", OwnerID=owner) == (403, "ESRV3")
    assert call.refused("createAssessment", user=tom, Name="Leaders", OwnerID="marlstone") == (403, "ESRV3")


def test_who_administers_a_division_runs_its_assessments(engine: Engine, call: Caller, tom: ApiUser):
    division = engine.division("Sales")
    engine.run(division.administrators.add, tom.row)

    made = call.result("createAssessment", user=tom, Name="Leaders", OwnerID=division.public_id)

    assert call.result("getAssessment", user=tom, ThreeSixtyID=made["ThreeSixtyID"])["OwnerID"] == division.public_id


@pytest.mark.parametrize("request_name", CREATE)
def test_another_brands_owners_are_unknown(engine: Engine, call: Caller, request_name: str):
    fennmoor = engine.make_brand("fennmoor", "Fennmoor Studio")
    rival = engine.make_api_user("rita.kessler", brand=fennmoor)
    group = engine.run(Group.objects.create, brand=fennmoor, name="Studio")
    division = engine.division("Studio", brand=fennmoor)

    for owner in (rival.user_id, group.public_id, division.public_id, "fennmoor"):
        assert call.refused(request_name, Name="Leaders", OwnerID=owner) == (400, "ESRV35|OwnerID")
    assert call.result("getAssessments")["Assessments"] == []


def test_nobody_takes_a_form_that_he_may_not_look_at(engine: Engine, call: Caller, tom: ApiUser, lena: ApiUser):
    form = engine.survey("Form of Tom", owner=tom).public_id
    own = call.result("createAssessment", user=lena, Name="Leaders")["ThreeSixtyID"]

    for name in CREATE:
        assert call.refused(name, user=lena, Name="Others", SurveyID=form) == (403, "ESRV3")
    assert call.refused("updateAssessment", user=lena, ThreeSixtyID=own, SurveyID=form) == (403, "ESRV3")

    call.result("createAssessment", user=tom, Name="Own", SurveyID=form)
    call.result("createAssessment", Name="Shared", OwnerID="marlstone", SurveyID=form)
    call.result("createAssessment", user=lena, Name="Others", SurveyID=form)  # it is that of everybody's assessment
