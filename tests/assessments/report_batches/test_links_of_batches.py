"""Personal links to the reports of a batch: one for each reader, by one job, with a result per file."""

import pytest

from assessments.models import BatchFile, ReportLink, Subject
from assessments.report_batches import MANAGER
from assessments.report_links import KIND
from directory.models import Person
from qxportal.accounts.models import AuditEntry, Organisation, PortalMail
from qxportal.accounts.roles import Role
from qxportal.ledger.jobs.registry import JOB_HANDLERS
from qxportal.ledger.jobs.run import run
from qxportal.ledger.models import Job, JobItem
from tests.assessments.report_batches.batches import started, work
from tests.support.mirrored_rows import browser, text

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def batch(review, admin, server):
    """Four reports for subjects and two for their manager, all fetched."""
    batch = started(review, admin, {"Subject", MANAGER})
    work(batch)
    return batch


def page_of(batch):
    return f"/o/{batch.org.slug}/reports/batches/{batch.pk}/links/"


def sent(client, batch, **options):
    """The job, after a click on the button."""
    assert client.post(page_of(batch), {"days": "14", **options}).status_code == 302
    job = Job.objects.filter(kind="send-report-links").latest("pk")
    run(job.pk, JOB_HANDLERS["send-report-links"])
    return Job.objects.get(pk=job.pk)


def items(job):
    return [(item.ok, str(item.message)) for item in JobItem.objects.filter(job=job).order_by("position")]


def test_every_reader_gets_one_link(client, batch):
    job = sent(client, batch)

    assert (job.state, job.done, job.failed) == (Job.State.DONE, 6, 0)
    assert ReportLink.objects.count() == PortalMail.objects.filter(kind=KIND).count() == 6
    assert set(ReportLink.objects.values_list("report__viewer", "person__vendor_id")) == {
        *(("Subject", one.vendor_id) for one in Subject.objects.all()),
        (Person.objects.order_by("pk")[2].vendor_id,) * 2,
    }
    assert not ReportLink.objects.filter(asks_code=True).exists()
    assert "Not opened" in text(client.get(page_of(batch)))


def test_a_second_job_mails_nobody_twice(client, batch):
    sent(client, batch)
    links = set(ReportLink.objects.values_list("pk", flat=True))
    job = sent(client, batch, code="on")

    assert (job.done, job.failed) == (6, 0)
    assert items(job) == [(True, "This reader has a link already.")] * 6
    assert set(ReportLink.objects.values_list("pk", flat=True)) == links


def test_lines_say_why_without_names(client, batch):
    first, second = Subject.objects.order_by("pk")[:2]
    Subject.objects.filter(pk=first.pk).update(status=Subject.Status.WAITING)
    Person.objects.filter(subjects=second).update(email="")
    job = sent(client, batch, code="on")

    assert (job.done, job.failed) == (3, 3)
    assert {words for ok, words in items(job) if not ok} == {
        "The subject is not done or does not meet the requirements.",
        "The directory has no e-mail address of this reader.",
    }
    assert set(ReportLink.objects.values_list("asks_code", flat=True)) == {True}
    assert sent(client, batch, unfinished="on").failed == 1


def test_one_admin_alone_sends_so_many_at_most(client, batch):
    Organisation.objects.update(release_alone=5)

    refused = client.post(page_of(batch), {"days": "14"})

    assert refused.status_code == 422
    assert "at most 5 links at once" in text(refused)
    assert not Job.objects.filter(kind="send-report-links").exists()


def test_files_fetched_after_the_start_get_no_link(client, batch):
    late = batch.files.order_by("position")[4:].values("pk")
    BatchFile.objects.filter(pk__in=late).update(state=BatchFile.State.WAITING)
    Organisation.objects.update(release_alone=4)
    assert client.post(page_of(batch), {"days": "14"}).status_code == 302
    batch.files.update(state=BatchFile.State.FETCHED)
    job = Job.objects.get(kind="send-report-links")

    run(job.pk, JOB_HANDLERS["send-report-links"])

    assert ReportLink.objects.count() == len(items(job)) == 4


@pytest.mark.parametrize("by_another", [True, False])
def test_a_waiting_job_takes_no_other_choices(client, org, batch, by_another):
    assert client.post(page_of(batch), {"days": "14"}).status_code == 302
    other = browser(org, Role.OWNER) if by_another else client

    refused = other.post(page_of(batch), {"days": "14", **({} if by_another else {"code": "on"})})

    assert refused.status_code == 422
    assert "are being sent already" in text(refused)
    assert AuditEntry.objects.filter(verb="report.links-started").count() == 1
    assert client.post(page_of(batch), {"days": "14"}).status_code == 302  # the same button pressed twice
    assert Job.objects.filter(kind="send-report-links").count() == 1


def test_nobody_sends_the_own_report_and_editors_send_none(client, org, admin, batch):
    own = Subject.objects.latest("pk")
    Person.objects.filter(subjects=own).update(email=admin.user.email)

    assert str(own) not in text(client.get(page_of(batch)))
    assert sent(client, batch).done == 5
    assert not ReportLink.objects.filter(report__subject=own).exists()
    editor = browser(org, Role.EDITOR)
    assert {editor.get(page_of(batch)).status_code, editor.post(page_of(batch), {"days": "9"}).status_code} == {403}
    assert "Personal links…" not in text(editor.get(f"/o/{org.slug}/reports/batches/{batch.pk}/"))
