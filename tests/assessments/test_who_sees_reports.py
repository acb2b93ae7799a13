"""Who can see reports over all assessments, but for those about the member who looks."""

import pytest
from django.utils import timezone

from assessments.models import Release, Report, ReportAccess
from assessments.report_audience import by_release, by_role, on_site
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from tests.support.mirrored_rows import assessment, browser, organisation, people, subjects, text

pytestmark = pytest.mark.django_db
KEPT = {
    "viewer": "Other",
    "left": False,
    "until_at": None,
    "edition": 1,
    "opened_at": None,
    "opened_edition": 0,
    "approver": "",
    "decided_at": None,
    "reason": "",
}


@pytest.fixture
def org():
    return organisation()


@pytest.fixture
def rows(org):
    """Two subjects whose reports a coach reads, one of them from tomorrow on."""
    review = assessment(org)
    found = subjects(review, people(org, 2))
    for subject, state in zip(found, ("Open", "Planned"), strict=True):
        reader = {**KEPT, "key": "P_coach", "name": "Coco Ach", "state": state, "from_at": None}
        ReportAccess.objects.create(
            org=org, assessment=review, subject=subject, readers=[reader], seen_at=timezone.now()
        )
    return found


def test_roles_and_readers_on_the_site_are_shown_to_administrators(org, rows):
    admin, page = browser(org, Role.ADMIN), f"/o/{org.slug}/reports/who/"

    shown = text(admin.get(page))

    assert "Coco Ach 1 1" in shown and "All reports" in shown
    assert browser(org, Role.EDITOR).get(page).status_code == 403
    assert [one.role for one in by_role(Member.objects.get(org=org, role=Role.ADMIN))] == ["admin", "editor"]


def test_reports_about_the_member_are_left_out(org, rows):
    browser(org, Role.ADMIN)
    member = Member.objects.select_related("user", "org").get(org=org, role=Role.ADMIN)
    type(rows[0]).objects.filter(pk=rows[0].pk).update(email=member.user.email, person=None)

    [reader] = on_site(member)

    assert (reader.now, reader.later) == (0, 1)


def test_releases_of_one_member_cost_no_queries_of_their_own(org, django_assert_max_num_queries):
    browser(org, Role.ADMIN)
    browser(org, Role.COACH)
    admin, coach = (Member.objects.select_related("user", "org").get(role=role) for role in (Role.ADMIN, Role.COACH))
    for subject in subjects(assessment(org), people(org, 9)):
        report = Report.objects.create(
            org=org, assessment=subject.assessment, subject=subject, viewer="Admin", version=1, file="f", size=1
        )
        Release.objects.create(org=org, report=report, member=coach)
    assert by_release(admin) == [(coach, 9)]  # what is about a member is found out once

    with django_assert_max_num_queries(8):
        assert by_release(admin) == [(coach, 9)]
