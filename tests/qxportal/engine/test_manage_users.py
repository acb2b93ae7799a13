"""createUser, createDivision, deleteUser and getUserIDs."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from qxportal.engine.models import Division, Evaluation, LoggedCall, Message, Survey, User
from qxportal.engine.people import user_stats
from tests.qxportal.engine.conftest import Caller
from tests.qxportal.engine.managed_users import ELIF, PASSWORD, sign_in, user
from tests.support.engine_fixture import Engine


def test_a_new_user_signs_in_with_the_password(engine: Engine, call: Caller):
    division = engine.division("Field service")

    made = call.result("createUser", **ELIF, DivisionID=division.public_id)

    elif_ = user(engine, made["UserID"])
    assert made["UserID"].startswith("UR_")
    assert (elif_.first_name, elif_.email, elif_.type) == ("Elif", ELIF["Email"], "UT_Standard")
    assert (elif_.division, elif_.is_brand_admin) == (division, False)
    assert PASSWORD not in elif_.password_hash
    assert sign_in(engine, ELIF["NewUsername"]) == 200
    assert sign_in(engine, ELIF["NewUsername"], "wrong") == 401


def test_the_password_is_kept_nowhere_in_clear(engine: Engine, call: Caller):
    answer = call("createUser", **ELIF)

    assert PASSWORD not in answer.text
    assert PASSWORD not in str(engine.run(lambda: list(LoggedCall.objects.values())))


def test_one_type_makes_brand_administrators(engine: Engine, call: Caller):
    made = call.result("createUser", **ELIF | {"Type": "UT_BRANDADMIN"})

    assert user(engine, made["UserID"]).is_brand_admin


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Organization", "quarrel"),
        ("Type", "Standard"),
        ("NewPassword", "short"),
        ("NewPassword", "x" * 201),
        ("NewUsername", "elif tanaka"),
        ("NewUsername", "elif.tanaka#quarrel"),
        ("NewUsername", "#marlstone"),
        ("Email", "elif"),
        ("FirstName", " "),
        ("DivisionID", "DV_unknown00000000"),
    ],
)
def test_a_refused_user_is_not_there(engine: Engine, call: Caller, name: str, value: str):
    engine.make_brand("quarrel", "Quarrel Logistics")

    assert call.refused("createUser", **{**ELIF, name: value}) == (400, f"ESRV35|{name}")
    assert engine.run(User.objects.count) == 1


def test_user_names_are_unique_over_all_brands_whatever_their_case(engine: Engine, call: Caller):
    rival = engine.make_api_user("max.quarrel", brand=engine.make_brand("quarrel", "Quarrel Logistics"))
    call.result("createUser", **ELIF | {"NewUsername": "elif.tanaka"})

    taken = ELIF | {"NewUsername": "Elif.Tanaka", "Organization": "quarrel"}
    assert call.refused("createUser", user=rival, **taken) == (400, "ETS2")


@pytest.mark.parametrize("spelled", [str, str.title], ids=["alike", "in other cases"])
def test_of_several_at_once_one_gets_the_name(engine: Engine, call: Caller, spelled: Callable[[str], str]):
    names = ["elif.tanaka@marlstone.example", spelled("elif.tanaka@marlstone.example")] * 2

    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(lambda name: call("createUser", **ELIF | {"NewUsername": f"{name}#marlstone"}), names)
        codes = sorted(answer.status_code for answer in answers)

    assert codes == [200, 400, 400, 400]


def test_a_division_has_its_administrators(engine: Engine, call: Caller):
    admins = [engine.make_api_user(name, brand_admin=False) for name in ("tom.rossi", "lena.haddad")]
    ids = [admin.user_id for admin in admins]

    made = call.result(
        "createDivision", Name="Logistics", **{"DivisionAdmins[]": ids[0]}, DivisionID="DV_logistics2026"
    )
    listed = call.result("createDivision", Name="Finance", DivisionAdmins=",".join(ids))
    as_json = call.result("createDivision", Name="Sales", DivisionAdmins=ids)

    def names(public_id: str) -> list[str]:
        division = Division.objects.get(public_id=public_id)
        return [one.public_id for one in division.administrators.order_by("pk")]

    assert made == "DV_logistics2026"
    assert engine.run(names, made) == ids[:1]
    assert engine.run(names, listed) == engine.run(names, as_json) == ids


def test_a_division_administrator_runs_its_assessments(engine: Engine, call: Caller):
    lena = engine.make_api_user("lena.haddad", brand_admin=False)
    division = call.result("createDivision", Name="Logistics", **{"DivisionAdmins[]": lena.user_id})
    review = call.result("createAssessment", Name="Drivers", OwnerID=division)
    tom = engine.make_api_user("tom.rossi", brand_admin=False)

    assert call("getAssessment", user=lena, ThreeSixtyID=review["ThreeSixtyID"]).status_code == 200
    assert call.refused("getAssessment", user=tom, ThreeSixtyID=review["ThreeSixtyID"]) == (403, "ESRV3")


def test_divisions_are_not_made_twice_or_with_strangers(engine: Engine, call: Caller):
    rival = engine.make_api_user("max.quarrel", brand=engine.make_brand("quarrel", "Quarrel Logistics"))
    call.result("createDivision", Name="Logistics", DivisionID="DV_logistics2026")

    assert call.refused("createDivision", Name="Logistics") == (400, "ESRV35|Name")
    assert call.refused("createDivision", Name="Finance", DivisionID="DV_logistics2026") == (400, "ETS1")
    assert call.refused("createDivision", Name="Finance", DivisionID="DV 1") == (400, "ESRV35|DivisionID")
    assert call.refused("createDivision", Name="Finance", DivisionAdmins=rival.user_id) == (
        400,
        "ESRV35|DivisionAdmins",
    )
    assert engine.run(Division.objects.count) == 1
    assert call.result("createDivision", user=rival, Name="Logistics").startswith("DV_")


def test_a_deleted_user_is_gone_with_its_library_and_the_person_stays(engine: Engine, call: Caller):
    tom = engine.make_api_user("tom.rossi", brand_admin=False)
    person = engine.person("Tom", "Rossi", user=tom.row)
    created, shared = engine.survey("Drivers"), engine.survey("Of the brand")
    engine.run(Survey.objects.update, creator=tom.row)
    engine.run(Survey.objects.filter(pk=shared.pk).update, owner=None, public=True)
    call.result(
        "createLibraryMessage",
        user=tom,
        LibraryID=tom.user_id,
        Name="Welcome",
        Category="InviteEmails",
        Message="Hello",
        Language="EN",
    )

    assert call.result("deleteUser", UserID=tom.user_id) == {"Success": True}

    assert engine.refreshed(person).user_id is None
    assert engine.refreshed(created).creator_id == engine.refreshed(shared).creator_id == engine.api_user.row.pk
    assert engine.run(Message.objects.count) == 0
    assert call.refused("getSurveys", user=tom) == (401, "ESRV1")
    assert call.refused("deleteUser", UserID=tom.user_id) == (400, "ESRV35|UserID")


def test_a_user_who_owns_something_is_not_deleted(engine: Engine, call: Caller):
    tom = engine.make_api_user("tom.rossi", brand_admin=False)
    engine.assessment("Drivers", owner=tom)

    answer = call("deleteUser", UserID=tom.user_id).json()["Meta"]

    assert answer["QualtricsErrorCode"] == "ETS10"
    assert answer["ErrorMessage"] == "The user owns 1 surveys and 1 assessments: transfer them first."
    assert call("getSurveys", user=tom).status_code == 200


def test_nobody_deletes_himself(engine: Engine, call: Caller):
    assert call.refused("deleteUser", UserID=engine.api_user.user_id) == (400, "ETS11")


def test_users_are_listed_by_brand_and_division_in_pages(engine: Engine, call: Caller):
    engine.make_api_user("max.quarrel", brand=engine.make_brand("quarrel", "Quarrel Logistics"))
    division = engine.division("Field service")
    others = [engine.make_api_user(f"driver.{number}", brand_admin=False) for number in range(5)]
    engine.run(User.objects.filter(pk=others[3].row.pk).update, division=division)
    ids = [engine.api_user.user_id, *(one.user_id for one in others)]

    assert call.result("getUserIDs") == ids
    assert call.result("getUserIDs", Organization="marlstone", Limit=2) == ids[:2]
    assert call.result("getUserIDs", Offset=4, Limit=10) == ids[4:]
    assert call.result("getUserIDs", Division=division.public_id) == [others[3].user_id]
    assert call.refused("getUserIDs", Offset=4) == (400, "ESRV35|Limit")
    assert call.refused("getUserIDs", Organization="quarrel") == (400, "ESRV35|Organization")
    assert call.refused("getUserIDs", Division="DV_unknown00000000") == (400, "ESRV35|Division")


def test_users_may_come_with_what_they_have(engine: Engine, call: Caller):
    tom = engine.make_api_user("tom.rossi", brand_admin=False)
    mara, jonas, aisha = engine.people(3)
    review = engine.assessment("Drivers", owner=tom)
    subject = engine.subject(review, mara)
    last = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
    engine.evaluation(subject, jonas, "Peer", "Completed", finished_at=datetime(2026, 10, 1, tzinfo=UTC))
    engine.evaluation(subject, aisha, "Peer", "Completed", finished_at=last)
    closed = engine.survey("Old form", owner=tom)
    engine.run(Survey.objects.filter(pk=closed.pk).update, active=False)

    nobody, his = call.result("getUserIDs", IncludeUserStats=1)

    assert nobody == {
        "UserID": engine.api_user.user_id,
        "UserName": engine.api_user.user_name,
        "TotalSurveys": 0,
        "ActiveSurveys": 0,
        "LastResponseDate": "0000-00-00 00:00:00",
    }
    assert his == {
        "UserID": tom.user_id,
        "UserName": tom.user_name,
        "TotalSurveys": 2,
        "ActiveSurveys": 1,
        "LastResponseDate": "2026-11-03 09:30:00",
    }


def test_what_users_have_is_asked_in_as_many_questions_for_many_as_for_one(engine: Engine):
    owners = [engine.make_api_user(f"driver.{number}", brand_admin=False) for number in range(6)]
    (mara,) = engine.people(1)
    for owner in owners:
        engine.subject(engine.assessment("Drivers", owner=owner), mara)

    def questions(users: int) -> int:
        with CaptureQueriesContext(connections["engine"]) as asked:
            assert len(user_stats.of(User.objects.order_by("pk")[:users], Evaluation.objects.all())) == users
        return len(asked)

    assert engine.run(questions, 1) == engine.run(questions, 7) == 3
