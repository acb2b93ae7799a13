"""Signing in, staying signed in, forgetting a password; the second factor."""

import re
import time
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from qxportal.accounts.roles import Role
from tests.support.tenants import new_member, new_user

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


# -- a forgotten password


def reset_link():
    found = re.search(r"http://\S+", str(mail.outbox[-1].body))
    assert found
    return urlsplit(found[0]).path


def test_a_forgotten_password_is_replaced_by_a_mailed_link(client, user):
    client.post(RESET, {"email": user.email})
    assert mail.outbox[0].to == [user.email]

    form = client.get(reset_link(), follow=True)
    new = "eleven-quiet-harbours"
    done = client.post(form.request["PATH_INFO"], {"password1": new, "password2": new}, follow=True)

    assert "Password changed" in done.content.decode()
    assert not is_signed_in(client)
    sign_in(client, user, new)
    assert is_signed_in(client)


def test_a_reset_link_works_once(client, user):
    client.post(RESET, {"email": user.email})
    link = reset_link()
    form = client.get(link, follow=True)
    new = "eleven-quiet-harbours"
    client.post(form.request["PATH_INFO"], {"password1": new, "password2": new})

    again = Client().get(link, follow=True)

    assert "This link has expired" in again.content.decode()


def test_a_reset_ends_the_sessions_that_were_open(client, user):
    other = Client()
    sign_in(other, user)
    client.post(RESET, {"email": user.email})
    form = client.get(reset_link(), follow=True)
    new = "eleven-quiet-harbours"
    client.post(form.request["PATH_INFO"], {"password1": new, "password2": new})

    assert not is_signed_in(other)


def test_an_unknown_address_gets_the_same_page_and_no_mail(client, user):
    known = client.post(RESET, {"email": user.email}, follow=True)
    unknown = client.post(RESET, {"email": "nobody@people.example"}, follow=True)

    assert known.redirect_chain == unknown.redirect_chain
    assert [message.to for message in mail.outbox] == [[user.email]]


def test_a_weak_password_is_refused(client, user):
    client.post(RESET, {"email": user.email})
    form = client.get(reset_link(), follow=True)

    for weak in ("short", "1234567890", "ruthadeyemi"):
        page = client.post(form.request["PATH_INFO"], {"password1": weak, "password2": weak})
        assert page.status_code == 200
        assert "invalid-feedback" in page.content.decode()

    sign_in(client, user)
    assert is_signed_in(client)


# -- the second factor


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


# -- the pages themselves

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
