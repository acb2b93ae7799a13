"""One organisation may not find out about the API user of another, nor lock it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from qxportal.accounts.credentials import NoCredential, client_for, save_credential
from qxportal.accounts.models import Credential, CredentialTries
from qxportal.accounts.roles import Role
from qxportal.threesixty.calls.surveys import GetSurveys
from qxportal.threesixty.errors import BadCredential, TransientError

pytestmark = [pytest.mark.usefixtures("key_ring"), pytest.mark.django_db(databases=["default", "engine"])]


def enter(org, engine, token, api_user=""):
    save_credential(
        org, by=None, host=engine.url, api_user=api_user or engine.api_user.user_name, version="2.5", token=token
    )


def prove(org):
    """What the connection test does first."""
    with client_for(org, even_if_refused=True) as client:
        client.call(GetSurveys())


def guess(org, engine, number, api_user=""):
    """What became of one wrong token."""
    try:
        enter(org, engine, f"wrong-token-number-{number}", api_user)
        prove(org)
    except (BadCredential, NoCredential, ValueError) as problem:
        return type(problem).__name__, str(problem)
    return "", ""


@pytest.mark.parametrize("name", ["there", "nobody@marlstone.example#marlstone"])
def test_guesses_end_soon_and_look_alike_for_every_user(connected, rival_org, name):
    engine = connected.engine
    prove(connected.org)
    asked = len(engine.calls())

    told = [guess(rival_org, engine, number, "" if name == "there" else name) for number in range(6)]

    assert [kind for kind, _ in told] == ["BadCredential"] * 3 + ["ValueError"] * 3
    assert {words for _, words in told} == {
        "The user name and the token or password do not belong together.",
        "Too many tokens were refused lately. Check user and token, and try again in 15 minutes.",
    }
    assert len(engine.calls()) == asked + 3
    prove(connected.org)  # goes on as ever
    assert Credential.objects.get(org=connected.org).usable


def test_who_signed_in_before_is_not_held_up_by_others(connected, rival_org):
    engine = connected.engine
    prove(connected.org)
    for number in range(5):
        guess(rival_org, engine, number)

    enter(connected.org, engine, "a-new-token-with-a-typing-mistake")
    with pytest.raises(BadCredential):
        prove(connected.org)
    enter(connected.org, engine, engine.api_user.token)
    prove(connected.org)

    assert Credential.objects.get(org=connected.org).usable


def test_pressing_test_again_and_again_is_no_way_around(connected, rival_org):
    engine = connected.engine
    guess(rival_org, engine, 1)
    asked = len(engine.calls())

    for _ in range(2):
        with pytest.raises(BadCredential):
            prove(rival_org)
    for _ in range(3):
        with pytest.raises(NoCredential, match="Too many tokens"):
            prove(rival_org)

    assert len(engine.calls()) == asked + 2


def test_a_right_token_of_somebody_else_counts_as_a_try(connected, rival_org, member):
    page = member(Role.ADMIN, org=rival_org)
    form = {
        "host": connected.engine.url,
        "api_user": connected.engine.api_user.user_name,
        "version": "2.5",
        "token": connected.engine.api_user.token,
    }

    said = [page.post(f"/o/{rival_org.slug}/settings/credential/", form) for _ in range(4)]

    assert [answer.status_code for answer in said] == [422] * 4
    assert all("used by another organisation" in answer.content.decode() for answer in said[:3])
    assert "Too many tokens were refused lately" in said[3].content.decode()


def test_many_users_are_not_tried_either(connected, rival_org):
    told = [guess(rival_org, connected.engine, n, f"user{n}@marlstone.example#marlstone") for n in range(12)]

    assert [kind for kind, _ in told] == ["BadCredential"] * 10 + ["ValueError"] * 2


def test_after_a_quarter_of_an_hour_one_may_try_again(connected, rival_org):
    for number in range(4):
        guess(rival_org, connected.engine, number)

    CredentialTries.objects.update(since=timezone.now() - timedelta(minutes=16))

    assert guess(rival_org, connected.engine, 9)[0] == "BadCredential"
    assert CredentialTries.objects.get(org=rival_org).refused == 1


def test_a_locked_account_is_waited_for(connected):
    engine, org = connected.engine, connected.org
    prove(org)
    engine.run(type(engine.api_user.row).objects.update, locked_until=timezone.now() + timedelta(minutes=3))

    with pytest.raises(TransientError) as caught, client_for(org) as client:
        client.call(GetSurveys())

    assert 120 < (caught.value.retry_after or 0) <= 180
    assert Credential.objects.get(org=org).usable
