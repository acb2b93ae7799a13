"""A user with a password, and what a browser does to sign in."""

import re
import time
from urllib.parse import urlsplit

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.core.cache import cache

from tests.support.tenants import new_user

PASSWORD = "nine-copper-lanterns"

SIGN_IN, RESET = "/account/login/", "/account/password/reset/"


@pytest.fixture(autouse=True)
def _fresh_limits(db):
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def user(db):
    """Somebody with a password."""
    return new_user("Ruth Adeyemi", password=PASSWORD)


def sign_in(browser, user, password=PASSWORD, **fields):
    return browser.post(SIGN_IN, {"login": user.email, "password": password, **fields})


def confirm(browser):
    """Enter the password once more, as the pages about the second factor ask."""
    return browser.post("/account/reauthenticate/", {"password": PASSWORD})


def is_signed_in(browser):
    return browser.get("/account/").status_code == 200


def code_of(secret):
    """What the authenticator app shows now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def reset_link():
    found = re.search(r"http://\S+", str(mail.outbox[-1].body))
    assert found
    return urlsplit(found[0]).path


@pytest.fixture
def secret(client, user, key_ring):
    """The secret of an authenticator app that was turned on; the browser is signed out again."""
    sign_in(client, user)
    confirm(client)
    page = client.get("/account/2fa/totp/activate/").content.decode()
    found = re.search(r'id="authenticator_secret" value="(\w+)"', page)
    assert found
    secret = found[1]
    client.post("/account/2fa/totp/activate/", {"code": code_of(secret)})
    client.post("/account/logout/")
    return secret
