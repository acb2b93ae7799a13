"""The people that tests speak of: two organisations, and members of any role, signed in.

    def test_readers_see_no_settings(member, org):
        assert member(Role.READER).get(f"/o/{org.slug}/settings/").status_code == 403

`member(None)` is a stranger with an account; `member(Role.ADMIN, org=rival_org)` is a member elsewhere.
"""

from collections.abc import Callable
from itertools import count

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from qxportal.accounts.models import Member, Organisation, User
from qxportal.accounts.roles import Role
from qxportal.security.key_ring import add_key, keys

NAMES = ("Nadia Brandt", "Oskar Lind", "Priya Raman", "Quentin Moreau", "Ruth Adeyemi", "Stefan Ilic", "Tova Berg")
SignedIn = Callable[..., Client]

_numbers = count(1)


@pytest.fixture
def org(db: None) -> Organisation:
    """Ashgrove Optics, whose pages most tests open."""
    return Organisation.objects.create(name="Ashgrove Optics", slug="ashgrove", time_zone="Europe/Vienna")


@pytest.fixture
def rival_org(db: None) -> Organisation:
    """Brackwater Lenses, which must never see a byte of the other."""
    return Organisation.objects.create(name="Brackwater Lenses", slug="brackwater")


@pytest.fixture
def member(org: Organisation) -> SignedIn:
    """A new signed-in member: `member(role)`, elsewhere `member(role, org=…)`, a stranger `member(None)`."""
    own = org

    def make(role: Role | None, *, org: Organisation = own) -> Client:
        if role is None:
            return signed_in(new_user())
        return signed_in(new_member(org, role).user)

    return make


@pytest.fixture
def key_ring() -> str:
    """The newest key of a ring that has one."""
    return keys()[-1] if keys() else add_key()


def new_user(name: str = "", *, password: str | None = None) -> User:
    """A user with an account; without a password nothing is hashed."""
    number = next(_numbers)
    name = name or NAMES[number % len(NAMES)]
    email = f"{name.lower().replace(' ', '.')}.{number}@people.example"
    return User.objects.create_user(email, password, name=name)


def new_member(org: Organisation, role: Role, name: str = "") -> Member:
    """A new member of the organisation."""
    return Member.objects.create(org=org, user=new_user(name), role=role)


def signed_in(user: User, **noted: int) -> Client:
    """A browser in which this user is signed in; its session is written as signing in leaves it, and holds `noted`."""
    session = SessionStore()
    session.update(
        {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
            HASH_SESSION_KEY: user.get_session_auth_hash(),
            **noted,
        }
    )
    session.create()
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)
    return client
