"""Pages lead from lists and rules to a batch of reports."""

from datetime import timedelta

import pytest
from django.utils import timezone

from assessments import report_batches
from assessments.editions import mirror_editions
from assessments.models import ReportBatch, Subject
from assessments.report_rules import chosen_by_rule
from assessments.reports import keep
from qxportal.accounts.roles import Role
from qxportal.ledger.models import Job, JobItem, Version
from qxportal.threesixty.records.editions import EditionRecord
from tests.assessments.report_batches.batches import PDF, rows, started, work
from tests.support.mirrored_rows import assessment, browser, changed, organisation, people, subjects

pytestmark = pytest.mark.django_db(transaction=True)


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


def test_subjects_of_several_assessments_can_be_left_out(org, review, admin, client):
    other = assessment(org, "Second review")
    subjects(other, people(org, 2, start=50))
    Subject.objects.filter(assessment=other).update(status="Done")
    mine, second = rows(review).earliest("pk"), rows(other).earliest("pk")
    form = {"assessments": [review.pk, other.pk], "rule": "all", "viewers": "Subject"}
    everyone = list(Subject.objects.values_list("pk", flat=True))

    page = client.post(f"/o/{org.slug}/reports/batches/new/", form).content.decode()
    assert page.count('name="shown"') == page.count('name="subject"') == 6
    assert page.index("Second review</legend>") < page.index(f'name="shown" value="{second.pk}"')
    form |= {"shown": everyone, "subject": [pk for pk in everyone if pk not in (mine.pk, second.pk)]}
    page = client.post(f"/o/{org.slug}/reports/batches/new/", form).content.decode()
    assert "4 reports will be fetched." in " ".join(page.split())
    assert page.count('name="shown"') == 6
    client.post(f"/o/{org.slug}/reports/batches/new/", form | {"confirmed": "on"})

    batch = ReportBatch.objects.get()
    assert set(batch.files.values_list("subject", flat=True)) == set(everyone) - {mine.pk, second.pk}
    assert set(batch.files.values_list("subject__assessment", flat=True)) == {review.pk, other.pk}


def test_subjects_who_are_new_since_the_preview_are_not_left_out(org, review, admin, client):
    shown = list(rows(review).values_list("pk", flat=True))
    subjects(review, people(org, 1, start=50))
    rows(review).update(status="Done")
    form = {"assessments": [review.pk], "rule": "all", "viewers": "Subject", "shown": shown, "confirmed": "on"}

    client.post(f"/o/{org.slug}/reports/batches/new/", form)

    assert not set(ReportBatch.objects.get().files.values_list("subject", flat=True)) & set(shown)
    assert ReportBatch.objects.get().files.count() == 1


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
