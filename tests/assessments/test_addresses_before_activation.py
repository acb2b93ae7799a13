"""The check before activation names addresses to which mail could not be delivered."""

from datetime import timedelta

import pytest
from django.utils import timezone

from assessments.audience import audience_of
from assessments.models import Mail
from assessments.prelaunch import findings
from directory.models import Person
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from tests.support.mirrored_rows import assessment, browser, evaluations, organisation, people, subjects

pytestmark = pytest.mark.django_db


@pytest.fixture
def org():
    return organisation()


@pytest.fixture
def crew(org):
    return people(org, 4)


@pytest.fixture
def draft(org, crew):
    made = assessment(org, "Next round", status="Draft")
    [subject] = subjects(made, crew[:1])
    evaluations(subject, crew[1:], "Peer", "NotStarted")
    return made


@pytest.fixture
def earlier(org):
    return assessment(org, "This round")


@pytest.fixture
def member(org):
    browser(org, Role.EDITOR)
    return Member.objects.get()


def mail(review, person, state="failed", why="refused", days=1, address=""):
    at = timezone.now() - timedelta(days=days)
    Mail.objects.create(
        org=review.org,
        assessment=review,
        vendor_id=f"M_{Mail.objects.count()}",
        person_key=person.vendor_id,
        kind="Invite",
        state=state,
        why=why if state == "failed" else "",
        address=address or person.email.upper(),
        created_at=at,
        settled_at=at,
    )


def named(member, draft):
    found = findings(member, draft, audience_of(member, draft, "Invite"))
    return [[one.words for one in each.named] for each in found if "could not be delivered" in each.title]


def test_addresses_from_which_mail_came_back_are_named(member, draft, earlier, crew):
    mail(earlier, crew[1])
    mail(earlier, crew[2], days=2)
    mail(earlier, crew[2], "sent")  # it was delivered since
    mail(earlier, crew[3], address="former@halden.example")

    assert named(member, draft) == [[crew[1].email]]


def test_passing_failures_are_not_named(member, draft, earlier, crew):
    mail(earlier, crew[1], why="server")

    assert named(member, draft) == []


def test_mails_of_assessments_about_the_member_do_not_count(org, member, draft, earlier, crew):
    [own] = people(org, 1, start=20)
    Person.objects.filter(pk=own.pk).update(email=member.user.email)
    subjects(earlier, [own])
    mail(earlier, crew[1])

    assert named(Member.objects.get(), draft) == []
