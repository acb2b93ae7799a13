"""An assessment whose subjects are done, who fetches their reports, and a server that gives them."""

import pytest
from django.test import Client

from assessments import report_batches
from assessments.models import Subject
from assessments.reports import keep
from directory.models import Person
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from tests.assessments.report_batches.batches import PDF
from tests.support.mirrored_rows import assessment, browser, organisation, people, subjects


@pytest.fixture
def org(key_ring):
    return organisation()


@pytest.fixture
def review(org):
    """Four subjects who are done; the first two report to the third."""
    review = assessment(org)
    persons = people(org, 4)
    Person.objects.filter(pk__in=[one.pk for one in persons[:2]]).update(manager_email=persons[2].email)
    subjects(review, persons)
    Subject.objects.update(status="Done")
    return review


@pytest.fixture
def admin(org):
    browser(org, Role.ADMIN)
    return Member.objects.get(role=Role.ADMIN)


@pytest.fixture
def server(monkeypatch):
    """A server whose answers a test may spoil, by subject; gives what was asked for, in order."""
    asked: list[tuple[str, str]] = []
    problems: dict[str, list[Exception]] = {}

    class NoClient:
        def __enter__(self):
            return None

        def __exit__(self, *problem):
            return None

    def answer(subject, viewer, _threesixty, *, by):
        asked.append((str(subject), viewer))
        if waiting := problems.get(str(subject)):
            raise waiting.pop(0)
        return keep(subject, viewer, PDF + f"{subject} {viewer}".encode(), by=by)

    monkeypatch.setattr(report_batches, "client_for", lambda _org: NoClient())
    monkeypatch.setattr(report_batches, "fetch_one", answer)
    return asked, problems


@pytest.fixture
def client(org, admin):
    client = Client()
    client.force_login(admin.user)
    return client
