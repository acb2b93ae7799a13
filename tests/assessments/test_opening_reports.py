"""Who fetches, opens and receives reports."""

from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessments.reports import keep, release
from qxportal.accounts.models import AuditEntry, Member
from qxportal.accounts.roles import Role
from qxportal.accounts.sealing import add_key, keys
from qxportal.ledger.models import Job
from tests.mirrored_rows import assessment, browser, organisation, people, subjects

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7\nA report.\n%%EOF\n"


@pytest.fixture
def org(settings, tmp_path):
    settings.REPORTS_ROOT = tmp_path
    if not keys():
        add_key()
    return organisation()


@pytest.fixture
def subject(org):
    return subjects(assessment(org), people(org, 1))[0]


def address(report):
    return f"/o/halden/reports/{report.pk}/download/"


@pytest.mark.parametrize(
    ("role", "viewer", "code"),
    [
        (Role.ADMIN, "Admin", 200),
        (Role.EDITOR, "Admin", 403),
        (Role.EDITOR, "Subject", 200),
        (Role.AUDITOR, "Subject", 403),
        (Role.READER, "Subject", 403),
        (Role.COACH, "Subject", 403),
    ],
)
def test_the_role_decides_which_version_opens_and_openings_are_noted(org, subject, role, viewer, code):
    report, _new = keep(subject, viewer, PDF, by=None)

    answer = browser(org, role).get(address(report))

    assert answer.status_code == code
    assert (answer.content == PDF) == (code == 200)
    assert AuditEntry.objects.filter(verb="report.opened").count() == int(code == 200)


@pytest.mark.parametrize(
    ("role", "viewer", "code"),
    [
        (Role.ADMIN, "Admin", 302),
        (Role.EDITOR, "Subject", 302),
        (Role.EDITOR, "Admin", 403),
        (Role.READER, "Subject", 403),
    ],
)
def test_the_role_decides_what_is_fetched(org, subject, role, viewer, code):
    url = f"/o/halden/assessments/{subject.assessment_id}/subjects/{subject.pk}/report/"

    assert browser(org, role).post(url, {"viewer": viewer}).status_code == code
    assert Job.objects.count() == int(code == 302)


def test_a_coach_opens_what_was_released_until_it_is_withdrawn(org, subject):
    report, _new = keep(subject, "Admin", PDF, by=None)
    coach, admin = browser(org, Role.COACH), browser(org, Role.ADMIN)
    member = Member.objects.get(org=org, role=Role.COACH)

    admin.post(f"/o/halden/reports/{report.pk}/release/", {"member": member.pk, "confirmed": "on", "unfinished": "on"})

    assert "Leadership review" in coach.get("/o/halden/my-reports/").content.decode()
    assert coach.get(address(report)).content == PDF
    admin.post(f"/o/halden/releases/{member.released_reports.get().pk}/withdraw/")
    assert coach.get(address(report)).status_code == 403


def test_only_admins_release(org, subject):
    report, _new = keep(subject, "Subject", PDF, by=None)

    assert browser(org, Role.EDITOR).get(f"/o/halden/reports/{report.pk}/release/").status_code == 403


@pytest.mark.parametrize("role", [Role.READER, Role.ADMIN])
def test_queries_do_not_grow_with_reports(org, role):
    review = assessment(org)
    client = browser(org, role)
    made = subjects(review, people(org, 12))
    urls = ("/o/halden/reports/", f"/o/halden/assessments/{review.pk}/reports/")
    counts = []
    for batch in (made[:1], made[1:]):
        for subject in batch:
            keep(subject, "Subject", PDF + subject.email.encode(), by=None)
        client.get("/o/halden/")
        with CaptureQueriesContext(connection) as captured:
            for url in urls:
                assert client.get(url).status_code == 200
        counts.append(len(captured))

    assert counts[0] == counts[1]


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:-1] + b"?")])
def test_a_file_that_is_missing_or_damaged_is_said_and_mended_by_fetching_again(org, subject, spoil, settings):
    report, _new = keep(subject, "Subject", PDF, by=None)
    spoil(settings.REPORTS_ROOT / str(org.pk) / report.file)
    editor = browser(org, Role.EDITOR)

    answer = editor.get(address(report), follow=True)

    assert answer.status_code == 200
    assert "fetch the report again" in answer.content.decode()
    assert not AuditEntry.objects.filter(verb="report.opened").exists()
    kept, new = keep(subject, "Subject", PDF, by=None)
    assert (kept.pk, new) == (report.pk, False)
    assert editor.get(address(report)).content == PDF


def test_a_report_without_its_key_is_said(org, subject, settings, tmp_path):
    report, _new = keep(subject, "Subject", PDF, by=None)
    settings.KEYS = tmp_path / "lost"

    answer = browser(org, Role.ADMIN).get(address(report))

    assert answer.status_code == 302
    assert AuditEntry.objects.filter(verb="report.opened").count() == 0


def test_a_coach_who_became_a_subject_opens_no_report_of_others(org, subject):
    report, _new = keep(subject, "Admin", PDF, by=None)
    coach = browser(org, Role.COACH)
    member = Member.objects.get(role=Role.COACH)
    release(report, member, by=member)
    assert coach.get(address(report)).status_code == 200

    Member.objects.update(role=Role.SUBJECT)

    assert coach.get(address(report)).status_code == 403
    assert address(report) not in coach.get("/o/halden/my-reports/").content.decode()
