"""Short storms: they show nothing lost and nothing doubled, and that the same faults costs others dearly."""

from functools import cache
from random import randrange

import pytest
from django.conf import settings

from tests.chaos import report
from tests.chaos.__main__ import read_options
from tests.chaos.editions.solver import isolated
from tests.chaos.real import Options, run_storm
from tests.chaos.sandbox import NoPlace, check_place
from tests.chaos.virtual import run, writes
from tests.support.folders import is_temporary
from tests.support.samples import thorough

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])

MIRRORS = 4  # a seed of lists that are known to harm others


@pytest.fixture
def seed() -> int:
    """Another one each time; a failure names it."""
    return randrange(1_000_000)


def test_schedules_in_virtual_time_lose_and_double_nothing(seed):
    found = run.Virtual(seed, ours=writes.portal(seed))

    assert [one for one in run.failures(found) if not one.startswith("control")] == [], f"seed {seed}"
    assert found.ours.schedules == 40
    assert set(found.ours.by_policy) == {"state", "natural-key", "create", "destructive"}


@cache
def schedules_of_six() -> run.Virtual:
    """Ours and all controls; from a seed that is known to harm them."""
    return run.virtual(6, schedules=40, processes=1)


@pytest.mark.thorough
def test_others_double_under_the_same_schedules():
    found = schedules_of_six()

    assert list(run.failures(found)) == []
    assert min(len(one.doubled) for one in (found.blind, found.looking, found.hasty)) > 0
    assert found.ours.faults["late"] > 3


@pytest.mark.thorough
def test_the_same_seed_is_the_same_schedule():
    one, two = schedules_of_six().ours, writes.portal(6)

    assert (one.calls, one.faults, one.to_person) == (two.calls, two.faults, two.to_person)


def test_mirrors_of_faulty_lists_lose_nobody(seed):
    found = run.virtual(seed, schedules=0, mirrors=2, processes=1)

    assert [one for one in run.failures(found) if not one.startswith("control")] == [], f"seed {seed}"


@pytest.mark.thorough
def test_mirrors_that_believe_every_list_lose_rows():
    found = run.virtual(MIRRORS, schedules=0, mirrors=2, processes=1)

    assert list(run.failures(found)) == []
    assert found.mirrors.faulty > 10
    assert found.mirrors.percentile(0.5) == 1


@pytest.mark.thorough
def test_an_outage_is_asked_little_and_soon_forgotten():
    found = run.virtual(2, outages=3, processes=1)  # told absurd numbers, dates, and words

    assert list(run.failures(found)) == []
    assert found.outages.organisations == len(found.outages.fresh) == 3
    assert set(found.outages.answers) == {"huge", "date", "text"}


def test_reports_fetched_again_and_again_tell_nobodys_answer(seed):
    found = run.virtual(10 * (seed // 10), histories=2, processes=1)

    assert [one for one in run.failures(found) if not one.startswith("control")] == [], f"seed {seed}"
    assert (found.reports.histories, found.reports.pdfs) == (2, 1)
    assert found.reports.answers > 20, f"seed {seed}"


def test_without_editions_the_same_histories_tell_much():
    seed, histories = (10, 3) if thorough() else (12, 2)
    found = run.virtual(seed, histories=histories, processes=1)

    assert list(run.failures(found)) == []
    assert found.reports.naive_isolated > 10
    assert found.reports.naive_differ > 0


@pytest.mark.parametrize(
    ("sums", "known"),
    [
        (["abc", "abcd"], "d"),
        (["abc", "def"], ""),
        (["abc", "def", "abcdefx"], "x"),  # three editions, and no two of them differ by one
        (["abcd", "abc", "bcd"], "ad"),
        (["ab", "bc", "ac"], "abc"),  # an odd circle: half of all sums less one of them
        (["ab", "bc", "cd", "da"], ""),
    ],
)
def test_the_solver_finds_what_follows(sums, known):
    assert isolated(frozenset(one) for one in sums) == set(known)


def test_a_real_storm_loses_and_doubles_nothing(engine_server, tmp_path, seed):
    kills, seconds, people, assessments, subjects = (10, 6, 40, 3, 10) if thorough() else (5, 4, 20, 2, 6)
    size = {"people": people, "assessments": assessments, "subjects": subjects}
    outcome = run_storm(
        Options(seed=seed, kills=kills, seconds=seconds, changes_per_second=3, **size), tmp_path, engine_server
    )

    log = (tmp_path / "workers.log").read_text()[-2000:]
    assert [one for one in report.failures(outcome) if not one.startswith("control")] == [], f"seed {seed}: {log}"
    assert outcome.counts["kills of workers"] + outcome.counts["kills of the naive sender"] == kills
    assert outcome.audit.changes > 10, f"seed {seed}"
    assert outcome.naive.doubled + outcome.naive.removed, f"seed {seed}: faults that harms nobody shows nothing"


def test_a_storm_rages_only_where_all_is_thrown_away(settings):
    check_place()
    settings.TESTS = False
    with pytest.raises(NoPlace):
        check_place()


def test_a_storm_leaves_other_databases_alone(settings, tmp_path):
    assert is_temporary(settings.VAR)
    settings.VAR = tmp_path
    with pytest.raises(NoPlace, match="databases that it started itself"):
        check_place()


def test_kills_decide_how_long_it_lasts():
    assert read_options(["--kills", "1000", "--seed", "4"]).seconds == pytest.approx(550)
    assert read_options([]).seconds > 20
    with pytest.raises(SystemExit):
        read_options(["--kills", "many"])
    assert settings.TESTS
