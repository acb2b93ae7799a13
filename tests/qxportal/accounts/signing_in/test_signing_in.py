"""Signing in and staying signed in."""

import re
import time

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache

from tests.qxportal.accounts.signing_in.conftest import PASSWORD, SIGN_IN, is_signed_in, sign_in
from tests.support.tenants import new_user


def test_the_address_and_the_password_sign_in(client, user):
    assert sign_in(client, user).status_code == 302
    assert is_signed_in(client)


def test_capitals_in_the_address_do_not_matter(client, user):
    client.post(SIGN_IN, {"login": user.email.upper(), "password": PASSWORD})

    assert is_signed_in(client)


def test_signing_in_goes_on_to_the_page_that_was_asked_for(client, user):
    assert sign_in(client, user, next="/account/")["Location"] == "/account/"


def test_signing_in_never_leads_to_another_site(client, user):
    assert sign_in(client, user, next="https://elsewhere.example/")["Location"] == "/"


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(client, user):
    wrong = sign_in(client, user, "not-the-password").content.decode()
    cache.clear()
    unknown = client.post(SIGN_IN, {"login": "nobody@people.example", "password": PASSWORD}).content.decode()

    def plain(page):
        page = re.sub(r'value="[^"]*"|"X-CSRFToken": "[^"]*"', "", page)
        return re.sub(r"\s+", " ", page)

    assert "not correct" in wrong
    assert plain(wrong) == plain(unknown)


def test_after_five_wrong_passwords_the_right_one_is_refused_too(client, user):
    for _ in range(5):
        sign_in(client, user, "not-the-password")

    answer = sign_in(client, user)

    assert "Too many" in answer.content.decode()
    assert not is_signed_in(client)


def test_throttling_one_account_leaves_the_others_alone(client, user):
    for _ in range(5):
        sign_in(client, user, "not-the-password")
    other = new_user("Oskar Lind", password=PASSWORD)

    sign_in(client, other)

    assert is_signed_in(client)


def test_a_machine_that_tries_on_and_on_gets_a_page_that_says_so(client, user):
    codes = {
        client.post(SIGN_IN, {"login": f"guess{n}@people.example", "password": "x"}).status_code for n in range(32)
    }

    page = sign_in(client, user)

    assert codes == {200, 429}
    assert page.status_code == 429
    assert "Too many attempts" in page.content.decode()


def test_a_forged_client_address_does_not_get_around_the_throttle(client, user):
    answers = [
        client.post(
            SIGN_IN,
            {"login": f"guess{n}@people.example", "password": "x"},
            headers={"X-Forwarded-For": f"203.0.113.{n}"},
        ).status_code
        for n in range(32)
    ]

    assert 429 in answers


def test_nobody_signs_up_uninvited(client, db):
    assert "By invitation only" in client.get("/account/signup/").content.decode()

    form = {"email": "new@people.example", "password1": PASSWORD, "password2": PASSWORD}
    page = client.post("/account/signup/", form)

    assert "By invitation only" in page.content.decode()
    assert not is_signed_in(client)


@pytest.mark.parametrize("address", ["/account/email/", "/account/confirm-email/"])
def test_nobody_takes_another_address_alone(client, user, address):
    sign_in(client, user)

    assert client.get(address).status_code == 404
    client.post(address, {"action_add": "", "email": "boss@people.example"})

    assert not EmailAddress.objects.filter(email="boss@people.example").exists()


def test_signing_out_needs_a_post(client, user):
    sign_in(client, user)

    assert client.get("/account/logout/").status_code == 200
    assert is_signed_in(client)

    client.post("/account/logout/")
    assert not is_signed_in(client)


def test_signing_in_gives_a_new_session(client, user):
    session = client.session
    session["visited"] = True
    session.save()
    before = client.session.session_key
    assert before

    sign_in(client, user)

    assert client.session.session_key != before


def test_an_idle_session_ends(client, user, settings):
    sign_in(client, user)
    assert is_signed_in(client)

    session = client.session
    session["used"] = int(time.time()) - int(settings.SESSION_IDLE.total_seconds()) - 1
    session.save()

    assert not is_signed_in(client)


def test_a_busy_session_ends_too_some_day(client, user, settings):
    sign_in(client, user)
    assert is_signed_in(client)

    session = client.session
    session["began"] = int(time.time()) - settings.SESSION_COOKIE_AGE - 1
    session.save()

    assert not is_signed_in(client)


def test_using_the_portal_keeps_the_session(client, user, settings):
    sign_in(client, user)
    assert is_signed_in(client)
    session = client.session
    earlier = session["used"] = int(time.time()) - int(settings.SESSION_IDLE.total_seconds()) + 60
    session.save()

    assert is_signed_in(client)
    assert client.session["used"] > earlier
