"""A double click on "Join" makes one account."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from qxportal.accounts.commands import NotAllowed, accept_as_new, invite
from qxportal.accounts.models import Member, User
from qxportal.accounts.roles import Role
from tests.support.tenants import new_member

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_second_click_is_told_to_sign_in(org):
    invitation = invite(org, "lena.vogt@people.example", Role.READER, by=new_member(org, Role.OWNER))
    together = Barrier(2)

    def click(_number):
        together.wait(timeout=60)
        try:
            return accept_as_new(invitation, name="Lena Vogt", password="harbour-lantern-17").user.email
        except NotAllowed as problem:
            return str(problem)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as clicks:
        told = sorted(clicks.map(click, range(2)))

    assert told == ["An account with this address already exists. Sign in to accept.", "lena.vogt@people.example"]
    assert Member.objects.filter(user=User.objects.get(email="lena.vogt@people.example")).count() == 1
