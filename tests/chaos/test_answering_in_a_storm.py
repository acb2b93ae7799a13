"""A short storm over people who answer: nothing acknowledged is lost, and a saver that is hasty loses much."""

from random import randrange

import pytest

from tests.chaos import answering
from tests.chaos.__main__ import read_options
from tests.chaos.report import table
from tests.support.processes import test_database_url as database_url
from tests.support.samples import thorough

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True, databases=["default", "engine"])]


def test_storm_loses_and_doubles_no_answer(tmp_path):
    seed, people = randrange(1_000_000), 6 if thorough() else 3

    outcome = answering.run_storm(
        answering.Options(seed=seed, people=people, seconds=2 * people / 3, kills=people),
        tmp_path,
        database_url("engine"),
    )

    log = (tmp_path / "site.log").read_text()[-2000:]
    assert [one for one in answering.failures(outcome) if not one.startswith("control")] == [], f"seed {seed}: {log}"
    assert (outcome.comparison.acknowledged, outcome.submitted) == (40 * people, people)
    ended = outcome.counts["processes of the site killed"] + outcome.counts["connections of PostgreSQL ended"]
    assert ended >= people
    assert outcome.naive_lost > 0, f"seed {seed}: {table(answering.rows(outcome))}"


def test_audit_tells_lost_doubled_and_replaced_answers():
    outcome = answering.Outcome(1, naive_lost=1)
    outcome.comparison.lost.append("(1, 'QID1'): None, acknowledged 4")
    outcome.comparison.not_completed.append("R_1")
    outcome.replaced.append("(1, 2): 5 by 4")

    assert len(list(answering.failures(outcome))) == 3
    assert list(answering.failures(answering.Outcome(1))) == [
        "control: the naive saver lost nothing, so this storm was too weak to show anything"
    ]


def test_people_of_a_storm_are_chosen():
    assert read_options(["--people", "400"]).people == 400
    assert read_options([]).people > 20
