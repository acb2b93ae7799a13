"""What is new at the vendor since a member's last visit, and alarms that somebody has to acknowledge."""

from datetime import timedelta

import pytest
from django.utils import timezone

from qxportal.accounts.models import AuditEntry
from qxportal.accounts.roles import Role
from qxportal.ledger.models import ReadMark, Version
from tests.support.mirrored_rows import assessment, browser, changed, organisation, people, subjects, text

pytestmark = pytest.mark.django_db
URL = "/o/halden/changes/at-the-vendor/"


@pytest.fixture
def org():
    return organisation()


# -- since the last visit


def test_home_counts_what_is_new_until_it_is_marked_as_read(org):
    reader = browser(org, Role.READER)
    anna, ben = people(org, 2)
    assessment(org)
    changed(anna, title="Lead")

    assert "1 change since your last visit" in text(reader.get("/o/halden/"))
    page = reader.get(URL)
    changed(ben, title="Lead")  # while the page is on the screen
    reader.post(f"{URL}read/", {"upto": page.context["newest"]})

    home = reader.get("/o/halden/")
    assert home.context["unread"] == 1
    assert [row.row_id for row in reader.get(f"{URL}?period=visit").context["page"].rows] == [ben.pk]


def test_looking_marks_nothing_and_an_older_page_takes_nothing_back(org):
    reader = browser(org, Role.READER)
    for person in people(org, 2):
        changed(person, title="Lead")
    first, second = Version.objects.order_by("pk")

    reader.get(URL)
    assert not ReadMark.objects.exists()
    for upto in (second.pk, first.pk, "nonsense", 10**30):
        reader.post(f"{URL}read/", {"upto": upto})

    assert ReadMark.objects.get().version_id == second.pk


def test_each_member_has_a_mark_of_his_own(org):
    one, other = browser(org, Role.READER), browser(org, Role.AUDITOR)
    [person] = people(org, 1)
    changed(person, title="Lead")

    one.post(f"{URL}read/", {"upto": Version.objects.get().pk})

    assert one.get("/o/halden/").context["unread"] == 0
    assert other.get("/o/halden/").context["unread"] == 1


def test_what_happened_before_somebody_joined_is_not_new(org):
    [person] = people(org, 1)
    changed(person, title="Lead")
    Version.objects.update(valid_to=timezone.now() - timedelta(hours=1))

    assert browser(org, Role.READER).get("/o/halden/").context["unread"] == 0


# -- alarms


def test_an_alarm_stands_on_home_until_somebody_acknowledges_it(org):
    [person] = people(org, 1)
    review = assessment(org)
    [subject] = subjects(review, [person], status="Done")
    alarm = changed(subject, status="Waiting", alarm="subject-reopened")
    editor = browser(org, Role.EDITOR)

    home = editor.get("/o/halden/")
    words = text(home)
    assert "Subject reopened Amara Okoro Leadership review · Changed outside the portal" in words
    assert f"/o/halden/assessments/{review.pk}/subjects/{subject.pk}/" in home.content.decode()

    back = editor.post(f"{URL}acknowledge/", {"alarm": alarm.pk, "back": "home"})

    alarm.refresh_from_db()
    assert back["Location"] == "/o/halden/"
    assert alarm.acknowledged_by is not None and alarm.acknowledged_by.user.email == "editor@halden.example"
    assert alarm.acknowledged_at is not None
    assert "Subject reopened" not in text(editor.get("/o/halden/"))
    assert AuditEntry.objects.get(verb="mirror.alarm-acknowledged").target == person.vendor_id
    assert "Acknowledged by Editor of Halden Optics" in text(editor.get(f"{URL}?alarm=any"))


def test_readers_see_alarms_and_leave_them(org):
    [subject] = subjects(assessment(org), people(org, 1), status="Done")
    alarm = changed(subject, status="Waiting", alarm="subject-reopened")
    reader = browser(org, Role.READER)

    assert "Acknowledge" not in text(reader.get("/o/halden/"))
    assert reader.post(f"{URL}acknowledge/", {"alarm": alarm.pk}).status_code == 403
    assert Version.objects.filter(acknowledged_at=None).count() == 1


def test_all_alarms_on_the_page_are_acknowledged_together(org):
    for subject in subjects(assessment(org), people(org, 20), status="Done"):
        changed(subject, status="Waiting", alarm="subject-reopened")
    Version.objects.update(alarm="subject-reopened")
    editor = browser(org, Role.EDITOR)
    assert "All 20 external changes that need attention" in text(editor.get("/o/halden/"))

    page = editor.get(f"{URL}?alarm=open").context["page"]
    editor.post(f"{URL}acknowledge/", {"alarm": [row.pk for row in page.rows]})

    assert not Version.objects.filter(acknowledged_at=None).exists()
    assert AuditEntry.objects.filter(verb="mirror.alarm-acknowledged").count() == 20


def test_acknowledging_twice_is_noted_once(org):
    [subject] = subjects(assessment(org), people(org, 1), status="Done")
    alarm = changed(subject, status="Waiting", alarm="subject-reopened")
    editor = browser(org, Role.EDITOR)

    for _ in range(2):
        answer = editor.post(f"{URL}acknowledge/", {"alarm": alarm.pk}, follow=True)

    assert "Already acknowledged" in text(answer)
    assert AuditEntry.objects.filter(verb="mirror.alarm-acknowledged").count() == 1
