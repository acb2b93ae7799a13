"""The list of tasks: what it shows of each, read together however many there are."""

from datetime import timedelta

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from qxportal.engine.models import Extension, Relationship, Schedule
from qxportal.engine.site.context import task
from qxportal.engine.site.evaluations import OwnEvaluation, evaluations_of, preload


@pytest.fixture
def mentor(engine, round):
    """Ben is asked as a mentor in an assessment with a closing time, and may answer for longer."""
    names = {"assessment": round.assessment, "name": "Mentor", "translations": {"EN": "You are a mentor"}}
    engine.run(Relationship.objects.create, **names)
    closes_at = timezone.now() + timedelta(days=2)
    schedule = engine.run(Schedule.objects.create, brand=engine.brand, assessment=round.assessment, closes_at=closes_at)
    until = closes_at + timedelta(days=3)
    engine.run(Extension.objects.create, brand=engine.brand, schedule=schedule, person=round.ben, until=until)

    def asked(name: str) -> None:
        engine.evaluation(engine.subject(round.assessment, engine.person(name, "Quist")), round.ben, "Mentor")

    return asked


@pytest.mark.parametrize("number", [1, 6])
def test_tasks_take_as_many_queries_however_many_they_are(engine, round, mentor, number):
    for place in range(number):
        mentor(f"Mona {place}")

    def count() -> int:
        with CaptureQueriesContext(connections["engine"]) as queries:
            found = [OwnEvaluation(row, round.ben, "EN") for row in evaluations_of(round.ben)]
            preload(found)
            assert len([task(one) for one in found]) == number + 1
        return len(queries)

    assert engine.run(count) == 4  # evaluations, open rounds, extensions, custom relationships


def test_the_list_says_of_each_task_what_its_own_page_says(engine, round, mentor):
    mentor("Mona")

    def shown(*, together: bool) -> list[list[object]]:
        found = [OwnEvaluation(row, round.ben, "EN") for row in evaluations_of(round.ben).order_by("pk")]
        if together:
            preload(found)
        return [[task(one)[name] for name in ("relationship", "deadline", "open", "declinable")] for one in found]

    alone = engine.run(lambda: shown(together=False))

    assert engine.run(lambda: shown(together=True)) == alone
    assert [relationship for relationship, *_rest in alone] == ["You are a colleague", "You are a mentor"]
    assert all(until > timezone.now() + timedelta(days=4) for _relationship, until, *_rest in alone)
