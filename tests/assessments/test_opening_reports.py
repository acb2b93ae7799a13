"""Who fetches, opens and receives reports."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessments.reports import keep
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

    admin.post(f"/o/halden/reports/{report.pk}/release/", {"member": member.pk})

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
