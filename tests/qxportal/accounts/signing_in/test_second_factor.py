"""The second factor: turned on and off, codes and recovery codes."""

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client
from django.utils import timezone

from tests.qxportal.accounts.signing_in.conftest import RESET, code_of, confirm, is_signed_in, reset_link, sign_in


@pytest.mark.django_db(transaction=True)  # the mails wait for the commit
def test_turning_the_second_factor_on_gives_recovery_codes_and_mails_the_owner(client, user, secret):
    kinds = Authenticator.objects.filter(user=user).values_list("type", flat=True)

    assert set(kinds) == {"totp", "recovery_codes"}
    (message,) = mail.outbox
    assert (message.to, message.subject) == ([user.email], "Authenticator App Activated")
    assert secret not in message.body


def test_second_factor_can_be_turned_on_after_a_password_reset(client, user, key_ring):
    client.post("/account/password/reset/", {"email": user.email})
    sign_in(client, user)
    confirm(client)
    client.get("/account/password/change/")

    page = client.get("/account/2fa/totp/activate/")

    assert page.status_code == 200
    assert "authenticator_secret" in page.content.decode()


def test_the_password_alone_is_no_longer_enough(client, user, secret):
    assert sign_in(client, user)["Location"] == "/account/2fa/authenticate/"
    assert not is_signed_in(client)


def test_password_and_code_sign_in(client, user, secret):
    sign_in(client, user)

    client.post("/account/2fa/authenticate/", {"code": code_of(secret)})

    assert is_signed_in(client)


def test_a_code_works_once(client, user, secret):
    code = code_of(secret)
    sign_in(client, user)
    client.post("/account/2fa/authenticate/", {"code": code})
    assert is_signed_in(client)

    other = Client()
    sign_in(other, user)
    other.post("/account/2fa/authenticate/", {"code": code})

    assert not is_signed_in(other)


def test_a_recovery_code_works_once(client, user, secret):
    code = Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()[0]
    sign_in(client, user)
    client.post("/account/2fa/authenticate/", {"code": code})
    assert is_signed_in(client)

    other = Client()
    sign_in(other, user)
    other.post("/account/2fa/authenticate/", {"code": code})

    assert not is_signed_in(other)


def test_a_new_password_does_not_go_around_the_second_factor(client, user, secret):
    client.post(RESET, {"email": user.email})
    form = client.get(reset_link(), follow=True)
    new = "eleven-quiet-harbours"
    client.post(form.request["PATH_INFO"], {"password1": new, "password2": new})

    assert sign_in(client, user, new)["Location"] == "/account/2fa/authenticate/"


def test_the_page_says_since_when_and_how_many_codes_are_left(client, user, secret):
    client.force_login(user)

    page = client.get("/account/2fa/").content.decode()

    assert f"On since {timezone.localdate():%-d %b %Y}" in page
    assert "You have 10 unused codes" in page


def test_turning_it_off_asks_who_is_there_first(client, user, secret):
    browser = Client()
    browser.force_login(user)

    answer = browser.get("/account/2fa/totp/deactivate/")

    assert answer.status_code == 302
    assert "reauthenticate" in answer["Location"]
    browser.post("/account/2fa/totp/deactivate/")
    assert Authenticator.objects.filter(user=user, type="totp").exists()
