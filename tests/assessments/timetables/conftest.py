"""An assessment of an organisation in Vienna, and an editor."""

import pytest

from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from tests.support.mirrored_rows import assessment, browser, organisation


@pytest.fixture
def org():
    made = organisation()
    type(made).objects.filter(pk=made.pk).update(time_zone="Europe/Vienna")
    made.refresh_from_db()
    return made


@pytest.fixture
def review(org):
    return assessment(org)


@pytest.fixture
def editor(org):
    return browser(org, Role.EDITOR)


@pytest.fixture
def by(editor):
    return Member.objects.select_related("org", "user").get(role=Role.EDITOR)
