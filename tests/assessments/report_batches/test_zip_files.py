"""The reports of a batch are downloaded as one ZIP file, with a manifest of what is in it and what is not."""

import csv
import io
import time
import zipfile

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessments.models import Report, Subject
from assessments.report_archive import NAMES, archive
from assessments.report_batches import MANAGER, files_for, in_order
from directory.models import Person
from qxportal.accounts.models import AuditEntry
from qxportal.accounts.roles import Role
from qxportal.threesixty.errors import Rejected
from tests.assessments.report_batches.batches import started, work
from tests.support.mirrored_rows import browser

pytestmark = pytest.mark.django_db(transaction=True)


def zip_of(client, org, batch, names="subject"):
    answer = client.get(f"/o/{org.slug}/reports/batches/{batch.pk}/zip/?names={names}")
    assert answer.status_code == 200
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))


def manifest(found):
    return list(csv.DictReader(io.StringIO(found.read("manifest.csv").decode("utf-8-sig"))))


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


def test_the_same_reports_give_the_same_file_at_any_time(org, review, admin, server, client, monkeypatch):
    batch = started(review, admin)
    work(batch)
    url = f"/o/{org.slug}/reports/batches/{batch.pk}/zip/?names=subject"
    first = b"".join(client.get(url).streaming_content)
    at = time.localtime(time.time() + 60)
    monkeypatch.setattr(time, "localtime", lambda *_given: at)

    assert b"".join(client.get(url).streaming_content) == first


@pytest.mark.parametrize("pattern", NAMES)
def test_each_report_takes_two_queries(review, admin, server, pattern):
    batch = started(review, admin)
    work(batch)
    list(archive(in_order(files_for(admin, batch)), by=admin, pattern=pattern))  # finds out what is about the member

    with CaptureQueriesContext(connection) as queries:
        list(archive(in_order(files_for(admin, batch)), by=admin, pattern=pattern))

    asked = [one["sql"] for one in queries if one["sql"] not in ("BEGIN", "COMMIT")]
    assert len(asked) == 3 + 2 * 4, "\n".join(asked)  # the files in three steps; each report, and a note of it


def test_reports_that_were_not_fetched_are_listed_by_few_queries(review, admin):
    batch = started(review, admin)
    list(archive(in_order(files_for(admin, batch)), by=admin, pattern="subject"))

    with CaptureQueriesContext(connection) as queries:
        parts = archive(in_order(files_for(admin, batch)), by=admin, pattern="subject")
        found = zipfile.ZipFile(io.BytesIO(b"".join(parts)))

    asked = [one["sql"] for one in queries if one["sql"] not in ("BEGIN", "COMMIT")]
    assert len(asked) == 3 + 2 * 3, "\n".join(asked)  # the files in three steps; with two of them come the subjects
    assert [line["Assessment"] for line in manifest(found)] == [review.name] * 4
    assert {line["Problem"] for line in manifest(found)} == {"The report was not fetched."}


def test_report_that_is_deleted_meanwhile_stands_in_the_manifest(review, admin, server):
    batch = started(review, admin)
    work(batch)
    files = list(in_order(files_for(admin, batch)))
    Report.objects.filter(subject=files[1].subject_id).delete()

    found = zipfile.ZipFile(io.BytesIO(b"".join(archive(files, by=admin, pattern="subject"))))

    assert [line["Problem"] for line in manifest(found)] == ["", "The report was not fetched.", "", ""]
    assert len(found.namelist()) == 4


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
