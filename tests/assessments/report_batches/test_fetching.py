"""Batches of reports are chosen, fetched file by file, cut and gone on with."""

import errno
import os
import uuid

import pytest

from assessments import report_batches
from assessments.models import BatchFile, Report, ReportBatch, Subject
from assessments.report_batches import MANAGER, choose, start_batch
from directory.models import Person
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.jobs.registry import JOB_HANDLERS
from qxportal.ledger.jobs.run import pause, resume, retry, run
from qxportal.ledger.models import Job, JobItem
from qxportal.threesixty.errors import Rejected, TransientError
from tests.assessments.report_batches.batches import rows, started, states, work
from tests.support.mirrored_rows import browser, organisation

pytestmark = pytest.mark.django_db(transaction=True)


def test_choice_names_what_is_left_out_and_whom_the_directory_names_as_manager(review, admin):
    choice = choose(admin, rows(review), {"Subject", MANAGER})

    assert len(choice.files) == 6
    assert {viewer for _subject, viewer in choice.files} == {"Subject", "P_000000000000002"}
    assert len(choice.without_manager) == 2


def test_editors_fetch_for_subjects_alone(org, review):
    browser(org, Role.EDITOR)
    editor = Member.objects.get(role=Role.EDITOR)

    assert {viewer for _subject, viewer in choose(editor, rows(review), {"Subject", "Admin", MANAGER}).files} == {
        "Subject"
    }


def test_nobody_fetches_what_is_about_himself(review, admin):
    own = Subject.objects.earliest("pk")
    Person.objects.filter(subjects=own).update(email=admin.user.email)

    choice = choose(Member.objects.get(pk=admin.pk), rows(review), {"Subject"})

    assert len(choice.files) == 3
    assert own not in {subject for subject, _viewer in choice.files}


def test_all_reports_are_fetched_by_one_job(review, admin, server):
    batch = started(review, admin, {"Subject", "Admin"})

    job = work(batch)

    assert (job.state, job.total, job.done, job.failed) == ("done", 8, 8, 0)
    assert states(batch) == ["fetched"] * 8
    assert Report.objects.count() == 8


def test_the_same_form_twice_is_one_batch(review, admin, server):
    intent = uuid.uuid4()
    for _time in range(2):
        start_batch(choose(admin, rows(review), {"Subject"}), by=admin, intent=intent)

    assert (ReportBatch.objects.count(), BatchFile.objects.count(), Job.objects.count()) == (1, 4, 1)


def test_number_of_another_organisations_batch_is_refused(review, admin):
    other = ReportBatch.objects.create(org=organisation("rivalton", "Rivalton"), title="Theirs", made_by_name="Ann")

    with pytest.raises(ActionRefused):
        start_batch(choose(admin, rows(review), {"Subject"}), by=admin, intent=other.pk)

    assert not other.files.exists()


def test_nothing_to_fetch_is_said(review, admin):
    with pytest.raises(ActionRefused, match="no report to fetch"):
        start_batch(choose(admin, rows(review), set()), by=admin)


def test_what_the_server_refuses_does_not_stop_the_others_and_is_tried_again(review, admin, server):
    asked, problems = server
    refused = str(Subject.objects.earliest("sort_name"))
    problems[refused] = [Rejected("There is no such subject.", code="ESRV35", status=400)]
    batch = started(review, admin)

    job = work(batch)
    assert (job.shown_state, job.done, job.failed) == ("partly", 3, 1)
    assert batch.files.get(state="failed").problem
    again = retry(job, by=admin)
    work(batch)

    assert Job.objects.get(pk=again.pk).done == 1
    assert states(batch) == ["fetched"] * 4
    assert [name for name, _viewer in asked].count(refused) == 2
    assert len(asked) == 5


def test_one_that_fails_for_the_moment_comes_after_the_others(review, admin, server):
    asked, problems = server
    first = str(Subject.objects.earliest("sort_name"))
    problems[first] = [TransientError("The server did not answer.")]

    job = work(started(review, admin))

    assert (job.state, job.done) == ("done", 4)
    assert [name for name, _viewer in asked][-1] == first


def test_a_server_that_is_away_lets_the_job_wait_and_go_on(review, admin, server):
    asked, problems = server
    names = [str(one) for one in Subject.objects.order_by("sort_name")]
    for name in names[1:3]:
        problems[name] = [TransientError("The server did not answer.")]
    batch = started(review, admin)

    job = Job.objects.get()
    run(job.pk, JOB_HANDLERS["fetch-reports"])
    job.refresh_from_db()
    assert (job.state, job.done) == ("waiting", 1)
    assert states(batch).count("fetched") == 1
    Job.objects.update(not_before=job.created_at)
    job = work(batch)

    assert (job.state, job.done, job.total) == ("done", 4, 4)
    assert asked.count((names[0], "Subject")) == 1


def test_a_full_disk_lets_the_job_wait_and_nothing_is_lost(review, admin, server, monkeypatch):
    asked, _problems = server
    batch, job = started(review, admin), Job.objects.get()
    third = batch.files.get(position=3).subject

    def full(*_words, **_more):
        raise OSError(errno.ENOSPC, "No space left on device")

    answer = vars(report_batches)["fetch_one"]

    def answer_on_a_full_disk(subject, *rest, **more):
        with monkeypatch.context() as disk:
            if subject == third:
                disk.setattr(os, "fdopen", full)
            return answer(subject, *rest, **more)

    with monkeypatch.context() as while_full:
        while_full.setattr(report_batches, "fetch_one", answer_on_a_full_disk)
        run(job.pk, JOB_HANDLERS["fetch-reports"])
    job.refresh_from_db()
    assert (job.state, states(batch)) == ("waiting", ["fetched", "fetched", "waiting", "waiting"])
    assert "disk is full" in str(job.outcome)

    assert work(batch).done == 4
    assert [name for name, _viewer in asked].count(str(batch.files.get(position=1).subject)) == 1


def test_turns_are_short_and_nothing_is_fetched_twice(review, admin, server, monkeypatch):
    monkeypatch.setattr(report_batches, "TURN", 0.0)
    batch = started(review, admin)
    job = Job.objects.get()
    turns = 0
    while job.state == "waiting":
        run(job.pk, JOB_HANDLERS["fetch-reports"])
        job.refresh_from_db()
        turns += 1

    assert (job.state, job.done, job.attempts) == ("done", 4, 1)
    assert turns == 4
    assert len(server[0]) == 4
    assert JobItem.objects.filter(job=job).count() == 4
    assert states(batch) == ["fetched"] * 4


def test_paused_and_resumed_it_goes_on(review, admin, server, monkeypatch):
    asked, _problems = server
    batch = started(review, admin)
    job, third, answer = Job.objects.get(), batch.files.get(position=3).subject, vars(report_batches)["fetch_one"]

    def answer_and_pause(subject, *rest, **more):
        if subject == third:
            pause(job, by=admin)
        return answer(subject, *rest, **more)

    with monkeypatch.context() as paused:
        paused.setattr(report_batches, "fetch_one", answer_and_pause)
        run(job.pk, JOB_HANDLERS["fetch-reports"])
    assert states(batch) == ["fetched", "fetched", "waiting", "waiting"]
    resume(job, by=admin)

    assert work(batch).done == 4
    assert [name for name, _viewer in asked].count(str(third)) == 2  # its PDF is kept once


def test_items_of_the_job_name_nobody(review, admin, server):
    work(started(review, admin))

    words = " ".join(str(item.label) for item in JobItem.objects.all())
    assert not any(one.last_name in words for one in Subject.objects.all())
