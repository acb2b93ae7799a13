"""Days and times are written in the reader's language and zone."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from qxportal.ui import dates
from qxportal.ui.templatetags.portal import ago, clock
from tests.support.processes import ROOT

EVENING = datetime(2026, 3, 24, 23, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def in_berlin():
    with timezone.override(ZoneInfo("Europe/Berlin")):
        yield


def test_dates_follow_the_zone_of_the_reader():
    assert dates.long_date(EVENING) == "25 March 2026"
    assert dates.weekday_date(EVENING) == "Wednesday, 25 March 2026"
    assert dates.date_time(EVENING) == "25 Mar 2026, 00:30"
    assert dates.long_date_time(EVENING) == "25 March 2026, 00:30"
    assert dates.long_date(date(2026, 3, 24)) == "24 March 2026"


def test_ends_at_midnight_name_the_day_that_ends():
    midnight = datetime(2026, 3, 24, 23, 0, tzinfo=UTC)

    assert dates.long_end(midnight) == "24 March 2026"
    assert dates.long_end(midnight + timedelta(minutes=1)) == "25 March 2026, 00:01"


def test_dates_name_months_in_the_language_of_the_reader():
    with translation.override("de"):
        assert "März" in dates.long_date(EVENING)
        assert "Mittwoch" in dates.weekday_date(EVENING)


@pytest.mark.parametrize(
    ("language", "day", "moment", "weekday"),
    [
        ("fr", "1er décembre 2026", "1er déc. 2026 à 18:05", "mardi 1er décembre 2026"),
        ("es", "1 de diciembre de 2026", "1 de diciembre de 2026, 18:05", "martes, 1 de diciembre de 2026"),
    ],
)
def test_dates_are_written_as_the_language_does(language: str, day: str, moment: str, weekday: str):
    first = datetime(2026, 12, 1, 17, 5, tzinfo=UTC)

    with translation.override(language):
        assert dates.long_date(first) == day
        assert dates.date_time(first) == moment
        assert dates.weekday_date(first).lower() == weekday
        assert "1er" not in dates.long_date(date(2026, 12, 11))


def test_clock_keeps_the_exact_time_on_hover():
    assert str(clock(EVENING)) == (
        '<time datetime="2026-03-24T23:30:00+00:00" title="25 Mar 2026, 00:30 CET">00:30</time>'
    )


def test_ago_shows_the_day_of_what_is_long_past():
    assert ">1 Jan 2020</time>" in ago(datetime(2020, 1, 1, 12, tzinfo=UTC))


@pytest.mark.parametrize(
    ("delta", "words"),
    [
        (timedelta(hours=-3), "3\xa0hours ago"),
        (timedelta(days=-1, minutes=-5), "1 day ago"),
        (timedelta(days=-6, hours=-23), "6 days ago"),
        (timedelta(days=-15), "2 weeks ago"),
        (timedelta(days=1, minutes=5), "in 1 day"),
        (timedelta(days=20), "in 2 weeks"),
    ],
)
def test_ago_names_one_unit(delta, words):
    assert f">{words}</time>" in ago(timezone.now() + delta)


def test_templates_write_days_by_these_filters():
    places = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "qxportal").rglob("*.html")]
    others = re.compile(r'\|date(?::(?!"Y-m-d")|\s*[%}|])')  # the ISO day is for fields and ids

    assert len(places) > 300
    assert {path.name: found for path in places if (found := others.findall(path.read_text()))} == {}
    assert others.findall('{{ day|date:"j F Y" }} {{ day|date }} {{ day|date:"Y-m-d" }}') == ["|date:", "|date }"]
