"""What the vendor stopped listing long ago is forgotten with what hangs on it; nothing else, and nothing too early."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from assessments import report_files, reports, retention
from assessments.models import Assessment, Evaluation, Release, Report, Subject
from assessments.tasks import purge_gone
from directory.models import Person
from qxportal.accounts.models import AuditEntry, Member, User
from qxportal.accounts.roles import Role
from qxportal.ledger.job_kinds import APPLY
from qxportal.ledger.jobs.daily import claim_daily_run
from qxportal.ledger.jobs.retention import purge_jobs
from qxportal.ledger.models import Change, DailyRun, Job, JobItem, ResourceSync, Version
from qxportal.ledger.outbox.fencing import may_call
from tests.support.built_once import built_once
from tests.support.portal_fixture import held_elsewhere

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])

DAY = timedelta(days=1)


@pytest.fixture
@built_once
def mirrored(connected):
    """Two assessments with two subjects each, and an evaluation of each."""
    engine = connected.engine
    people = engine.people(3)
    for name in ("Leadership review", "Project review"):
        review = engine.assessment(name)
        for person in people[:2]:
            engine.evaluation(engine.subject(review, person), people[2], "Manager", "Completed")
    connected.sync()


@pytest.fixture
def scene(connected, mirrored, settings, tmp_path):
    """One subject of each assessment has a released report."""
    settings.REPORTS_ROOT = tmp_path
    user = User.objects.create_user("subject@marlstone.example", name="Elif Yilmaz")
    coach = Member.objects.create(org=connected.org, user=user, role=Role.COACH)
    for subject in Subject.objects.filter(sort_name=Subject.objects.earliest("pk").sort_name):
        kept, _new = reports.keep(subject, "Subject", b"%PDF-1.7 report of a subject %%EOF", by=connected.admin)
        reports.release(kept, coach, by=connected.admin)
    return connected


def gone(rows, days):
    """Let rows be gone for so many days."""
    rows.update(gone_at=timezone.now() - days * DAY)


def leadership():
    return Assessment.objects.filter(name="Leadership review")


def files(org):
    return sorted(path.name for path in (Path(str(report_files.path_of(org.pk, "x"))).parent).iterdir())


def open_change(org, **fields):
    return Change.objects.create(
        org=org,
        request="closeAssessment",
        target="close",
        title="Close",
        state=Change.State.PERSON,
        expires_at=timezone.now() + DAY,
        **fields,
    )


@pytest.mark.parametrize(("days", "left"), [(29, 2), (31, 1)])
def test_a_gone_assessment_is_forgotten_after_thirty_days_with_all_of_it(scene, days, left):
    evaluations = Evaluation.objects.filter(assessment__name="Project review").count()
    gone(leadership(), days)

    retention.purge_gone()

    assert Assessment.objects.count() == left
    assert Subject.objects.count() == 2 * left
    assert (Report.objects.count(), Release.objects.count()) == (left, left)
    assert Evaluation.objects.filter(assessment__name="Project review").count() == evaluations
    assert Evaluation.objects.count() == left * evaluations
    assert Person.objects.count() == 3


def test_what_was_said_and_read_of_it_goes_too_and_the_rest_is_not_told_as_news(scene):
    vendor_id = leadership().get().vendor_id
    gone(leadership(), 31)
    gone(Person.objects.filter(pk=Person.objects.earliest("pk").pk), 31)
    news = Version.objects.exclude(kind__in=("assessment", "person")).count()

    retention.purge_gone()

    assert not Version.objects.filter(kind="assessment").exists()
    assert Version.objects.exclude(kind__in=("assessment", "person")).count() <= news
    assert not ResourceSync.objects.filter(resource__endswith=f":{vendor_id}").exists()
    assert Person.objects.count() == 2


def test_files_of_forgotten_reports_go_a_day_later_and_the_others_stay(scene):
    keeps, *_rest = Report.objects.filter(assessment__name="Project review").values_list("file", flat=True)
    gone(leadership(), 31)
    retention.purge_gone()

    assert retention.forget_files() == 0
    for name in files(scene.org):
        os.utime(report_files.path_of(scene.org.pk, name), (0, 0))
    assert retention.forget_files() == 1

    assert files(scene.org) == [keeps]


def test_what_is_forgotten_is_in_the_log(scene):
    gone(leadership(), 31)

    retention.purge_gone()

    forgotten = {entry.target: entry.details["rows"] for entry in AuditEntry.objects.filter(verb="rows.purged")}
    assert forgotten["assessments.assessment"] == 1
    assert forgotten["assessments.subject"] == 2
    assert forgotten["assessments.report"] == 1


@pytest.mark.parametrize("named", ["assessment_id", "target", "writes", "parameters"])
def test_what_an_open_change_names_stays_until_it_has_settled(scene, named):
    vendor_id = leadership().get().vendor_id
    gone(leadership(), 31)
    change = open_change(scene.org)
    values = {
        "assessment_id": vendor_id,
        "target": f"status:{vendor_id}:P_1",
        "writes": [f"assessment/{vendor_id}/x"],
        "parameters": {"rows": [{"ThreeSixtyID": vendor_id}]},
    }
    Change.objects.filter(pk=change.pk).update(**{named: values[named]})

    retention.purge_gone()
    assert (Assessment.objects.count(), Subject.objects.count(), Report.objects.count()) == (2, 4, 2)

    Change.objects.update(state=Change.State.REFUSED)
    retention.purge_gone()
    assert (Assessment.objects.count(), Subject.objects.count(), Report.objects.count()) == (1, 2, 1)


def test_what_was_seen_again_stays(scene):
    gone(leadership(), 31)
    scene.sync()

    retention.purge_gone()

    assert Assessment.objects.count() == 2


def test_an_organisation_that_is_being_read_waits_for_the_next_day(scene):
    gone(leadership(), 31)
    with held_elsewhere(f"sync:{scene.org.pk}"):
        assert retention.purge_gone() == 0

    assert Assessment.objects.count() == 2


def test_small_batches_come_to_the_same_end(scene, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 1)
    gone(Assessment.objects.all(), 31)

    retention.purge_gone()

    assert not Assessment.objects.exists()
    assert not Evaluation.objects.exists()
    assert not Report.objects.exists()


def test_ended_jobs_are_forgotten_after_ninety_days_but_not_while_a_change_of_theirs_is_open(connected):
    Job.objects.all().delete()
    for days, state in ((91, "done"), (91, "parked"), (89, "done"), (91, "paused"), (None, "running")):
        ended = timezone.now() - days * DAY if days else None
        job = Job.objects.create(
            org=connected.org,
            kind=APPLY.name,
            target=f"{days} {state}",
            state=state,
            finished_at=ended,
        )
        JobItem.objects.create(job=job, position=1, label="Amara Okoro", ok=True)
    undecided = open_change(connected.org, job=Job.objects.get(target="91 parked"))
    settled = Job.objects.get(target="91 done")

    assert purge_jobs() == 1

    assert not Job.objects.filter(pk=settled.pk).exists()
    assert Job.objects.count() == JobItem.objects.count() == 4
    undecided.refresh_from_db()
    assert undecided.job is not None


def test_a_round_counts_once_a_day_however_often_it_is_rung(scene):
    gone(leadership(), 31)
    purge_gone()
    assert Assessment.objects.count() == 1

    gone(Assessment.objects.all(), 31)
    purge_gone()  # a second beat, or messages of an hour in which no worker was there
    assert Assessment.objects.count() == 1

    DailyRun.objects.update(day=timezone.now().date() - 2 * DAY)
    purge_gone()
    assert Assessment.objects.count() == 0


def test_two_beats_at_the_same_moment_begin_one_round(connected):
    def tick(_beat):
        try:
            return claim_daily_run("tidy")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as beats:
        assert sum(beats.map(tick, range(8))) == 1


def test_a_copy_of_the_database_forgets_nothing(scene, settings, tmp_path):
    gone(leadership(), 31)
    assert may_call()  # the database notes whose it is
    settings.INSTANCE = tmp_path / "elsewhere"

    purge_gone()

    assert Assessment.objects.count() == 2
