"""Requests of the catalogue's group `users`."""

from typing import Any

from qxportal.engine.models import Division, User
from tests.engine_fixture import ApiUser
from tests.qxportal.engine.conformance.case import Case, Parameters, Scene


def _colleague(scene: Scene) -> ApiUser:
    """Somebody to be managed; one in each scene."""
    name = f"elif.tanaka.{scene.number}"
    found = scene.run(lambda: User.objects.filter(user_name__startswith=name).first())
    if found:
        return ApiUser(found.user_name, "", found.public_id, "marlstone", found)
    return scene.engine.make_api_user(name, brand_admin=False)


def _division(scene: Scene) -> str:
    name = f"Logistics {scene.number}"
    found = scene.run(lambda: Division.objects.filter(name=name).first())
    return (found or scene.engine.division(name)).public_id


def _has_administrator(scene: Scene, sent: Parameters, result: Any) -> None:
    made = scene.run(Division.objects.get, public_id=sent["DivisionID"])
    assert made.name == sent["Name"]
    assert scene.run(lambda: [one.public_id for one in made.administrators.all()]) == [sent["DivisionAdmins"]]
    if result is not None:
        assert result == made.public_id


def _new_user(scene: Scene) -> Parameters:
    return {
        "NewUsername": f"piotr.petrov.{scene.number}@marlstone.example#marlstone",
        "NewPassword": "Rooks fly home at dusk",
        "FirstName": "Piotr",
        "LastName": "Petrov",
        "Email": f"piotr.petrov.{scene.number}@marlstone.example",
        "Organization": "marlstone",
        "Type": "UT_Standard",
    }


def _is_made(scene: Scene, sent: Parameters, result: Any) -> None:
    made = scene.run(User.objects.select_related("division").get, user_name=sent["NewUsername"])
    assert (made.first_name, made.last_name, made.email) == ("Piotr", "Petrov", sent["Email"])
    assert (made.type, made.division.public_id) == (sent["Type"], sent["DivisionID"])
    assert made.password_hash.startswith("pbkdf2_")
    if result is not None:
        assert result == {"UserID": made.public_id}


def _is_gone(scene: Scene, sent: Parameters, result: Any) -> None:
    assert not scene.run(User.objects.filter(public_id=sent["UserID"]).exists)


def _myself(scene: Scene) -> Parameters:
    return {
        "UserID": scene.engine.api_user.user_id,
        "FirstName": "Inés",
        "LastName": "Vogel-Sanz",
        "NewUsername": scene.engine.api_user.user_name,
        "NewPassword": "Rooks fly home at dusk",
        "Email": "ines@marlstone.example",
        "Division": _division(scene),
        "UserType": "UT_BRANDADMIN",
        "Status": "Active",
        "Permissions": '{"Surveys": {"Edit": true}}',
    }


def _is_changed(scene: Scene, sent: Parameters, result: Any) -> None:
    now = scene.run(User.objects.select_related("division").get, public_id=sent["UserID"])
    assert (now.first_name, now.last_name, now.email) == (sent["FirstName"], sent["LastName"], sent["Email"])
    assert (now.division.public_id, now.type, now.status) == (sent["Division"], sent["UserType"], sent["Status"])
    assert now.permissions == {"Surveys": {"Edit": True}}
    assert now.password_hash.startswith("pbkdf2_")


def _renaming(scene: Scene) -> Parameters:
    return {
        "OldUserName": _colleague(scene).user_name,
        "NewUserName": f"tanaka.{scene.number}@marlstone.example#marlstone",
    }


def _is_renamed(scene: Scene, sent: Parameters, result: Any) -> None:
    assert not scene.run(User.objects.filter(user_name=sent["OldUserName"]).exists)
    renamed = scene.run(User.objects.get, user_name=sent["NewUserName"])
    assert renamed.email == sent["NewUserName"].removesuffix("#marlstone")


CASES = {
    "changeUserName": Case(required=_renaming, full=lambda _: {"UserNameIsEmail": "1"}, state=_is_renamed),
    "createDivision": Case(
        required=lambda scene: {"Name": f"Finance {scene.number}"},
        full=lambda scene: {
            "DivisionID": f"DV_finance{scene.number:05d}",
            "DivisionAdmins": _colleague(scene).user_id,
        },
        state=_has_administrator,
    ),
    "createUser": Case(required=_new_user, full=lambda scene: {"DivisionID": _division(scene)}, state=_is_made),
    "deleteUser": Case(required=lambda scene: {"UserID": _colleague(scene).user_id}, full=lambda _: {}, state=_is_gone),
    "getUserIDs": Case(
        required=lambda _: {},
        full=lambda scene: {
            "Organization": "marlstone",
            "Division": _division(scene),
            "Offset": "0",
            "Limit": "10",
            "IncludeUserStats": "1",
        },
    ),
    "updateUser": Case(required=lambda scene: {"UserID": _colleague(scene).user_id}, full=_myself, state=_is_changed),
}
