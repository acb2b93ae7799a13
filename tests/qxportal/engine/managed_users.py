"""A new user as createUser takes it, and what the engine holds of one."""

from qxportal.engine.models import User
from tests.qxportal.engine.conftest import PATH
from tests.support import quick_http
from tests.support.engine_fixture import Engine

PASSWORD = "Swifts sleep in flight"

ELIF = {
    "NewUsername": "elif.tanaka@marlstone.example#marlstone",
    "NewPassword": PASSWORD,
    "FirstName": "Elif",
    "LastName": "Tanaka",
    "Email": "elif.tanaka@marlstone.example",
    "Organization": "marlstone",
    "Type": "UT_Standard",
}


def user(engine: Engine, user_id: str) -> User:
    return engine.run(lambda: User.objects.select_related("division").get(public_id=user_id))


def sign_in(engine: Engine, user_name: str, password: str = PASSWORD) -> int:
    asked = {"Request": "getPersons", "User": user_name, "Password": password}
    return quick_http.post(engine.url + PATH, data=asked, timeout=30).status_code
