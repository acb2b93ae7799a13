"""Personal links to kept reports: mailed to the reader of a report, and opened by this reader only."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from assessments import report_files, report_links
from assessments.models import Report, ReportLink, Subject
from assessments.report_links import make_link, token_of
from qxportal.accounts.models import AuditEntry, Member, PortalMail
from qxportal.accounts.portal_mail import send_now
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import ResourceSync
from qxportal.redaction import redacted
from qxportal.security.key_ring import add_key
from tests.assessments.links_to_reports import CONTENT, admin, kept, link, mailed
from tests.support.mirrored_rows import browser, organisation, people, text

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def report(settings: Any, tmp_path: Path) -> Report:
    """A kept version for the subject, who is done."""
    settings.KEYS, settings.REPORTS_ROOT = tmp_path / "keys", tmp_path / "reports"
    add_key()
    return kept(organisation())


def entered(path: str, address: str) -> Client:
    client = Client()
    client.get(path)
    client.post("/report/", {"address": address})
    return client


def fetched(client: Client) -> int:
    return client.post("/report/pdf/").status_code


def test_reader_opens_the_report_with_link_address_and_button(report):
    link(report)
    client, address = Client(), report.subject.person.email

    opened = client.get(mailed())

    assert (opened.status_code, opened["Location"]) == (302, "/report/")
    assert mail.outbox[-1].to == [address]
    page = client.get("/report/")
    assert 'name="address"' in page.content.decode()
    assert str(report.subject) not in page.content.decode() + str(mail.outbox[-1].body)
    assert fetched(client) == 410
    assert client.post("/report/", {"address": f"  {address.upper()} "}).status_code == 302
    assert "Open the report" in text(client.get("/report/"))
    assert not ReportLink.objects.get().openings

    file = client.post("/report/pdf/")

    assert (file.content, file["Content-Type"], file["Cache-Control"]) == (
        CONTENT,
        "application/pdf",
        "no-store, private",
    )
    row = ReportLink.objects.get()
    assert row.openings == 1
    assert row.opened_at is not None
    assert AuditEntry.objects.get(verb="report.link-opened").details["to"] == report.person_key


def test_scanner_that_follows_the_link_and_presses_the_button_opens_nothing(report):
    link(report)
    path, scanner = mailed(), Client()

    for _visit in range(3):
        assert scanner.head(path).status_code == scanner.get(path).status_code == 302
        assert scanner.head("/report/").status_code == 200
        assert scanner.post("/report/", {"address": ""}).status_code == 200
        assert (fetched(scanner), scanner.get("/report/pdf/").status_code) == (410, 405)

    row = ReportLink.objects.get()
    assert (row.openings, row.opened_at, row.tries) == (0, None, 0)
    assert not AuditEntry.objects.filter(verb="report.link-opened").exists()
    assert fetched(entered(path, report.subject.person.email)) == 200


def test_another_address_is_refused_and_tries_are_limited(report):
    link(report)
    path, client = mailed(), Client()
    client.get(path)

    for _try in range(report_links.MOST_TRIES):
        assert client.post("/report/", {"address": "else@halden.example"}).status_code == 422
    refused = client.post("/report/", {"address": report.subject.person.email})

    assert "Too many attempts" in text(refused)
    assert fetched(client) == 410
    ReportLink.objects.update(tries_since=timezone.now() - report_links.PERIOD)
    assert fetched(entered(path, report.subject.person.email)) == 200


@pytest.mark.parametrize("change", ["ended", "expired", "archived", "left", "address", "another"])
def test_ended_link_also_stops_on_remembered_devices(report, change):
    made = link(report)
    path, person = mailed(), report.subject.person
    client = entered(path, person.email)
    assert "Open the report" in text(client.get("/report/"))

    if change == "ended":
        report_links.end_link(made, by=Member.objects.get(org=report.org))
    elif change == "expired":
        ReportLink.objects.update(until=timezone.now())
    elif change == "archived":
        type(report.org).objects.update(archived_at=timezone.now())
    elif change == "left":
        type(person).objects.filter(pk=person.pk).update(gone_at=timezone.now())
    elif change == "address":
        type(person).objects.filter(pk=person.pk).update(email="new@halden.example")
    else:
        Report.objects.update(person_key="P_else")

    assert (client.get("/report/").status_code, fetched(client)) == (410, 410)
    assert entered(path, person.email).get("/report/").status_code == 410
    assert not ReportLink.objects.get().openings


def test_namesake_with_the_freed_address_opens_nothing(report):
    link(report)
    path, person = mailed(), report.subject.person
    freed = person.email
    type(person).objects.filter(pk=person.pk).update(email="moved@halden.example")
    (_same, other) = people(report.org, 3, start=1)[:2]
    type(person).objects.filter(pk=other.pk).update(email=freed)

    client = entered(path, freed)

    assert client.get("/report/").status_code == 410
    assert fetched(client) == 410


def test_newer_link_ends_the_older_one_and_ended_ones_are_not_mailed(report):
    by = admin(report)
    first = make_link(report, days=30, by=by, unfinished=False)
    second = make_link(report, days=30, by=by, unfinished=False)

    assert report_links.link_of(token_of(first)) is None
    assert report_links.link_of(token_of(second)) == second
    old, new = PortalMail.objects.order_by("pk")
    assert (send_now(old).state, send_now(new).state) == (PortalMail.State.CANCELLED, PortalMail.State.SENT)
    with pytest.raises(IntegrityError), transaction.atomic():
        ReportLink.objects.filter(pk=first.pk).update(ended_at=None)


def test_forged_and_cut_links_open_nothing(report):
    token = token_of(link(report))

    for wrong in (token[:-1], f"{token}x", token.replace(":", ".", 1), "x", ":::", "é"):
        client = Client()
        client.get(f"/l/{wrong}/")
        assert client.get("/report/").status_code == 410
    assert Client().get("/report/").status_code == 410


def test_ended_link_does_not_show_an_earlier_report(report):
    made = link(report)
    send_now(PortalMail.objects.get(kind=report_links.KIND))
    make_link(report, days=3, by=Member.objects.get(org=report.org), unfinished=False)
    client = entered(mailed(), report.subject.person.email)
    assert "Open the report" in text(client.get("/report/"))

    for other in (token_of(made), "é"):  # the newer link ended the older one
        client.get(f"/l/{other}/")
        assert client.get("/report/").status_code == 410


def test_people_with_open_links_are_among_those_who_can_see_reports(report):
    client, page = browser(report.org, Role.ADMIN), "/o/halden/reports/who/"
    by, line = Member.objects.get(org=report.org), f"{report.subject.person} 1"
    made = make_link(report, days=3, by=by, unfinished=False)

    assert line in text(client.get(page))

    report_links.end_link(made, by=by)
    assert line not in text(client.get(page))


def test_damaged_file_is_said_and_not_counted(report):
    link(report)
    client = entered(mailed(), report.subject.person.email)
    report_files.path_of(report.org_id, report.file).unlink()

    assert fetched(client) == 409
    assert not ReportLink.objects.get().openings


def test_links_of_two_organisations_stay_apart(report):
    theirs = kept(organisation("rival", "Rival"))
    assert theirs.subject.person is not None
    link(report)
    path = mailed()
    link(theirs)

    assert "Rival" not in text(entered(path, theirs.subject.person.email).get("/report/"))
    assert fetched(entered(path, theirs.subject.person.email)) == 410
    own = browser(theirs.org, Role.OWNER)
    row = ReportLink.objects.get(org=report.org)
    assert own.post(f"/o/rival/reports/{report.pk}/links/{row.pk}/end/").status_code == 404
    assert own.post(f"/o/rival/reports/{theirs.pk}/links/{row.pk}/end/").status_code == 404
    assert ReportLink.objects.get(pk=row.pk).ended_at is None


def test_admins_send_and_end_links_on_the_page(report):
    client, page = browser(report.org, Role.ADMIN), f"/o/halden/reports/{report.pk}/links/"

    assert client.post(page, {"days": "0"}).status_code == 422
    assert client.post(page, {"days": "14"}).status_code == 302

    row = ReportLink.objects.get()
    assert timedelta(days=13) < row.until - timezone.now() <= timedelta(days=14)
    assert "Not opened" in text(client.get(page))
    assert client.post(f"{page}{row.pk}/end/").status_code == 302
    assert "Ended" in text(client.get(page))
    assert browser(report.org, Role.EDITOR).post(page, {"days": "14"}).status_code == 403


def test_link_to_report_needs_confirmation_if_subject_not_done(report):
    Subject.objects.update(status=Subject.Status.WAITING)
    client, page = browser(report.org, Role.ADMIN), f"/o/halden/reports/{report.pk}/links/"

    assert client.post(page, {"days": "14"}).status_code == 422
    assert client.post(page, {"days": "14", "unfinished": "on"}).status_code == 302


def test_versions_for_administrators_and_servers_with_a_site_get_none(report):
    Report.objects.update(viewer="Admin")
    report.refresh_from_db()
    with pytest.raises(ActionRefused, match="has no reader for this version"):
        link(report)

    Report.objects.update(viewer="Subject")
    report.refresh_from_db()
    resource = f"report-access:{report.assessment.vendor_id}"
    ResourceSync.objects.create(org=report.org, resource=resource)
    with pytest.raises(ActionRefused, match="site of its own"):
        make_link(report, days=3, by=Member.objects.get(org=report.org), unfinished=False)


def test_logs_hold_no_link(report):
    path = f"/l/{token_of(link(report))}/"

    assert redacted(f"GET {path}") == "GET /l/…/"
