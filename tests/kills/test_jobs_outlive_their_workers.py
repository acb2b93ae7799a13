"""A worker that is killed at any step of a sync or a report, once or each time, loses and doubles nothing."""

import pytest

from assessments import report_commands
from assessments.models import Report
from assessments.report_batches import Choice, start_batch
from assessments.reports import open_report
from directory import job_kinds
from directory.models import Person
from qxportal.engine.models import Participant
from qxportal.ledger.jobs.run import retry, start
from qxportal.ledger.models import Job, Version
from tests.kills.fixtures import ReviewFixture
from tests.support.samples import some

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])

JOB = ["job.claimed", "job.reported", "job.finishing", "job.finished"]
SYNC = [
    *JOB,
    "call.sent",
    "sync.page-fetched",
    "merge.written",
    "sync.page-merged",
    "sync.definition",
    "sync.subjects",
    "sync.read",
    "sync.merged",
    "sync.sorted-out",
    "sync.explained",
    "sync.closed",
]
GONE = ["sync.confirmed", "sync.gone"]
REPORT = [*JOB, "call.sent", "report.fetched", "report.written", "report.kept", "report.stored"]
AFTER = {"job.finished"}  # what is killed there is done
STORED = {"report.stored"}  # whoever goes on finds the report, and does not come by again


@pytest.fixture
def fixture(connected):
    return ReviewFixture(connected, subjects=4, people=10)  # syncs and reports read all of them each time


def a_sync(fixture):
    return start(fixture.org, job_kinds.SYNC, by=None)


def a_report(fixture):
    done = Participant.objects.filter(person__public_id=fixture.ids[0])
    fixture.engine.run(done.update, status="Done", report_ready=True)
    return report_commands.fetch_report(fixture.subject(0), by=fixture.by, viewer="Admin")


def is_done(job):
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.outcome
    return job


def is_parked(job):
    job.refresh_from_db()
    assert (job.state, job.attempts) == (Job.State.PARKED, Job.MAX_ATTEMPTS)
    assert str(job.outcome).startswith("Gave up after 5 attempts. The last one stopped ")


def at_the_vendor(fixture, step):
    """Somebody comes, somebody else goes; those who went are missing for the second time in the next reading."""
    fixture.engine.person("Nora", f"Falk {step}", email=f"nora.{step}@marlstone.example")


def check(fixture, step):
    """Everybody is there, and the newcomer is told of once."""
    fixture.check_mirror()
    newcomer = Person.objects.get(org=fixture.org, last_name=f"Falk {step}", gone_at=None)
    told = Version.objects.filter(org=fixture.org, kind="person", row_id=newcomer.pk)
    assert [(one.event, one.source) for one in told] == [("added", "vendor")], step


def test_a_sync_is_killed_once_at_any_step(fixture, workforce):
    for step in some(SYNC, "call.sent", "merge.written", "sync.closed"):
        workforce.forget_rate_limit()
        at_the_vendor(fixture, step)
        job = a_sync(fixture)
        workforce.dies_once(step, "sync")
        workforce.healthy()

        assert is_done(job).attempts == (1 if step in AFTER else 2)
        assert (job.done, job.failed) == (4, 0)
        check(fixture, step)


def test_a_sync_is_killed_at_a_step_each_time(fixture, workforce):
    for step in some(SYNC, "sync.page-merged"):
        workforce.forget_rate_limit()
        at_the_vendor(fixture, step)
        job = a_sync(fixture)
        died = 0 if step == SYNC[0] else Job.MAX_ATTEMPTS - 2  # the rest of the deaths are died
        Job.objects.filter(pk=job.pk).update(attempts=died)
        deaths = workforce.dies_always(step, "sync")

        if step in AFTER:
            assert (is_done(job), deaths) == (job, 1)
        else:
            is_parked(job)
            assert deaths == Job.MAX_ATTEMPTS - died
            again = retry(job, by=fixture.by)
            workforce.healthy()
            is_done(again)
        check(fixture, step)


def test_who_is_gone_is_gone_after_a_kill(fixture, workforce):
    for number, step in enumerate(some(GONE, "sync.gone")):
        for variant in some([workforce.dies_once, workforce.dies_always], workforce.dies_once):
            workforce.forget_rate_limit()
            leaver = fixture.engine.person("Nora", "Falk", email=f"nora.{number}.{variant.__name__}@marlstone.example")
            fixture.connected.sync()
            fixture.engine.run(leaver.delete)
            fixture.connected.sync()
            assert Person.objects.get(vendor_id=leaver.public_id).missing_since
            job = a_sync(fixture)
            variant(step, "sync that misses somebody")
            job.refresh_from_db()
            if job.state == Job.State.PARKED:
                retry(job, by=fixture.by)
            workforce.healthy()

            gone = Person.objects.get(vendor_id=leaver.public_id)
            assert gone.gone_at, step
            assert Person.objects.filter(org=fixture.org, gone_at=None, missing_since=None).count() == len(fixture.ids)
            told = Version.objects.filter(kind="person", row_id=gone.pk, event="gone")
            assert [one.source for one in told] == ["vendor"], step


def test_a_report_is_killed_once_at_any_step(fixture, workforce):
    for step in some(REPORT, "report.written", "report.stored"):
        workforce.forget_rate_limit()
        Report.objects.all().delete()  # or nothing would be kept, the same bytes being there
        job = a_report(fixture)
        workforce.dies_once(step, "report")
        workforce.healthy()
        is_done(job)
        check_reports(fixture)


@pytest.mark.thorough
def test_a_report_is_killed_at_a_step_each_time(fixture, workforce):
    for step in REPORT:
        workforce.forget_rate_limit()
        Report.objects.all().delete()
        job = a_report(fixture)
        Job.objects.filter(pk=job.pk).update(attempts=Job.MAX_ATTEMPTS - 2)
        deaths = workforce.dies_always(step, "report")

        if step in AFTER | STORED:
            assert (is_done(job), deaths) == (job, 1)
        else:
            is_parked(job)
            assert deaths == 2
            again = retry(job, by=fixture.by)
            workforce.healthy()
            is_done(again)
        check_reports(fixture)


def test_a_batch_of_reports_goes_on_where_its_worker_was_killed(fixture, workforce):
    done = Participant.objects.filter(person__public_id=fixture.ids[0])
    fixture.engine.run(done.update, status="Done", report_ready=True)
    subject = fixture.subject(0)
    choice = Choice(((subject, "Subject"), (subject, "Admin")), (), (), (), 1)
    for step in some(["report-batch.settled", "job.reported", "report.stored"], "report-batch.settled"):
        workforce.forget_rate_limit()
        Report.objects.all().delete()
        mark = fixture.mark()
        batch = start_batch(choice, by=fixture.by)
        workforce.dies_once(step, "batch")
        workforce.healthy()
        job = is_done(batch.job)

        assert (job.total, job.done, job.items.count()) == (2, 2, 2), step
        assert set(batch.files.values_list("state", flat=True)) == {"fetched"}
        assert fixture.sent("getSubjectReportPDF", mark) == 2, step  # what is kept is not made once more
        assert Report.objects.count() == 2


def check_reports(fixture):
    """One version, since every fetch gave the same bytes; noted as often as it was kept."""
    kept = Report.objects.get()
    assert kept.version == 1
    assert open_report(kept, by=fixture.by).startswith(b"%PDF-")


@pytest.mark.thorough
def test_a_job_that_waits_for_the_vendor_survives_a_kill(fixture, workforce):
    for variant in (workforce.dies_once, workforce.dies_always):
        workforce.forget_rate_limit()
        fixture.engine.fault("503-bare", request="getAssessments", times=None, seconds=0)
        job = a_sync(fixture)
        variant("job.put-off", "sync at a busy vendor")
        fixture.engine.clear_faults()
        job.refresh_from_db()
        if not job.live:
            job = retry(job, by=fixture.by)
        workforce.forget_rate_limit()
        workforce.healthy()
        is_done(job)
