"""A job can be paused in any state in which it is alive, and goes on when it is resumed; all of it is noted."""

import pytest

from assessments import sync
from assessments.handlers import CHANGE_HANDLERS
from assessments.job_kinds import FETCH_REPORT, SYNC_ASSESSMENT
from assessments.models import Subject
from directory.job_kinds import SYNC
from qxportal.accounts.models import AuditEntry, Member, User
from qxportal.accounts.roles import Role
from qxportal.ledger.job_kinds import PROBE, TEST_CONNECTION
from qxportal.ledger.jobs.locks import held
from qxportal.ledger.jobs.run import (
    Cancelled,
    cancel,
    expect,
    finish,
    pause,
    report_progress,
    resume,
    retry,
    run,
    run_next,
    start,
)
from qxportal.ledger.jobs.scheduling import claim, lock_of
from qxportal.ledger.models import Change, Job
from qxportal.ledger.outbox.dispatch import dispatch_changes
from tests.support.built_once import built_once
from tests.support.bulk import set_subject_statuses
from tests.support.portal_fixture import held_elsewhere

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])

ENDED = [Job.State.DONE, Job.State.FAILED, Job.State.PARKED, Job.State.CANCELLED]


def verbs():
    return list(AuditEntry.objects.filter(verb__startswith="job.").order_by("pk").values_list("verb", flat=True))


def now(job):
    job.refresh_from_db()
    return job.state


@pytest.fixture
def job(connected):
    return start(connected.org, SYNC, by=connected.admin)


@pytest.fixture
@built_once
def bulk(connected):
    """A bulk change with four lines, none of them sent."""
    engine = connected.engine
    people = engine.people(4)
    review = engine.assessment("Leadership review")
    for person in people:
        engine.subject(review, person)
    connected.sync()
    AuditEntry.objects.all().delete()
    return set_subject_statuses(
        connected.assessment(), list(Subject.objects.all()), by=connected.admin, status="Done", close_sessions=False
    )


def test_a_waiting_job_is_paused_and_resumed(connected, job):
    assert pause(job, by=connected.admin)
    assert not pause(job, by=connected.admin)  # a double click
    assert not run_next()
    assert now(job) == Job.State.PAUSED

    assert resume(job, by=connected.admin)
    assert not resume(job, by=connected.admin)
    while run_next():
        pass

    assert now(job) == Job.State.DONE
    assert verbs() == ["job.paused", "job.resumed"]


def test_a_running_job_stops_at_its_next_report_and_keeps_what_it_did(connected, job):
    def work(running):
        expect(running, 3)
        report_progress(running, "Assessments")
        pause(running, by=connected.admin)
        with pytest.raises(Cancelled):
            report_progress(running, "Surveys")
        raise Cancelled

    run(job.pk, work)

    assert now(job) == Job.State.PAUSED
    assert (job.done, job.total, job.items.count()) == (1, 3, 1)


def test_a_job_that_ends_before_it_notices_the_pause_is_done(connected, job):
    def work(running):
        pause(running, by=connected.admin)
        return "Everything is up to date."

    run(job.pk, work)

    assert now(job) == Job.State.DONE


def test_a_resumed_job_waits_until_its_old_worker_has_noticed(connected, job):
    Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING, attempts=4)
    with held_elsewhere(lock_of(job.pk)):
        pause(job, by=connected.admin)
        resume(job, by=connected.admin)
        assert not run_next()
    assert (now(job), job.attempts) == (Job.State.WAITING, 0)


@pytest.mark.parametrize("state", ENDED)
def test_what_has_ended_is_neither_paused_nor_cancelled_but_tried_again(connected, job, state):
    Job.objects.filter(pk=job.pk).update(state=state)

    assert not pause(job, by=connected.admin)
    assert not resume(job, by=connected.admin)
    assert not cancel(job, by=connected.admin)

    assert now(job) == state
    assert verbs() == []
    again = retry(job, by=connected.admin)
    assert again == retry(job, by=connected.admin) != job


def test_a_paused_job_can_be_cancelled(connected, job):
    pause(job, by=connected.admin)

    assert cancel(job, by=connected.admin)
    assert not resume(job, by=connected.admin)

    assert now(job) == Job.State.CANCELLED
    assert verbs() == ["job.paused", "job.cancelled"]


def test_the_same_work_is_not_started_beside_a_paused_job(connected, job):
    pause(job, by=connected.admin)

    assert start(connected.org, SYNC, by=None, afresh=True) == job
    assert sync.start_due_syncs() == 1
    assert Job.objects.count() == 1
    assert now(job) == Job.State.PAUSED


def test_nothing_of_a_paused_bulk_change_is_sent_until_it_is_resumed(connected, bulk):
    pause(bulk, by=connected.admin)
    connected.send()
    assert connected.engine.writes() == []
    assert set(Change.objects.values_list("state", flat=True)) == {Change.State.PENDING}

    resume(bulk, by=connected.admin)
    connected.send()

    assert now(bulk) == Job.State.DONE
    assert (bulk.done, bulk.failed) == (4, 0)
    assert len(connected.engine.writes()) == 4


def test_a_bulk_change_paused_half_way_goes_on_with_the_rest(connected, bulk):

    dispatch_changes(connected.org.pk, CHANGE_HANDLERS, most=2)
    pause(bulk, by=connected.admin)
    connected.send()
    assert (now(bulk), bulk.done) == (Job.State.PAUSED, 2)

    resume(bulk, by=connected.admin)
    connected.send()

    assert (now(bulk), bulk.done) == (Job.State.DONE, 4)
    assert len(connected.engine.writes()) == 4


def test_cancelling_a_paused_bulk_change_refuses_what_was_not_sent(connected, bulk):
    pause(bulk, by=connected.admin)

    assert cancel(bulk, by=connected.admin)
    connected.send()

    assert (now(bulk), bulk.failed) == (Job.State.CANCELLED, 4)
    assert connected.engine.writes() == []


def test_a_claimed_job_that_was_cancelled_is_not_finished(connected, job):
    with held(lock_of(job.pk)):
        running = claim(job.pk)
        cancel(job, by=connected.admin)
        assert running is not None
        finish(running, Job.State.DONE, "Everything is up to date.")

    assert now(job) == Job.State.CANCELLED


def test_the_buttons_of_the_pages_pause_and_resume(connected, job, client):
    client.force_login(connected.admin.user)
    page = f"/o/{connected.org.slug}/jobs/"
    assert b"Pause" in client.get(page).content

    client.post(f"{page}{job.pk}/pause/")
    shown = client.get(f"{page}{job.pk}/").content.decode()
    assert "Resume" in shown
    assert "the job starts again when someone resumes it" in shown

    row = client.post(f"{page}{job.pk}/resume/", headers={"HX-Request": "true"}).content.decode()
    assert f'id="job-row-{job.pk}"' in row
    assert "Waiting" in row
    again = client.post(f"{page}{job.pk}/resume/", headers={"HX-Request": "true"})
    assert again.headers["HX-Refresh"] == "true"


def test_refreshing_what_is_paused_says_so(connected, job, client):
    pause(job, by=connected.admin)
    client.force_login(connected.admin.user)

    page = client.post(f"/o/{connected.org.slug}/refresh/", follow=True)
    swapped = client.post(f"/o/{connected.org.slug}/refresh/", headers={"HX-Request": "true"})
    home = client.get(f"/o/{connected.org.slug}/").content.decode()

    assert swapped.headers["HX-Redirect"] == f"/o/{connected.org.slug}/jobs/{job.pk}/"
    assert "Refresh paused" in home
    assert b"The refresh is paused. Resume it here, or cancel it and refresh again." in page.content


def test_too_many_jobs_are_refused_in_words(connected, client):
    Job.objects.bulk_create(
        Job(org=connected.org, kind=SYNC_ASSESSMENT.name, target=str(number)) for number in range(200)
    )
    client.force_login(connected.admin.user)

    page = client.post(f"/o/{connected.org.slug}/refresh/", follow=True)
    swapped = client.post(f"/o/{connected.org.slug}/refresh/", headers={"HX-Request": "true"})

    assert b"200 jobs are waiting or running, which is the maximum" in page.content
    assert (swapped.status_code, swapped.headers.get("HX-Refresh")) == (422, None)
    assert b"200 jobs are waiting or running, which is the maximum" in swapped.content
    assert sync.start_due_syncs() == 0


@pytest.mark.parametrize("kind", [TEST_CONNECTION.name, PROBE.name, FETCH_REPORT.name])
@pytest.mark.parametrize(("role", "status"), [(Role.EDITOR, 403), (Role.ADMIN, 302)])
def test_some_jobs_are_run_again_by_administrators_only(connected, client, kind, role, status):
    parked = Job.objects.create(org=connected.org, kind=kind, state=Job.State.PARKED)
    user = User.objects.create_user("noor.haddad@marlstone.example", name="Noor Haddad")
    Member.objects.create(org=connected.org, user=user, role=role)
    client.force_login(user)

    answer = client.post(f"/o/{connected.org.slug}/jobs/{parked.pk}/retry/")

    assert answer.status_code == status
    assert Job.objects.filter(kind=kind).count() == (2 if status == 302 else 1)
