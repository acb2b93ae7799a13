"""Kept reports, personal links to them, and the mails with links."""

import re
from hashlib import sha256
from typing import Any

from django.core import mail

from assessments import report_files, report_links
from assessments.models import Report, ReportLink, Subject
from assessments.report_links import make_link
from qxportal.accounts.models import Member, PortalMail
from qxportal.accounts.portal_mail import send_now
from qxportal.accounts.roles import Role
from tests.support.mirrored_rows import assessment, browser, people, subjects

CONTENT = b"%PDF-1.7 what others said"


def kept(org: Any) -> Report:
    (subject,) = subjects(assessment(org), people(org, 1), status=Subject.Status.DONE)
    return Report.objects.create(
        org=org,
        assessment=subject.assessment,
        subject=subject,
        person_key=subject.vendor_id,
        viewer="Subject",
        version=1,
        file=report_files.write_file(org.pk, CONTENT),
        size=len(CONTENT),
        sha256=sha256(CONTENT).hexdigest(),
    )


def admin(report: Report) -> Member:
    browser(report.org, Role.ADMIN)
    return Member.objects.get(org=report.org, role=Role.ADMIN)


def link(report: Report, **options: Any) -> ReportLink:
    return make_link(report, **{"days": 30, "by": admin(report), "unfinished": False, **options})


def mailed() -> str:
    """The path of the link in the queued mail."""
    send_now(PortalMail.objects.get(kind=report_links.KIND, state=PortalMail.State.QUEUED))
    found = re.search(r"https?://[^/]+(/l/\S+/)", str(mail.outbox[-1].body))
    assert found is not None
    return found[1]
