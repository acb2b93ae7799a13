"""A brand may live on another server: `localhost` plays that one here, the same engine under another name."""

from urllib.parse import urlsplit

import pytest
import requests

from qxportal.engine.models import Brand
from qxportal.threesixty.calls.persons import GetPersons
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.errors import Rejected
from qxportal.threesixty.secret import Secret
from tests.qxportal.engine.conftest import PATH
from tests.support.engine_fixture import ApiUser, Engine

Parameters = dict[str, str]


@pytest.fixture
def elsewhere(engine: Engine) -> str:
    """The address that the brand has moved to."""
    address = f"http://localhost:{urlsplit(engine.url).port}"
    engine.run(Brand.objects.filter(pk=engine.brand.pk).update, data_centre=address)
    return address


def asking(user: ApiUser, token: str = "") -> Parameters:
    who = {"User": user.user_name, "Token": token or user.token}
    return {"Request": "getPersons", "Format": "JSON", "Version": "2.5", **who}


def test_a_get_is_sent_on_with_302_and_its_query_as_it_came(engine: Engine, elsewhere: str):
    query = "Request=getPersons&Format=JSON&Version=2.5&Token=a%2Bb&User=ines.vogel%40marlstone.example%23marlstone"

    answer = requests.get(f"{engine.url}{PATH}?{query}", allow_redirects=False, timeout=60)

    assert (answer.status_code, answer.content) == (302, b"")
    assert answer.headers["Location"] == f"{elsewhere}{PATH}?{query}"


def test_a_post_is_sent_on_with_307_before_anything_is_done(engine: Engine, elsewhere: str):
    petra = {"FirstName": "Petra", "LastName": "Novak", "Email": "petra.novak@marlstone.example"}
    what = {**asking(engine.api_user), "Request": "createPerson", **petra}

    answer = requests.post(f"{engine.url}{PATH}?Format=JSON", data=what, allow_redirects=False, timeout=60)

    assert answer.status_code == 307
    assert answer.headers["Location"] == f"{elsewhere}{PATH}?Format=JSON"
    assert engine.writes(executed=True) == []
    assert requests.get(f"{elsewhere}{PATH}", params=asking(engine.api_user), timeout=60).json()["Result"] == {
        "Persons": []
    }


def test_whether_there_is_such_a_user_does_not_show(engine: Engine, elsewhere: str):
    nobody = {**asking(engine.api_user, "wrong"), "User": "nobody@marlstone.example#marlstone"}

    answers = [
        requests.post(engine.url + PATH, data=given, allow_redirects=False, timeout=60)
        for given in (asking(engine.api_user, "wrong"), nobody)
    ]

    assert {answer.status_code for answer in answers} == {307}
    assert answers[0].headers["Location"] == answers[1].headers["Location"] == elsewhere + PATH


def test_a_name_without_a_brand_is_signed_in_first(engine: Engine, elsewhere: str):
    short = ApiUser("ines.vogel", engine.api_user.token, "", "", engine.api_user.row)
    engine.run(lambda: type(short.row).objects.filter(pk=short.row.pk).update(user_name="ines.vogel"))

    wrong = requests.post(engine.url + PATH, data=asking(short, "wrong"), allow_redirects=False, timeout=60)
    right = requests.post(engine.url + PATH, data=asking(short), allow_redirects=False, timeout=60)

    assert (wrong.status_code, right.status_code) == (401, 307)


def test_brands_that_live_here_stay(engine: Engine, elsewhere: str):
    here = engine.make_api_user("max.quarrel", brand=engine.make_brand("quarrel", "Quarrel Logistics"))

    assert requests.post(engine.url + PATH, data=asking(here), allow_redirects=False, timeout=60).status_code == 200


def test_a_brand_that_moved_to_where_it_is_asked_does_not_go_in_circles(engine: Engine):
    engine.run(Brand.objects.update, data_centre=f"{engine.url.upper().replace('HTTP', 'http')}/")

    answer = requests.post(engine.url + PATH, data=asking(engine.api_user), allow_redirects=False, timeout=60)

    assert answer.status_code == 200


def test_the_client_follows_and_takes_its_parameters_along(engine: Engine, elsewhere: str):
    engine.person("Mara", "Lindqvist")

    with ThreeSixty(
        engine.url, engine.api_user.user_name, Secret(engine.api_user.token), allow_loopback=True
    ) as client:
        (mara,) = client.call(GetPersons())

    assert mara.first_name == "Mara"
    assert [call.code for call in engine.calls()] == [307, 200]


def test_the_client_goes_nowhere_that_is_not_allowed(engine: Engine):
    engine.run(Brand.objects.update, data_centre="https://eu.example")

    with (
        ThreeSixty(engine.url, engine.api_user.user_name, Secret(engine.api_user.token), allow_loopback=True) as client,
        pytest.raises(Rejected, match="not allowed"),
    ):
        client.call(GetPersons())
