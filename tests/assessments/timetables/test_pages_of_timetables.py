"""Pages of timetables: set and edited by editors, seen by readers, refused with words."""

from datetime import time
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from assessments.models import Evaluation, Timetable
from qxportal.accounts.roles import Role
from tests.assessments.timetables.due import DAY, due
from tests.support.mirrored_rows import assessment, browser, organisation, text

pytestmark = pytest.mark.django_db

FORM = {
    "least_0": "1",
    "least_1": "1",
    "least_2": "3",
    "least_3": "0",
    "repeats": "daily",
    "at": "07:15",
    "hold_hours": "12",
    "most": "40",
    "leave_begun": "on",
}


def filled(**values):
    today = timezone.localdate()
    return {**FORM, "first_on": str(today + DAY), "last_on": str(today + 9 * DAY), **values}


def test_a_timetable_is_set_and_edited_on_its_page(org, review, editor, by):
    at = f"/o/halden/assessments/{review.pk}/timetables/"
    assert "No timetables yet" in text(editor.get(at))

    assert editor.post(f"{at}new/", filled()).status_code == 302

    timetable = Timetable.objects.get()
    assert (timetable.rule, timetable.set_by) == ({"Self": 1, "Manager": 1, "Peer": 3}, by)
    local = timezone.localtime(timetable.next_run_at, ZoneInfo("Europe/Vienna"))
    assert (local.date(), local.time()) == (timetable.first_on, time(7, 15))
    listed = text(editor.get(at))
    assert "Self: 1 , Manager: 1 , Peer: 3" in listed
    assert "Every day at 07:15" in listed
    assert "On hold for 12 hours" in listed
    page = editor.get(f"{at}{timetable.pk}/").content.decode()
    assert 'value="07:15"' in page
    admin = browser(org, Role.ADMIN)
    again = admin.post(f"{at}{timetable.pk}/", filled(repeats="once", last_on="", hold_hours="0", least_2="4"))
    assert again.status_code == 302
    timetable.refresh_from_db()
    assert (timetable.rule["Peer"], timetable.last_on, timetable.hold_hours) == (4, timetable.first_on, 0)
    assert Timetable.objects.filter(set_by__role=Role.ADMIN).exists()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"least_0": "0", "least_1": "0", "least_2": "0"}, "Ask for at least one finished evaluation."),
        ({"last_on": ""}, "Enter the last day."),
        ({"last_on": "2020-01-01"}, "must not be before the first one"),
        ({"first_on": "2020-01-01", "last_on": "2020-01-09"}, "All of these times have passed."),
        ({"hold_hours": "73"}, "72"),
    ],
)
def test_a_form_that_makes_no_sense_says_why(review, editor, values, words):
    answer = editor.post(f"/o/halden/assessments/{review.pk}/timetables/new/", filled(**values))

    assert (answer.status_code, Timetable.objects.count()) == (422, 0)
    assert words in text(answer)


def test_readers_look_and_others_see_nothing(org, review, by):
    timetable = due(review, by)
    at = f"/o/halden/assessments/{review.pk}/timetables/"
    reader, stranger = browser(org, Role.READER), browser(organisation("rival", "Rival"), Role.OWNER)

    assert "Every day" in text(reader.get(at))
    assert reader.post(f"{at}{timetable.pk}/pause/").status_code == 403
    assert reader.get(f"{at}new/").status_code == 403
    assert stranger.get(at).status_code == 404
    other = assessment(organisation("third", "Third"), vendor_id="TS_third")
    owner = browser(other.org, Role.OWNER)
    assert owner.post(f"/o/third/assessments/{other.pk}/timetables/{timetable.pk}/delete/").status_code == 404
    assert Timetable.objects.get().state == "active"
    assert Evaluation.objects.count() == 0
