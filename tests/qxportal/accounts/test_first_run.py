"""A site without organisations, and a user without one, say what to type."""

import html

import pytest
from django.test import Client

from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from tests.support.tenants import new_member, new_user, signed_in

pytestmark = pytest.mark.django_db
COMMAND = "manage.py organisation create NAME --slug SLUG --owner MAIL"


def text_of(answer):
    return html.unescape(answer.content.decode())


@pytest.mark.parametrize(
    ("allowed", "hosts", "ending"),
    [
        (True, [], "MAIL --engine</code>"),
        (False, ["engine.halden.example"], "MAIL --engine https://HOST</code>"),
        (False, [], "MAIL</code>"),
    ],
)
def test_an_empty_site_says_what_to_type(settings, allowed, hosts, ending):
    settings.ENGINE_ALLOWED, settings.ENGINE_HOSTS = allowed, frozenset(hosts)

    for page in (Client().get("/account/login/"), signed_in(new_user()).get("/")):
        assert COMMAND + ending.removeprefix("MAIL") in text_of(page)
        assert "halden" not in text_of(page)


def test_it_is_silent_once_there_is_an_organisation(org):
    page = signed_in(new_user()).get("/")

    assert "organisation create" not in text_of(Client().get("/account/login/"))
    assert "organisation create" not in text_of(page)


def test_a_user_without_organisation_knows_whom_to_ask(org):
    user = new_user()

    page = text_of(signed_in(user).get("/"))

    assert f"manage.py member add SLUG {user.email} --role ROLE" in page
    assert f"send an invitation to <strong>{user.email}</strong>" in page


def test_it_reads_german(settings):
    page = text_of(Client().get("/account/login/", headers={"Accept-Language": "de"}))

    assert not Organisation.objects.exists()
    assert "Noch gibt es keine Organisation." in page


@pytest.mark.parametrize(("role", "offered"), [(Role.EDITOR, True), (Role.READER, False)])
def test_home_of_an_empty_brand_says_how_to_begin(connected, role, offered):
    connected.sync()

    home = text_of(signed_in(new_member(connected.org, role).user).get(f"/o/{connected.org.slug}/"))

    assert (f'href="/o/{connected.org.slug}/people/new/"' in home) is offered
    assert (f'href="/o/{connected.org.slug}/assessments/new/"' in home) is offered
    assert "Which person in the directory are you?" not in home
    people = text_of(signed_in(new_member(connected.org, role).user).get(f"/o/{connected.org.slug}/people/"))
    assert ("Add the first one here" in people) is offered
