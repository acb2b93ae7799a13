"""The calendar of deadlines: what is in it, and who may fetch it."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from assessments.calendars import next_ones
from assessments.schedules import mirror_schedules
from qxportal.accounts.models import AuditEntry, CalendarFeed, Member
from qxportal.accounts.roles import Role
from qxportal.core.calendar_file import Event, calendar_text
from qxportal.threesixty.records.schedules import ScheduleRecord
from tests.support.mirrored_rows import assessment, browser, organisation, text

FEED = "/calendar/deadlines.ics"
AT = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


def unfolded(told):
    return told.replace("\r\n ", "").split("\r\n")


def test_events_are_written_as_calendars_read_them():
    event = Event("1-closes@portal", AT, "Review; spring, \\ all\r\nends", AT, "https://portal.example/o/a/")

    lines = unfolded(calendar_text("Deadlines", [event]))

    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-2:] == ["END:VCALENDAR", ""]
    assert "DTSTART:20260302T083000Z" in lines
    assert "SUMMARY:Review\\; spring\\, \\\\ all\\nends" in lines
    assert "URL:https://portal.example/o/a/" in lines


@pytest.mark.parametrize("name", ["x" * 400, "ü" * 300, "日本" * 150, "🗓" * 99])
def test_long_lines_are_folded_between_characters(name):
    told = calendar_text(name, [])

    assert all(len(line.encode()) <= 75 for line in told.split("\r\n"))
    assert f"X-WR-CALNAME:{name}" in unfolded(told)


def test_a_short_list_keeps_the_next_deadlines():
    days = [timezone.now() + timedelta(days=day) for day in (-3, -2, -1, 1, 2, 3)]
    events = [Event(f"{place}@portal", at, "Review", AT) for place, at in enumerate(days)]

    assert next_ones(events, 2) == events[3:5]
    assert next_ones(events, 4) == events[2:]
    assert next_ones(events, 9) == events


@pytest.fixture
def org(db):
    org = organisation()
    now = timezone.now()
    review = assessment(org, "Spring review")
    gone = assessment(org, "Forgotten review", gone_at=now)
    records = [
        ScheduleRecord(
            assessment_id=one.vendor_id, closes_at=now + timedelta(days=9), remind_at=(now + timedelta(days=3),)
        )
        for one in (review, gone)
    ]
    mirror_schedules(org, records, as_of=now)
    rival = organisation("rival", "Rival Works")
    theirs = assessment(rival, "Their review")
    mirror_schedules(rival, [ScheduleRecord(assessment_id=theirs.vendor_id, closes_at=now)], as_of=now)
    return org


def header(feed_name, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{feed_name}:{password}".encode()).decode()}


def made(reader):
    """A password as the page shows it."""
    page = reader.post("/o/halden/calendar/")
    return page.context["feed"].name, page.context["password"], page


def test_a_program_fetches_what_the_member_sees(org):
    name, password, _page = made(browser(org, Role.READER))

    answer = Client().get(FEED, headers=header(name, password))

    lines = unfolded(answer.content.decode())
    summaries = [line.removeprefix("SUMMARY:") for line in lines if line.startswith("SUMMARY:")]
    assert answer["Content-Type"].startswith("text/calendar")
    assert summaries == ["Spring review: reminders are sent", "Spring review: last moment to answer"]
    assert CalendarFeed.objects.get().used_at is not None


def test_the_password_is_shown_once_and_kept_as_a_hash(org):
    reader = browser(org, Role.READER)
    name, password, page = made(reader)

    assert password in page.content.decode()
    assert password not in reader.get("/o/halden/calendar/").content.decode()
    row = CalendarFeed.objects.get()
    assert password not in f"{row.name}{row.password_hash}"
    assert password not in str(list(AuditEntry.objects.values()))
    assert "no-store" in page["Cache-Control"]
    assert name in text(page)


def test_a_new_password_ends_the_one_before_and_revoking_ends_it(org):
    reader = browser(org, Role.READER)
    first, second = made(reader)[:2], made(reader)[:2]

    assert Client().get(FEED, headers=header(*first)).status_code == 401
    assert Client().get(FEED, headers=header(*second)).status_code == 200
    reader.post("/o/halden/calendar/revoke/")
    assert Client().get(FEED, headers=header(*second)).status_code == 401
    assert list(AuditEntry.objects.order_by("pk").values_list("verb", flat=True)) == [
        "calendar.made",
        "calendar.made",
        "calendar.revoked",
    ]


@pytest.mark.parametrize(
    "sent", ["", "Basic", "Basic !!!", "Bearer abc", "Basic " + "QQ" * 400, "Basic AAA6", "Basic /////w=="]
)
def test_invalid_authorization_gets_no_calendar(org, sent):
    made(browser(org, Role.READER))

    answer = Client().get(FEED, headers={"Authorization": sent})

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Basic ")
    assert answer.content == b""


def test_a_wrong_password_and_a_session_open_nothing(org):
    reader = browser(org, Role.READER)
    name, password, _page = made(reader)

    assert Client().get(FEED, headers=header(name, f"{password}x")).status_code == 401
    assert Client().get(FEED, headers=header(name, "")).status_code == 401
    assert reader.get(FEED).status_code == 401


@pytest.mark.parametrize("ends", ["role", "user", "organisation", "membership"])
def test_calendar_password_ends_with_the_right_to_read(org, ends):
    name, password, _page = made(browser(org, Role.READER))
    member = Member.objects.get(calendar_feed__name=name)
    if ends == "role":
        Member.objects.filter(pk=member.pk).update(role=Role.SUBJECT)
    elif ends == "user":
        type(member.user).objects.filter(pk=member.user_id).update(is_active=False)
    elif ends == "organisation":
        type(org).objects.filter(pk=org.pk).update(archived_at=timezone.now())
    else:
        member.delete()

    assert Client().get(FEED, headers=header(name, password)).status_code == 401


def test_the_file_is_the_same_calendar(org):
    answer = browser(org, Role.READER).get("/o/halden/calendar/deadlines.ics")

    assert answer["Content-Disposition"] == 'attachment; filename="deadlines.ics"'
    assert "Spring review" in answer.content.decode()
    assert "Their review" not in answer.content.decode()
