"""The key figures of the organisation on Home."""

from datetime import timedelta

import pytest
from django.utils import timezone

from assessments.dashboard import dashboard
from assessments.models import Report, Subject
from assessments.schedules import mirror_schedules
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from qxportal.threesixty.records.schedules import ScheduleRecord
from tests.support.mirrored_rows import assessment, browser, evaluations, organisation, people, subjects, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def org():
    return organisation()


def review(org, name, **fields):
    """Two subjects, of whom one has two finished peers and the other two open ones."""
    made = assessment(org, name, **fields)
    staff = people(org, 4, start=100 * made.pk)
    first, second = subjects(made, staff[:2])
    evaluations(first, staff[2:4], "Peer", "Completed")
    evaluations(second, staff[2:4], "Peer", "NotStarted")
    return made


def test_home_shows_running_assessments_and_open_tasks(org):
    now = timezone.now()
    spring, summer = review(org, "Spring review"), review(org, "Summer review")
    closed = review(org, "Winter review", status="Closed")
    days = {spring: 9, summer: 4, closed: 1}
    records = [
        ScheduleRecord(assessment_id=one.vendor_id, closes_at=now + timedelta(days=n)) for one, n in days.items()
    ]
    mirror_schedules(org, records, as_of=now)
    Subject.objects.filter(assessment=closed).update(status="Done")
    with_report = Subject.objects.filter(assessment=closed).order_by("pk")[0]
    Report.objects.create(
        org=org, assessment=closed, subject=with_report, viewer="Admin", version=1, file="a", size=1, sha256="b"
    )
    rival = organisation("rival", "Rival Works")
    review(rival, "Their review")
    reader = browser(org, Role.READER)

    told = reader.get("/o/halden/").context["dashboard"]

    assert (told.running, told.done, told.asked, told.percent, told.waiting) == (2, 4, 8, 50, 1)
    assert told.closes == summer
    assert "Done, no report yet" in text(reader.get("/o/halden/"))


def test_what_is_about_the_member_is_not_counted(org):
    made = review(org, "Spring review")
    Subject.objects.filter(assessment=made).update(status="Done")
    own = Subject.objects.filter(assessment=made).order_by("pk")[0]
    browser(org, Role.EDITOR)
    Member.objects.update(person_key=own.vendor_id, person_state=Member.PersonState.CONFIRMED)

    told = dashboard(Member.objects.select_related("org", "user").get())

    assert (told.done, told.asked, told.waiting) == (0, 2, 1)


def test_an_organisation_without_assessments_has_zeros(org):
    browser(org, Role.READER)

    told = dashboard(Member.objects.select_related("org", "user").get())

    assert (told.running, told.asked, told.percent, told.waiting, told.closes_at) == (0, 0, 0, 0, None)


def test_dashboard_names_limit_of_counted_assessments(org, monkeypatch):
    for name in ("Spring review", "Summer review"):
        review(org, name)
    page = browser(org, Role.READER)

    assert "Counted: the newest" not in text(page.get("/o/halden/"))
    monkeypatch.setattr("assessments.dashboard.MOST", 1)
    assert "Counted: the newest 1" in text(page.get("/o/halden/"))
