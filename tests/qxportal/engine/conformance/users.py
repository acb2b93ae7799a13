"""Requests of the catalogue's group `users`."""

from typing import Any

from qxportal.engine.models import Division, User
from tests.qxportal.engine.conformance.case import Case, Parameters, SampleReview
from tests.support.engine_fixture import ApiUser


def _colleague(sample: SampleReview) -> ApiUser:
    """Somebody to be managed; one in each sample."""
    name = f"elif.tanaka.{sample.number}"
    found = sample.run(lambda: User.objects.filter(user_name__startswith=name).first())
    if found:
        return ApiUser(found.user_name, "", found.public_id, "marlstone", found)
    return sample.engine.make_api_user(name, brand_admin=False)


def _division(sample: SampleReview) -> str:
    name = f"Logistics {sample.number}"
    found = sample.run(lambda: Division.objects.filter(name=name).first())
    return (found or sample.engine.division(name)).public_id


def _has_administrator(sample: SampleReview, sent: Parameters, result: Any) -> None:
    made = sample.run(Division.objects.get, public_id=sent["DivisionID"])
    assert made.name == sent["Name"]
    assert sample.run(lambda: [one.public_id for one in made.administrators.all()]) == [sent["DivisionAdmins"]]
    if result is not None:
        assert result == made.public_id


def _new_user(sample: SampleReview) -> Parameters:
    return {
        "NewUsername": f"piotr.petrov.{sample.number}@marlstone.example#marlstone",
        "NewPassword": "Rooks fly home at dusk",
        "FirstName": "Piotr",
        "LastName": "Petrov",
        "Email": f"piotr.petrov.{sample.number}@marlstone.example",
        "Organization": "marlstone",
        "Type": "UT_Standard",
    }


def _is_made(sample: SampleReview, sent: Parameters, result: Any) -> None:
    made = sample.run(User.objects.select_related("division").get, user_name=sent["NewUsername"])
    assert (made.first_name, made.last_name, made.email) == ("Piotr", "Petrov", sent["Email"])
    assert (made.type, made.division.public_id) == (sent["Type"], sent["DivisionID"])
    assert made.password_hash.startswith("pbkdf2_")
    if result is not None:
        assert result == {"UserID": made.public_id}


def _is_gone(sample: SampleReview, sent: Parameters, result: Any) -> None:
    assert not sample.run(User.objects.filter(public_id=sent["UserID"]).exists)


def _myself(sample: SampleReview) -> Parameters:
    return {
        "UserID": sample.engine.api_user.user_id,
        "FirstName": "Inés",
        "LastName": "Vogel-Sanz",
        "NewUsername": sample.engine.api_user.user_name,
        "NewPassword": "Rooks fly home at dusk",
        "Email": "ines@marlstone.example",
        "Division": _division(sample),
        "UserType": "UT_BRANDADMIN",
        "Status": "Active",
        "Permissions": '{"Surveys": {"Edit": true}}',
    }


def _is_changed(sample: SampleReview, sent: Parameters, result: Any) -> None:
    now = sample.run(User.objects.select_related("division").get, public_id=sent["UserID"])
    assert (now.first_name, now.last_name, now.email) == (sent["FirstName"], sent["LastName"], sent["Email"])
    assert (now.division.public_id, now.type, now.status) == (sent["Division"], sent["UserType"], sent["Status"])
    assert now.permissions == {"Surveys": {"Edit": True}}
    assert now.password_hash.startswith("pbkdf2_")


def _renaming(sample: SampleReview) -> Parameters:
    return {
        "OldUserName": _colleague(sample).user_name,
        "NewUserName": f"tanaka.{sample.number}@marlstone.example#marlstone",
    }


def _is_renamed(sample: SampleReview, sent: Parameters, result: Any) -> None:
    assert not sample.run(User.objects.filter(user_name=sent["OldUserName"]).exists)
    renamed = sample.run(User.objects.get, user_name=sent["NewUserName"])
    assert renamed.email == sent["NewUserName"].removesuffix("#marlstone")


CASES = {
    "changeUserName": Case(required=_renaming, full=lambda _: {"UserNameIsEmail": "1"}, state=_is_renamed),
    "createDivision": Case(
        required=lambda sample: {"Name": f"Finance {sample.number}"},
        full=lambda sample: {
            "DivisionID": f"DV_finance{sample.number:05d}",
            "DivisionAdmins": _colleague(sample).user_id,
        },
        state=_has_administrator,
    ),
    "createUser": Case(required=_new_user, full=lambda sample: {"DivisionID": _division(sample)}, state=_is_made),
    "deleteUser": Case(
        required=lambda sample: {"UserID": _colleague(sample).user_id}, full=lambda _: {}, state=_is_gone
    ),
    "getUserIDs": Case(
        required=lambda _: {},
        full=lambda sample: {
            "Organization": "marlstone",
            "Division": _division(sample),
            "Offset": "0",
            "Limit": "10",
            "IncludeUserStats": "1",
        },
    ),
    "updateUser": Case(required=lambda sample: {"UserID": _colleague(sample).user_id}, full=_myself, state=_is_changed),
}
