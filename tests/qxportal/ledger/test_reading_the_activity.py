"""Who changed what, when and with which outcome: filtered in the URL, and taken along as an inert file."""

import csv
import io
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from qxportal.accounts.models import AuditEntry
from qxportal.accounts.roles import Role
from qxportal.ledger.models import Change
from tests.support.mirrored_rows import assessment, browser, organisation

pytestmark = pytest.mark.django_db


@pytest.fixture
def org():
    return organisation()


def change(org, **fields):
    return Change.objects.create(
        org=org,
        target=str(uuid.uuid4()),
        expires_at=timezone.now() + timedelta(hours=1),
        **{"request": "setSubjectStatus", "title": "Set Ines Ferreira to Done", "state": "done", **fields},
    )


def titles(page):
    return [row.title for row in page.context["page"].rows]


def test_changes_are_found_by_assessment_and_period(org):
    change(org, assessment_id="TS_1", assessment_name="Leadership review", title="Close it")
    change(org, assessment_id="TS_2", assessment_name="Spring round", title="Open it")
    change(org, title="Long ago", created_at=timezone.now() - timedelta(days=40))
    reader = browser(org, Role.READER)

    assert titles(reader.get("/o/halden/changes/?assessment=TS_2")) == ["Open it"]
    assert titles(reader.get("/o/halden/changes/?since=month")) == ["Open it", "Close it"]
    assert "Leadership review" in reader.get("/o/halden/changes/").content.decode()


def test_a_request_is_told_in_words(org):
    change(org)

    page = browser(org, Role.READER).get("/o/halden/changes/").content.decode()

    assert "Mark a subject as done, or reopen it" in page


def test_the_activity_of_an_assessment_has_the_same_filters(org):
    review = assessment(org)
    change(org, assessment_id=review.vendor_id, title="Close it", state="refused")
    change(org, assessment_id=review.vendor_id, title="Open it")
    change(org, assessment_id="TS_other", title="Elsewhere", state="refused")
    reader = browser(org, Role.READER)

    assert titles(reader.get(f"/o/halden/assessments/{review.pk}/activity/?state=refused")) == ["Close it"]


def test_the_file_holds_what_the_filters_let_through_and_is_noted(org):
    change(
        org,
        title='=HYPERLINK("http://evil.example")',
        made_by_name="Rosa Keller",
        state="refused",
        vendor_code="ESRV35",
    )
    change(org, title="Open it")
    auditor = browser(org, Role.AUDITOR)

    answer: Any = auditor.get("/o/halden/changes/export/?state=refused")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    [row] = csv.DictReader(io.StringIO(text))

    assert row["Change"].startswith("'=HYPERLINK")
    assert (row["By"], row["State"], row["Error code"]) == ("Rosa Keller", "Not done", "ESRV35")
    assert answer["Content-Disposition"].startswith('attachment; filename="Changes - Halden Optics - ')
    entry = AuditEntry.objects.get(verb="changes.exported")
    assert (entry.words, entry.details) == ("State: Not done", {"rows": 1})
    assert browser(org, Role.READER).get("/o/halden/changes/export/").status_code == 403
