"""Until when evaluators answer: the schedule's closing time, or a person's own extension."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from qxportal.engine.models import Brand, Extension, Schedule
from tests.qxportal.engine.site.test_saving import Device, value
from tests.support.site_fixture import words


@pytest.fixture
def schedule(engine, round):
    def make(closes_at: datetime, until: datetime | None = None) -> Schedule:
        engine.run(Brand.objects.update, time_zone="Europe/Vienna")
        common = {"brand": engine.brand}
        made: Schedule = engine.run(Schedule.objects.create, assessment=round.assessment, closes_at=closes_at, **common)
        if until:
            engine.run(Extension.objects.create, schedule=made, person=round.ben, until=until, **common)
        return made

    return make


def test_a_task_names_its_deadline_with_the_zone(round, visitor, schedule):
    schedule(datetime.fromisoformat("2040-03-05T17:00:00+00:00"))

    page = words(visitor(round.ben).get("/tasks/"))

    assert "Open until 5 March 2040, 18:00 (Europe/Vienna)" in page


def test_an_extension_is_the_deadline_of_its_person_alone(round, visitor, schedule):
    schedule(*(datetime.fromisoformat(f"2040-03-{day}T17:00:00+00:00") for day in ("05", "09")))

    assert "Open until 9 March 2040, 18:00 (Europe/Vienna)" in words(visitor(round.ben).get(round.path))
    assert "Open until 5 March 2040, 18:00 (Europe/Vienna)" in words(visitor(round.anna).get("/tasks/"))


@pytest.mark.parametrize("extended", [False, True])
def test_after_the_closing_time_answers_are_saved_only_with_an_extension(engine, round, visitor, schedule, extended):
    now = timezone.now()
    made = schedule(now + timedelta(hours=1), now + timedelta(hours=5) if extended else None)
    phone = Device(visitor(round.ben), round.path)
    name = phone.names[0]
    assert phone.save(**{name: "3"}).ok

    engine.run(Schedule.objects.filter(pk=made.pk).update, closes_at=now - timedelta(minutes=1))
    late = phone.save(**{name: "5"})

    assert late.ok is extended
    assert value(engine, round, name) == [5 if extended else 3]
    page = phone.browser.get(round.path)
    assert ("Continue" in words(page)) is extended


def test_an_extension_that_has_ended_counts_no_longer(engine, round, visitor, schedule):
    now = timezone.now()
    made = schedule(now + timedelta(hours=1))
    phone = Device(visitor(round.ben), round.path)
    ended = {"closes_at": now - timedelta(hours=2)}
    engine.run(Schedule.objects.filter(pk=made.pk).update, **ended)
    until = now - timedelta(minutes=1)
    engine.run(Extension.objects.create, schedule=made, person=round.ben, until=until, brand=engine.brand)

    assert phone.save(**{phone.names[0]: "3"}).status_code == 409
    assert value(engine, round, phone.names[0]) == []


def test_once_closed_and_reopened_by_hand_everybody_answers(engine, round, visitor, schedule):
    now = timezone.now()
    made = schedule(now - timedelta(hours=1))
    engine.run(Schedule.objects.filter(pk=made.pk).update, closed_at=now)

    phone = Device(visitor(round.ben), round.path)

    assert phone.save(**{phone.names[0]: "4"}).ok
    assert "Open until" not in words(phone.browser.get("/tasks/"))
