"""A forgotten password is replaced by a mailed link that works once."""

from django.core import mail
from django.test import Client

from tests.qxportal.accounts.signing_in.conftest import RESET, is_signed_in, reset_link, sign_in


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
