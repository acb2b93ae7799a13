"""Home shows deadlines, small groups and late evaluators first; what a single Done means stands where it is set."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from assessments.models import Assessment, Subject
from assessments.schedules import mirror_schedules
from directory.models import Person
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from qxportal.threesixty.records.schedules import ScheduleRecord
from tests.support.mirrored_rows import assessment, browser, evaluations, organisation, people, subjects, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def org():
    return organisation()


def closes(org: Any, **days: float) -> None:
    """The closing times of assessments by name, in days from now."""
    now = timezone.now()
    records = [
        ScheduleRecord(assessment_id=one.vendor_id, closes_at=now + timedelta(days=days[one.name]))
        for one in Assessment.objects.filter(org=org)
        if one.name in days
    ]
    mirror_schedules(org, records, as_of=now)


def watched(client: Any) -> list[tuple[str, bool, int, int, int]]:
    found = client.get("/o/halden/").context["watched"]
    return [(one.assessment.name, one.late, one.thin, one.stuck, one.raters) for one in found]


def test_deadlines_come_first_with_small_groups_and_late_evaluators(org):
    for place, name in enumerate(("far", "soon", "over")):
        [subject] = subjects(assessment(org, name), people(org, 1, start=place * 10))
        evaluations(subject, people(org, 2, start=place * 10 + 1), "Peer", "NotStarted")
    closes(org, far=40, soon=3, over=-1)
    reader = browser(org, Role.READER)

    assert watched(reader) == [("over", True, 1, 0, 2), ("soon", False, 1, 0, 2)]
    page = text(reader.get("/o/halden/"))
    assert "2 evaluators have something open" in page
    assert "1 group needs more answers" in page
    Subject.objects.update(status="Done")
    assert watched(reader) == [("over", True, 0, 0, 0), ("soon", False, 0, 0, 0)]


def test_everybody_answered_and_it_is_too_few(org):
    [subject] = subjects(assessment(org, "stuck"), people(org, 1))
    evaluations(subject, people(org, 2, start=10), "Peer", "Completed")
    Subject.objects.update(received=2, completed=2)
    reader = browser(org, Role.READER)

    assert watched(reader) == [("stuck", False, 0, 1, 0)]
    assert "1 subject has all answers and still a group that is too small" in text(reader.get("/o/halden/"))
    assessment(org, "closed", status="Closed")
    assert len(watched(reader)) == 1


def test_nothing_of_oneself_is_counted(org):
    review = assessment(org, "soon")
    [own] = subjects(review, people(org, 1))
    evaluations(own, people(org, 2, start=10), "Peer", "NotStarted")
    closes(org, soon=2)
    editor = browser(org, Role.EDITOR)
    Person.objects.filter(subjects=own).update(email=Member.objects.get(org=org).user.email)

    assert watched(editor) == [("soon", False, 0, 0, 0)]
    Subject.objects.update(received=2, completed=2)
    assert watched(editor) == [("soon", False, 0, 0, 0)]


def test_a_single_done_says_what_it_means(org):
    review = assessment(org)
    [subject] = subjects(review, people(org, 1))
    evaluations(subject, people(org, 2, start=10), "Peer", "Completed")
    evaluations(subject, people(org, 1, start=20), "Customer", "InProgress")
    Subject.objects.update(received=3, completed=2)
    editor, url = browser(org, Role.EDITOR), f"/o/halden/assessments/{review.pk}/subjects/"

    for page in (text(editor.get(url)), text(editor.get(f"{url}{subject.pk}/"))):
        assert "Finished: 2 of 3." in page
        assert "Peer: 2 of at least 3 answers, so the group is not shown by itself." in page
        assert "Customer: 0 of at least 3 answers" in page
    assert "Show who has not answered" in text(editor.get(url))
