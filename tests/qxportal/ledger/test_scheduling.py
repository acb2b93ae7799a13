"""Organisations take turns, however many jobs one of them has; no job is claimed twice, none beyond the caps."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assessments.job_kinds import SYNC_ASSESSMENT
from directory.job_kinds import SYNC
from qxportal.accounts.models import Credential, Organisation
from qxportal.ledger.job_kinds import APPLY
from qxportal.ledger.jobs.limits import MOST_OPEN, TooManyJobs
from qxportal.ledger.jobs.locks import held, let_go
from qxportal.ledger.jobs.registry import JOB_HANDLERS
from qxportal.ledger.jobs.run import finish, run_next, start
from qxportal.ledger.jobs.scheduling import MOST_RUNNING, claim_next, lock_of, requeue_abandoned
from qxportal.ledger.models import Change, Job
from qxportal.ledger.outbox.ordering import next_organisation
from qxportal.ledger.tasks import sweep
from tests.support.mirrored_rows import organisation
from tests.support.portal_fixture import held_elsewhere

pytestmark = pytest.mark.django_db(transaction=True)


def many(org, count, **fields):
    """Jobs that wait."""
    return Job.objects.bulk_create(
        Job(org=org, kind=SYNC_ASSESSMENT.name, target=f"TS_{number}", **fields) for number in range(count)
    )


@pytest.fixture
def done_at_once(monkeypatch):
    """Reading an assessment takes no time."""
    monkeypatch.setitem(JOB_HANDLERS, SYNC_ASSESSMENT.name, lambda job: "Read.")


def test_a_small_organisation_is_served_every_other_time(done_at_once):
    large, small = organisation(), organisation("tarn", "Tarn Ceramics")
    many(large, 2_000)
    many(small, 10)

    for _turn in range(20):
        assert run_next()

    done = Counter(Job.objects.filter(state=Job.State.DONE).values_list("org__slug", flat=True))
    assert done == {"halden": 10, "tarn": 10}


def test_who_comes_later_does_not_wait_for_those_who_are_there(done_at_once):
    for number in range(4):
        many(organisation(f"org-{number}", f"Organisation {number}"), 50)
    for _turn in range(8):
        run_next()
    late = organisation("late", "Late Lenses")
    many(late, 1)

    run_next()

    assert Job.objects.get(org=late).state == Job.State.DONE


def test_the_oldest_due_job_of_an_organisation_is_first(done_at_once):
    first, second = many(organisation(), 2)

    run_next()

    assert [Job.objects.get(pk=job.pk).state for job in (first, second)] == [Job.State.DONE, Job.State.WAITING]


@pytest.mark.parametrize(("running", "claimed"), [(MOST_RUNNING - 1, True), (MOST_RUNNING, False)])
def test_an_organisation_has_no_more_than_so_many_running(running, claimed):
    org = organisation()
    many(org, 10)
    Job.objects.filter(pk__in=Job.objects.order_by("-pk")[:running].values("pk")).update(state=Job.State.RUNNING)

    job = claim_next()

    assert (job is not None) == claimed
    if job is not None:
        let_go(lock_of(job.pk))
    assert Job.objects.filter(state=Job.State.RUNNING).count() == MOST_RUNNING


def test_bulk_changes_do_not_count_as_running():
    org = organisation()
    for number in range(MOST_RUNNING + 1):
        Job.objects.create(org=org, kind=APPLY.name, target=str(number), state=Job.State.RUNNING)
    many(org, 1)

    job = claim_next()

    assert job is not None
    let_go(lock_of(job.pk))


def test_workers_at_the_same_time_claim_each_job_once_and_keep_to_the_caps():
    orgs = [organisation(f"org-{number}", f"Organisation {number}") for number in range(3)]
    for org in orgs:
        many(org, 20)
    claimed, most = [], []

    def work(_worker):
        try:
            while (job := claim_next()) is not None:
                claimed.append(job.pk)
                most.append(Job.objects.filter(org=job.org, state=Job.State.RUNNING).count())
                finish(job, Job.State.DONE, "Done.")
                let_go(lock_of(job.pk))
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as threads:
        for worker in [threads.submit(work, number) for number in range(12)]:
            worker.result()

    assert sorted(claimed) == sorted(Job.objects.values_list("pk", flat=True))
    assert set(Job.objects.values_list("attempts", flat=True)) == {1}
    assert max(most) <= MOST_RUNNING


def test_a_job_whose_worker_died_waits_again_and_one_that_runs_does_not():
    alive, dead = many(organisation(), 2, state=Job.State.RUNNING, attempts=1)
    with held_elsewhere(lock_of(alive.pk)):
        assert requeue_abandoned() == 1

    assert [Job.objects.get(pk=job.pk).state for job in (alive, dead)] == [Job.State.RUNNING, Job.State.WAITING]


def test_a_job_whose_lock_somebody_still_holds_is_passed_over(done_at_once):
    first, second = many(organisation(), 2)
    with held_elsewhere(lock_of(first.pk)):
        run_next()

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.attempts, second.state) == (Job.State.WAITING, 0, Job.State.DONE)
    assert first.not_before > timezone.now()


def test_a_job_that_ended_its_worker_too_often_is_parked():
    [job] = many(organisation(), 1)
    deaths = 0
    while (claimed := claim_next()) is not None:
        deaths += 1
        let_go(lock_of(claimed.pk))  # as the database does when the connection ends
        requeue_abandoned()

    job.refresh_from_db()
    assert (deaths, job.state) == (Job.MAX_ATTEMPTS, Job.State.PARKED)


def test_a_job_that_this_version_does_not_know_waits_for_one_that_does(done_at_once):
    org = organisation()
    unknown = Job.objects.create(org=org, kind="of-tomorrow")
    many(org, 1)

    assert run_next()
    assert not run_next()

    unknown.refresh_from_db()
    assert unknown.state == Job.State.WAITING


def test_a_job_that_breaks_does_not_keep_others_from_their_turn(monkeypatch):
    broken, well = organisation(), organisation("tarn", "Tarn Ceramics")
    [first], [second] = many(broken, 1), many(well, 1)

    def work(job):
        if job.org == broken:
            raise ZeroDivisionError
        return "Read."

    monkeypatch.setitem(JOB_HANDLERS, SYNC_ASSESSMENT.name, work)

    assert run_next()
    assert run_next()

    assert [Job.objects.get(pk=job.pk).state for job in (first, second)] == [Job.State.FAILED, Job.State.DONE]
    with held(lock_of(first.pk)) as free:
        assert free


@pytest.mark.parametrize(("there", "refused"), [(MOST_OPEN - 1, False), (MOST_OPEN, True), (MOST_OPEN + 1, True)])
def test_an_organisation_may_have_so_many_open_jobs(there, refused):
    org, other = organisation(), organisation("tarn", "Tarn Ceramics")
    many(org, there)

    if refused:
        with pytest.raises(TooManyJobs, match="200 jobs"):
            start(org, SYNC, by=None)
    else:
        start(org, SYNC, by=None)

    assert start(other, SYNC, by=None).state == Job.State.WAITING
    assert start(org, SYNC_ASSESSMENT, by=None, target="TS_1").target == "TS_1"  # it is there already


def with_changes(slug, count, **credential):
    """An organisation with changes that wait to be sent."""
    org = organisation(slug, slug.title())
    Credential.objects.create(org=org, host="https://eu.qualtrics.com", api_user=f"hr@{slug}.example", **credential)
    expires = timezone.now() + timedelta(days=1)
    Change.objects.bulk_create(
        Change(org=org, request="addPerson", target=str(number), title="Add", expires_at=expires)
        for number in range(count)
    )
    return org


def test_organisations_take_turns_at_sending_however_many_changes_one_has():
    large = with_changes("halden", 1_000, sealed_token=b"sealed")
    small = with_changes("tarn", 1, sealed_token=b"sealed")

    turns = [next_organisation(set()) for _turn in range(4)]

    assert turns == [large.pk, small.pk] * 2
    assert next_organisation({large.pk, small.pk}) is None


def test_who_cannot_send_now_has_no_turn():
    with_changes("halden", 1)
    with_changes("tarn", 1, sealed_token=b"sealed", refused_at=timezone.now())
    paused = with_changes("late", 1, sealed_token=b"sealed")
    Organisation.objects.filter(pk=paused.pk).update(paused=True)

    assert next_organisation(set()) is None


def test_a_sweep_asks_as_much_with_many_due_jobs_as_with_one(django_assert_num_queries):
    org = organisation()
    many(org, 1)
    sweep()  # some things are asked once by each process
    with CaptureQueriesContext(connection) as one:
        sweep()
    many(organisation("tarn", "Tarn Ceramics"), 3_000)

    with django_assert_num_queries(len(one)):
        sweep()
