"""An assessment with two subjects, one of them done, and the member who imports evaluators into it."""

import pytest

from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from tests.support.mirrored_rows import assessment, browser, evaluations, organisation, people, subjects


@pytest.fixture
def org(db, key_ring):
    return organisation()


@pytest.fixture
def by(org):
    browser(org, Role.EDITOR)
    return Member.objects.get()


@pytest.fixture
def staff(org):
    return people(org, 6)


@pytest.fixture
def review(org, staff):
    made = assessment(org, relationships=[{"Name": "Customer", "Translations": {}}])
    [subject, done] = subjects(made, staff[:2])
    type(done).objects.filter(pk=done.pk).update(status="Done")
    evaluations(subject, [staff[2]], "Peer", "NotStarted")
    return made
