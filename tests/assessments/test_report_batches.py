"""Batches of reports: chosen, fetched file by file, cut and gone on with, and downloaded as one ZIP file."""

import csv
import errno
import io
import os
import uuid
import zipfile
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from assessments import report_batches
from assessments.editions import mirror_editions
from assessments.models import BatchFile, Report, ReportBatch, Subject
from assessments.report_batches import MANAGER, choose, start_batch
from assessments.report_rules import chosen_by_rule
from assessments.reports import keep
from directory.models import Person
from qxportal.accounts.models import AuditEntry, Member
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.jobs.registry import JOB_HANDLERS
from qxportal.ledger.jobs.run import pause, resume, retry, run
from qxportal.ledger.models import Job, JobItem, Version
from qxportal.threesixty.errors import Rejected, TransientError
from qxportal.threesixty.records.editions import EditionRecord
from tests.support.mirrored_rows import assessment, browser, changed, organisation, people, subjects

pytestmark = pytest.mark.django_db(transaction=True)
PDF = b"%PDF-1.7\n"


@pytest.fixture
def org(key_ring):
    return organisation()


@pytest.fixture
def review(org):
    """Four subjects who are done; the first two report to the third."""
    review = assessment(org)
    persons = people(org, 4)
    Person.objects.filter(pk__in=[one.pk for one in persons[:2]]).update(manager_email=persons[2].email)
    subjects(review, persons)
    Subject.objects.update(status="Done")
    return review


@pytest.fixture
def admin(org):
    browser(org, Role.ADMIN)
    return Member.objects.get(role=Role.ADMIN)


@pytest.fixture
def server(monkeypatch):
    """A server whose answers a test may spoil, by subject; gives what was asked for, in order."""
    asked: list[tuple[str, str]] = []
    problems: dict[str, list[Exception]] = {}

    class NoClient:
        def __enter__(self):
            return None

        def __exit__(self, *problem):
            return None

    def answer(subject, viewer, _threesixty, *, by):
        asked.append((str(subject), viewer))
        if waiting := problems.get(str(subject)):
            raise waiting.pop(0)
        return keep(subject, viewer, PDF + f"{subject} {viewer}".encode(), by=by)

    monkeypatch.setattr(report_batches, "client_for", lambda _org: NoClient())
    monkeypatch.setattr(report_batches, "fetch_one", answer)
    return asked, problems


def rows(review):
    return Subject.objects.filter(assessment=review)


def started(review, by, viewers=("Subject",)):
    return start_batch(choose(by, rows(review), viewers), by=by)


def work(batch):
    """The batch's job, until it waits for nothing but time."""
    job = Job.objects.filter(target=str(batch.pk)).latest("pk")
    while True:
        Job.objects.filter(pk=job.pk).update(not_before=job.created_at)
        run(job.pk, JOB_HANDLERS["fetch-reports"])
        before, job = job, Job.objects.get(pk=job.pk)
        if job.state != Job.State.WAITING or (before.outcome, before.done) == (job.outcome, job.done):
            return job


def states(batch):
    return list(batch.files.order_by("position").values_list("state", flat=True))


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


# -- the ZIP file


def zip_of(client, org, batch, names="subject"):
    answer = client.get(f"/o/{org.slug}/reports/batches/{batch.pk}/zip/?names={names}")
    assert answer.status_code == 200
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))


def manifest(found):
    return list(csv.DictReader(io.StringIO(found.read("manifest.csv").decode("utf-8-sig"))))


@pytest.fixture
def client(org, admin):
    client = Client()
    client.force_login(admin.user)
    return client


def test_zip_holds_every_report_and_a_manifest(org, review, admin, server, client):
    batch = started(review, admin, {"Subject", MANAGER})
    work(batch)

    found = zip_of(client, org, batch)

    assert found.testzip() is None
    lines = manifest(found)
    assert {line["File"] for line in lines} | {"manifest.csv"} == set(found.namelist())
    assert {line["SHA-256"] for line in lines} == set(Report.objects.values_list("sha256", flat=True))
    assert AuditEntry.objects.filter(verb="report.opened").count() == 6
    assert AuditEntry.objects.filter(verb="reports.downloaded").count() == 1


def test_names_that_differ_in_case_or_form_alone_get_numbers(org, review, admin, server, client):
    Subject.objects.update(first_name="Zoë", last_name="Ångström")
    one = Subject.objects.earliest("pk")
    Subject.objects.filter(pk=one.pk).update(first_name="ZOE\u0308")
    batch = started(review, admin)
    work(batch)

    found = zip_of(client, org, batch)

    assert len({name.casefold() for name in found.namelist()}) == 5
    assert found.testzip() is None


def test_what_is_missing_stands_in_the_manifest_with_the_reason(org, review, admin, server, client):
    refused = str(Subject.objects.earliest("sort_name"))
    server[1][refused] = [Rejected("There is no such subject.", code="ESRV35", status=400)]
    batch = started(review, admin)
    work(batch)
    Report.objects.filter(pk=Report.objects.latest("pk").pk).update(file="0" * 32)

    found = zip_of(client, org, batch)

    assert len(found.namelist()) == 3
    assert sorted(bool(line["Problem"]) for line in manifest(found)) == [False, False, True, True]


def test_editors_get_no_reports_of_administrators(org, review, admin, server):
    batch = started(review, admin, {"Subject", "Admin"})
    work(batch)
    editor = browser(org, Role.EDITOR)

    assert len(zip_of(editor, org, batch).namelist()) == 5
    page = editor.get(f"/o/{org.slug}/reports/batches/{batch.pk}/").content.decode()
    assert "Administrators" not in page


def test_nobody_gets_the_own_report(org, review, admin, server, client):
    batch = started(review, admin)
    work(batch)
    own = Subject.objects.earliest("pk")
    Person.objects.filter(subjects=own).update(email=admin.user.email)

    found = zip_of(client, org, batch)

    assert len(found.namelist()) == 4
    assert str(own) not in str(manifest(found))
    assert str(own) not in client.get(f"/o/{org.slug}/reports/batches/{batch.pk}/").content.decode()


# -- pages


def test_from_the_list_to_the_batch(org, review, admin, server, client):
    base = f"/o/{org.slug}/assessments/{review.pk}/reports/"
    assert "report-batch-new" not in (page := client.get(base).content.decode())
    assert f"{base}fetch/" in page
    page = client.post(f"{base}fetch/", {"scope": "all"}).content.decode()
    assert "4 reports will be fetched." in page
    ticked = [str(pk) for pk in rows(review).values_list("pk", flat=True)]

    form = {"chosen": "on", "scope": "ticked", "subject": ticked[:3], "viewer": ["Subject", "Admin"], "confirmed": "on"}
    answer = client.post(f"{base}fetch/", form)
    batch = ReportBatch.objects.get()
    assert answer["Location"] == f"/o/{org.slug}/reports/batches/{batch.pk}/"
    assert batch.files.count() == 6
    work(batch)
    assert "Download 6 reports as ZIP" in client.get(answer["Location"]).content.decode()
    assert str(batch) in client.get(f"/o/{org.slug}/reports/batches/").content.decode()


def test_nothing_ticked_and_no_reader_are_said(org, review, client):
    base = f"/o/{org.slug}/assessments/{review.pk}/reports/fetch/"
    assert client.post(base, {"scope": "ticked"}).status_code == 302
    ticked = [str(pk) for pk in rows(review).values_list("pk", flat=True)]
    answer = client.post(base, {"chosen": "on", "scope": "ticked", "subject": ticked, "confirmed": "on"})

    assert answer.status_code == 422
    assert "no report to fetch" in answer.content.decode()
    assert not ReportBatch.objects.exists()


def test_time_that_is_left_is_told_by_what_was_done(review, admin, server):
    batch = started(review, admin)
    job = Job.objects.get()
    Job.objects.filter(pk=job.pk).update(state="running", total=100, done=2)
    job.refresh_from_db()
    assert report_batches.minutes_left(job) == 0
    for number in (1, 2):
        JobItem.objects.create(
            job=job, position=number, label="File", ok=True, at=batch.created_at + timedelta(seconds=6 * number)
        )

    assert report_batches.minutes_left(job) == 10


def test_closing_offers_the_reports_first_and_says_what_an_edition_means(org, review, admin, client):
    first, *_others = rows(review).order_by("pk")
    Subject.objects.filter(pk=first.pk).update(status="Waiting")
    told = [EditionRecord(subject_id=one.vendor_id, minimum=3, manager_state="directory") for one in rows(review)]
    mirror_editions(review, told, as_of=timezone.now())

    page = client.get(f"/o/{org.slug}/assessments/{review.pk}/close/").content.decode()

    assert "3 reports can be taken as they are before closing." in page
    assert "1 subject is not done: there is no report until" in page
    assert "For 3 subjects this creates the first edition" in page
    assert "later editions show the same answers in the same place" in page
    assert f'action="/o/{org.slug}/assessments/{review.pk}/reports/fetch/"' in page
    Subject.objects.update(status="Waiting")
    assert "Take the reports…" not in client.get(f"/o/{org.slug}/assessments/{review.pk}/close/").content.decode()


# -- by a rule, over several assessments


def test_a_batch_by_a_rule_takes_what_was_never_fetched_of_several_assessments(org, review, admin, server, client):
    other = assessment(org, "Second review")
    subjects(other, people(org, 2, start=50))
    Subject.objects.filter(assessment=other).update(status="Done")
    fetched, waiting = Subject.objects.filter(assessment=review).order_by("pk")[:2]
    keep(fetched, "Subject", PDF, by=admin)
    Subject.objects.filter(pk=waiting.pk).update(status="Waiting")
    form = {"assessments": [review.pk, other.pk], "rule": "unfetched", "viewers": "Subject"}

    seen = client.post(f"/o/{org.slug}/reports/batches/new/", form)
    answer = client.post(f"/o/{org.slug}/reports/batches/new/", form | {"confirmed": "on"})

    assert "4 reports will be fetched." in " ".join(seen.content.decode().split())
    batch = ReportBatch.objects.get()
    assert answer.headers["Location"] == f"/o/{org.slug}/reports/batches/{batch.pk}/"
    assert str(batch.title) == "Reports of 2 assessments"
    names = set(batch.files.values_list("subject", flat=True))
    assert names == set(Subject.objects.exclude(pk__in=[fetched.pk, waiting.pk]).values_list("pk", flat=True))
    assert work(batch).done == 4


def test_rule_of_a_day_takes_who_is_done_since(org, review, admin):
    long_ago, today = timezone.now() - timedelta(days=30), timezone.localdate()
    Subject.objects.update(first_seen_at=long_ago, status="Waiting")
    first, second = Subject.objects.order_by("pk")[:2]
    for one in (first, second):
        changed(one, status="Done")
    Version.objects.filter(row_id=second.pk).update(valid_to=long_ago)

    assert set(chosen_by_rule(admin, [review], "since", today)) == {first}
    assert set(chosen_by_rule(admin, [review], "all")) == {first, second}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"assessments": []}, "This field is required."),
        ({"rule": "since", "since": ""}, "Choose the day."),
        ({"viewers": "Admin"}, "Select a valid choice."),
    ],
)
def test_rules_are_refused_beside_the_field(org, review, fields, words):
    editor = browser(org, Role.EDITOR)
    form = {"assessments": [review.pk], "rule": "unfetched", "viewers": "Subject", **fields}

    answer = editor.post(f"/o/{org.slug}/reports/batches/new/", form)

    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    assert not ReportBatch.objects.exists()


def test_reports_of_another_organisation_are_no_choice(org, review, client):
    foreign = assessment(organisation("other", "Other"))
    form = {"assessments": [foreign.pk], "rule": "all", "viewers": "Subject", "confirmed": "on"}

    answer = client.post(f"/o/{org.slug}/reports/batches/new/", form)

    assert answer.status_code == 422
    assert not ReportBatch.objects.exists()
