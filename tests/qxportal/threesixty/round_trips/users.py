"""Calls about users and divisions."""

from qxportal.engine.models import Division, User
from qxportal.threesixty.calls.users import (
    ChangeUserName,
    CreateDivision,
    CreateUser,
    DeleteUser,
    GetUserIDs,
    UpdateUser,
)
from qxportal.threesixty.enums import UserStatus
from qxportal.threesixty.ids import new_id
from tests.qxportal.threesixty.round_trips.place import Place, RoundTrip


def _colleague(at: Place) -> str:
    return at.engine.make_api_user("elif.tanaka", brand_admin=False).user_id


def get_user_ids(at: Place) -> None:
    colleague = _colleague(at)
    plain = at.call(GetUserIDs(organization="marlstone"))
    assert {one.vendor_id for one in plain} == {at.engine.api_user.user_id, colleague}
    assert [one.surveys for one in plain] == [None, None]
    [page] = at.call(GetUserIDs(offset=1, limit=1))
    assert page.vendor_id == plain[1].vendor_id
    counted = {one.vendor_id: one for one in at.call(GetUserIDs(include_user_stats=True))}
    owner = counted[at.engine.api_user.user_id]
    assert (owner.surveys, owner.active_surveys, owner.user_name) == (1, 1, at.engine.api_user.user_name)
    assert owner.last_response_at is not None
    assert (counted[colleague].surveys, counted[colleague].last_response_at) == (0, None)


def create_division(at: Place) -> None:
    wanted = new_id("DV")
    made = at.carry_out(CreateDivision(name="Sales", division_id=wanted, administrators=(_colleague(at),)))
    assert made.vendor_id == wanted
    division = at.engine.run(Division.objects.get, public_id=wanted)
    assert at.engine.run(division.administrators.count) == 1


def create_user(at: Place) -> None:
    made = at.carry_out(
        CreateUser(
            user_name="piotr.petrov@marlstone.example#marlstone",
            password="Rooks fly home at dusk",
            first_name="Piotr",
            last_name="Petrov",
            email="piotr.petrov@marlstone.example",
            organization="marlstone",
            type="UT_7kQ2mTz0aXc41Bn",
        )
    )
    assert made.vendor_id.startswith("UR_")


def update_user(at: Place) -> None:
    colleague = _colleague(at)
    at.carry_out(UpdateUser(user_id=colleague, status=UserStatus.DISABLED, permissions={"CreateSurveys": False}))
    row = at.engine.run(User.objects.get, public_id=colleague)
    assert (row.status, row.permissions) == ("Disabled", {"CreateSurveys": False})


def delete_user(at: Place) -> None:
    at.carry_out(DeleteUser(user_id=_colleague(at)))


def change_user_name(at: Place) -> None:
    old = at.engine.make_api_user("elif.tanaka", brand_admin=False).user_name
    at.carry_out(ChangeUserName(old=old, new="elif.demir@marlstone.example"))


ROUND_TRIPS: dict[str, RoundTrip] = {
    "changeUserName": change_user_name,
    "createDivision": create_division,
    "createUser": create_user,
    "deleteUser": delete_user,
    "getUserIDs": get_user_ids,
    "updateUser": update_user,
}
