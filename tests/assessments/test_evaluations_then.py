"""The list of evaluations as of an earlier day, for members who may follow who answers."""

from datetime import timedelta

import pytest
from django.utils import timezone

from assessments.models import Evaluation, Subject
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from qxportal.ledger.models import Version
from tests.support.mirrored_rows import assessment, browser, changed, evaluations, organisation, people, subjects

pytestmark = pytest.mark.django_db


@pytest.fixture
def org():
    return organisation()


@pytest.fixture
def review(org):
    """A subject with two open peers, seen ten days ago; one of them finished five days ago."""
    made = assessment(org)
    staff = people(org, 3)
    [subject] = subjects(made, staff[:1])
    evaluations(subject, staff[1:], "Peer", "NotStarted")
    before = timezone.now() - timedelta(days=10)
    Evaluation.objects.update(first_seen_at=before)
    first = Evaluation.objects.order_by("pk")[0]
    version = changed(first, status="Completed", finished_at=timezone.now() - timedelta(days=5))
    Version.objects.filter(pk=version.pk).update(valid_to=timezone.now() - timedelta(days=5))
    return made


def states(page):
    return sorted(row.status for row in page.context["page"].rows)


def ask(client, made, ago, **query):
    day = timezone.localdate() - timedelta(days=ago)
    return client.get(f"/o/halden/assessments/{made.pk}/evaluations/", {"on": day.isoformat(), **query})


def test_editors_see_evaluation_states_of_an_earlier_day(org, review):
    editor = browser(org, Role.EDITOR)

    assert states(ask(editor, review, 8)) == ["NotStarted", "NotStarted"]
    assert states(ask(editor, review, 2)) == ["Completed", "NotStarted"]
    assert states(ask(editor, review, 8, status="Completed")) == []
    assert states(ask(editor, review, 2, status="Completed")) == ["Completed"]


def test_readers_always_see_evaluation_states_of_today(org, review):
    reader = browser(org, Role.READER)

    page = ask(reader, review, 8)

    assert states(page) == ["Completed", "NotStarted"]
    assert page.context["listing"].day is None


def test_what_is_about_the_member_is_not_shown(org, review):
    editor = browser(org, Role.EDITOR)
    own = Subject.objects.get(assessment=review)
    Member.objects.update(person_key=own.vendor_id, person_state=Member.PersonState.CONFIRMED)

    assert states(ask(editor, review, 8)) == []
