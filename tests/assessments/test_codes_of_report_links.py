"""Codes for personal links: by a second mail, for one device, once, within ten minutes and few tries."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from assessments import report_codes
from assessments.models import Report, ReportCode, ReportLink
from assessments.report_codes import DAY, LASTS, MOST_A_DAY, MOST_ASKED, MOST_TRIES, PERIOD
from qxportal.accounts.models import Member, Organisation, PortalMail
from qxportal.accounts.portal_mail import send_now
from qxportal.accounts.roles import Role
from qxportal.security.key_ring import add_key
from tests.assessments.links_to_reports import CONTENT, kept, link, mailed
from tests.support.mirrored_rows import browser, organisation, text

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def report(settings: Any, tmp_path: Path) -> Report:
    """A kept version for the subject, who is done."""
    settings.KEYS, settings.REPORTS_ROOT = tmp_path / "keys", tmp_path / "reports"
    add_key()
    return kept(organisation())


def code() -> str:
    """The code in the mail that is queued last."""
    sent = send_now(PortalMail.objects.filter(kind=report_codes.KIND, state=PortalMail.State.QUEUED).latest("pk"))
    assert sent.state == PortalMail.State.SENT
    found = re.search(r"\b(\d{3}) (\d{3})\b", str(mail.outbox[-1].body))
    assert found is not None
    return found[1] + found[2]


def wrong(right: str) -> str:
    return f"{(int(right) + 1) % 1_000_000:06}"


def fetched(client: Client) -> int:
    return client.post("/report/pdf/").status_code


def asked(report: Report, path: str) -> Client:
    """A device on which the link was followed and the address typed."""
    client = Client()
    client.get(path)
    assert report.subject.person is not None
    assert client.post("/report/", {"address": report.subject.person.email}).status_code == 302
    return client


@pytest.mark.parametrize("by", ["link", "organisation"])
def test_code_of_the_second_mail_opens_the_report(report: Report, by: str):
    link(report, code=by == "link")
    Organisation.objects.update(report_codes=by == "organisation")
    client = asked(report, mailed())
    assert 'name="code"' in client.get("/report/").content.decode()
    assert fetched(client) == 410
    right = code()
    assert report.subject.person is not None
    assert mail.outbox[-1].to == [report.subject.person.email]
    assert str(report.subject) not in str(mail.outbox[-1].body)

    assert client.post("/report/", {"code": f" {right[:3]} {right[3:]} "}).status_code == 302
    assert "Open the report" in text(client.get("/report/"))
    assert client.post("/report/pdf/").content == CONTENT


def test_codes_are_stored_as_hashes_only(report: Report):
    link(report, code=True)
    asked(report, mailed())
    right = code()

    [row] = ReportCode.objects.values_list("code_key", "device")
    assert all(re.fullmatch("[0-9a-f]{64}", each) for each in row)
    assert right not in str(PortalMail.objects.get(kind=report_codes.KIND).about)


def test_scanner_gets_no_code_and_opens_nothing(report: Report):
    link(report, code=True)
    path, scanner = mailed(), Client()

    for _visit in range(2):
        scanner.get(path)
        for body in ({"address": ""}, {"code": ""}, {"code": "123456"}, {"again": "1"}):
            assert scanner.post("/report/", body).status_code == 200
        assert fetched(scanner) == 410

    assert not ReportCode.objects.exists()
    assert not PortalMail.objects.filter(kind=report_codes.KIND).exists()


def test_empty_forms_on_a_device_use_no_try_and_open_nothing(report: Report):
    link(report, code=True)
    client = asked(report, mailed())

    assert client.post("/report/", {"code": " "}).status_code == 200
    assert ReportCode.objects.get().tries == 0
    assert fetched(client) == 410


def test_code_is_used_once_and_on_its_device_only(report: Report):
    link(report, code=True)
    path = mailed()
    first, second, copied = asked(report, path), asked(report, path), Client()
    right = code()  # of the second device
    copied.get(path)
    copied.cookies["report-code"] = second.cookies["report-code"].value

    assert first.post("/report/", {"code": right}).status_code == 422
    assert second.post("/report/", {"code": right}).status_code == 302
    assert copied.post("/report/", {"code": right}).status_code == 422
    assert (fetched(first), fetched(copied), fetched(second)) == (410, 410, 200)


@pytest.mark.parametrize("end", ["late", "tries", "another"])
def test_code_ends(report: Report, end: str):
    link(report, code=True)
    client = asked(report, mailed())
    right = code()

    if end == "late":
        ReportCode.objects.update(until=timezone.now())
    elif end == "tries":
        for _try in range(MOST_TRIES):
            assert "This is not the code" in text(client.post("/report/", {"code": wrong(right)}))
    else:
        assert "A new code is being mailed" in text(client.post("/report/", {"again": "1"}))
    answer = client.post("/report/", {"code": right})

    assert answer.status_code == 422
    assert ("This is not the code" if end == "another" else "can no longer be used") in text(answer)
    assert fetched(client) == 410


def test_codes_of_a_link_are_throttled(report: Report):
    link(report, code=True)
    client = asked(report, mailed())

    for _more in range(MOST_ASKED - 1):
        assert client.post("/report/", {"again": "1"}).status_code == 200
    refused = client.post("/report/", {"again": "1"})

    assert refused.status_code == 422
    assert "Too many codes" in text(refused)
    assert ReportCode.objects.count() == MOST_ASKED
    ReportCode.objects.update(asked_at=timezone.now() - PERIOD - timedelta(seconds=1))
    for _more in range(MOST_A_DAY - MOST_ASKED):
        assert client.post("/report/", {"again": "1"}).status_code == 200
    ReportCode.objects.update(asked_at=timezone.now() - PERIOD - timedelta(seconds=1))
    assert "Try again tomorrow" in text(client.post("/report/", {"again": "1"}))
    assert ReportCode.objects.count() == MOST_A_DAY
    ReportCode.objects.update(asked_at=timezone.now() - DAY)
    assert client.post("/report/", {"again": "1"}).status_code == 200
    assert ReportCode.objects.count() == 1


def test_late_mail_with_a_code_is_not_sent(report: Report):
    made = link(report, code=True)
    asked(report, mailed())
    queued = PortalMail.objects.get(kind=report_codes.KIND)
    row = ReportCode.objects.get()

    assert timedelta(0) < row.until - row.asked_at <= LASTS
    ReportLink.objects.filter(pk=made.pk).update(ended_at=timezone.now())
    assert send_now(queued).state == PortalMail.State.CANCELLED
    assert not ReportCode.objects.get().code_key


def test_devices_without_code_are_asked_once_the_organisation_does(report: Report):
    link(report)
    client = asked(report, mailed())
    assert fetched(client) == 200

    Organisation.objects.update(report_codes=True)

    assert fetched(client) == 410
    assert 'name="address"' in client.get("/report/").content.decode()


def test_admins_ask_for_codes_on_the_page(report: Report):
    client, page = browser(report.org, Role.ADMIN), f"/o/halden/reports/{report.pk}/links/"
    assert client.post(page, {"days": "14", "code": "on"}).status_code == 302

    assert ReportLink.objects.get().asks_code
    assert "with a code by mail" in text(client.get(page))


def test_admins_let_the_organisation_always_ask(report: Report):
    client = browser(report.org, Role.ADMIN)
    org: Any = report.org
    form: Any = client.get("/o/halden/settings/").context["form"]
    sent = {name: value for name, value in form.initial.items() if value not in (None, False)}
    assert client.post("/o/halden/settings/", {**sent, "report_codes": "on"}).status_code == 302

    org.refresh_from_db()
    assert org.report_codes
    assert 'name="code"' not in client.get(f"/o/halden/reports/{report.pk}/links/").content.decode()
    assert Member.objects.filter(org=org).count() == 1
