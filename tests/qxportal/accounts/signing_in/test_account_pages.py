"""Pages of one's own account: content policy, name, time zone, organisations."""

import re

import pytest
from django.test import Client

from qxportal.accounts.roles import Role
from tests.qxportal.accounts.signing_in.conftest import PASSWORD, RESET, SIGN_IN, code_of, confirm, sign_in
from tests.support.tenants import new_member

INLINE = re.compile(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\bsrc=)[^>]*>", re.IGNORECASE)


def assert_keeps_the_policy(page):
    text = page.content.decode()
    assert not INLINE.search(text), INLINE.search(text)
    assert "portal/portal.css" in text
    assert text.count("<h1>") == 1
    assert "'unsafe" not in page["Content-Security-Policy"]


@pytest.mark.parametrize(
    "address",
    [
        SIGN_IN,
        "/account/signup/",
        RESET,
        f"{RESET}done/",
        f"{RESET}key/done/",
        f"{RESET}key/zz-set-password/",
        "/account/inactive/",
        "/o/nowhere/",
    ],
)
def test_pages_before_signing_in_keep_the_content_policy(client, db, address):
    assert_keeps_the_policy(client.get(address, follow=True))


@pytest.mark.parametrize(
    "address",
    [
        "/account/",
        "/account/logout/",
        "/account/password/change/",
        "/account/reauthenticate/",
        "/account/2fa/",
        "/account/2fa/totp/activate/",
        "/account/2fa/recovery-codes/generate/",
        "/no-such-page/",
    ],
)
def test_pages_of_ones_account_keep_the_content_policy(client, user, address):
    sign_in(client, user)
    confirm(client)

    assert_keeps_the_policy(client.get(address, follow=True))


@pytest.mark.parametrize(
    "address",
    [
        "/account/2fa/",
        "/account/2fa/totp/deactivate/",
        "/account/2fa/recovery-codes/",
        "/account/2fa/recovery-codes/generate/",
        "/account/2fa/reauthenticate/",
    ],
)
def test_pages_of_the_second_factor_keep_the_content_policy(client, user, secret, address):
    sign_in(client, user)
    assert_keeps_the_policy(client.get("/account/2fa/authenticate/"))
    client.post("/account/2fa/authenticate/", {"code": code_of(secret)})
    confirm(client)

    page = client.get(address)

    assert page.status_code == 200
    assert_keeps_the_policy(page)


def test_a_form_without_its_token_is_refused_in_words(user):
    browser = Client(enforce_csrf_checks=True)

    page = browser.post(SIGN_IN, {"login": user.email, "password": PASSWORD})

    assert page.status_code == 403
    assert "This page is out of date" in page.content.decode()
    assert_keeps_the_policy(page)


def test_name_and_zone_of_ones_own_account_can_be_changed(client, user, org):
    sign_in(client, user)

    client.post("/account/", {"name": "Ruth Adeyemi-Berg", "time_zone": "Africa/Lagos"})

    user.refresh_from_db()
    assert (user.name, user.time_zone) == ("Ruth Adeyemi-Berg", "Africa/Lagos")


def test_an_unknown_zone_is_refused(client, user):
    sign_in(client, user)

    assert client.post("/account/", {"name": "Ruth", "time_zone": "Mars/Olympus"}).status_code == 422


def test_the_account_page_names_ones_organisations(client, user, org):
    member = new_member(org, Role.EDITOR)
    client.force_login(member.user)

    assert f'href="/o/{org.slug}/"' in client.get("/account/").content.decode()
