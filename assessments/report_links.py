"""Personal links to kept reports: made and ended by HR, mailed by the portal, opened by the person they were mailed to.

A link belongs to a person of the directory by the vendor's id, and to the address that the person had when the link was
made: who gets the address, or the id, later opens nothing. Opening the link opens no report; the address has to be
typed, and the report is opened by a button, since mail scanners follow links and press the buttons of empty forms.
"""

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from assessments.fence import refuse_own
from assessments.gate import check_release
from assessments.models import Report, ReportLink
from assessments.receiving import SUBJECT, the_manager_of
from assessments.report_access import has_site
from assessments.reports import kept_content, named, note_report
from directory.models import Person
from qxportal.accounts.models import Member, PortalMail
from qxportal.accounts.portal_mail import Words, queue_mail
from qxportal.ledger.errors import ActionRefused
from qxportal.ui.dates import date_time

KIND = "report-link"
SALT = "assessments.report_links"
DAYS, MOST_DAYS = 30, 365
MOST_TRIES, PERIOD = 5, timedelta(minutes=15)
FOR_READERS = ("org", "person", "report__subject__person", "report__assessment")


def reader_of(report: Report) -> Person | None:
    """The reader of this version: its subject or the subject's manager; None if the directory names no such person."""
    subject = report.subject
    if report.viewer == SUBJECT:
        person = subject.person
        found = person if person is not None and person.vendor_id == report.person_key else None
    else:
        manager = the_manager_of(subject)
        found = manager if manager is not None and manager.vendor_id == report.viewer else None
    return found if found is not None and found.gone_at is None else None


def make_link(report: Report, *, days: int, by: Member, unfinished: bool, code: bool = False) -> ReportLink:
    """Create and mail a link for the version's reader; an earlier link for this version ends.

    `code`: each device needs a code from a second mail, even if the organisation does not require one.
    """
    refuse_own(by, report)
    if has_site(report.assessment):
        raise ActionRefused(_("The server has a site of its own. Release the report there."))
    check_release(report.subject, unfinished=unfinished)
    person = reader_of(report)
    if person is None:
        raise ActionRefused(_("The directory has no reader for this version."))
    if not person.email:
        raise ActionRefused(_("The directory has no e-mail address of %(person)s.") % {"person": person})
    now = timezone.now()
    with transaction.atomic():
        Report.objects.select_for_update().get(pk=report.pk)
        report.links.filter(person=person, ended_at=None).update(ended_at=now)
        link = ReportLink.objects.create(
            org=report.org,
            report=report,
            person=person,
            address_key=address_key(person.email),
            made_by=by,
            asks_code=code,
            until=now + timedelta(days=min(MOST_DAYS, max(1, days))),
        )
        queue_mail(report.org, KIND, about={"link": str(link.pk)})
        _note(link, by, "report.link-sent")
    return link


def end_link(link: ReportLink, *, by: Member) -> None:
    """End a link: it no longer opens its report."""
    refuse_own(by, link.report)
    with transaction.atomic():
        if ReportLink.objects.filter(pk=link.pk, ended_at=None).update(ended_at=timezone.now()):
            _note(link, by, "report.link-ended")


def token_of(link: ReportLink) -> str:
    """The signed token of a link, as the URL in the mail contains it."""
    return signing.dumps(str(link.pk), salt=SALT)


def link_of(token: str) -> ReportLink | None:
    """The link of a token while it opens a report; None for any other, or one that has ended."""
    try:
        key = signing.loads(token, salt=SALT)
        rows = ReportLink.objects.select_related(*FOR_READERS)
        link = rows.filter(pk=key).first()
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return link if link is not None and is_open(link) else None


def is_open(link: ReportLink) -> bool:
    """Whether a link opens its report now: the link has not expired, and its person is still the version's reader."""
    if link.ended_at is not None or link.until <= timezone.now() or link.org.archived_at is not None:
        return False
    person = reader_of(link.report)
    return person is not None and person.pk == link.person_id and _is_address(link, person.email)


def enters(link: ReportLink, typed: str) -> bool:
    """Whether the typed address is the one that the link was mailed to; wrong inputs are counted and limited.

    Raises ActionRefused after too many wrong inputs lately.
    """
    now = timezone.now()
    with transaction.atomic():
        held = ReportLink.objects.select_for_update().get(pk=link.pk)
        if held.tries_since is None or held.tries_since <= now - PERIOD:
            held.tries, held.tries_since = 0, now
        if held.tries >= MOST_TRIES:
            raise ActionRefused(_("Too many attempts. Try again in a quarter of an hour."))
        right = _is_address(held, typed)
        held.tries = held.tries if right else held.tries + 1
        held.save(update_fields=["tries", "tries_since"])
    return right


def open_link(link: ReportLink) -> bytes:
    """The stored PDF; the opening is recorded in the same transaction. Raises ActionRefused if it cannot be read."""
    with transaction.atomic():
        content = kept_content(link.report)
        ReportLink.objects.filter(pk=link.pk).update(opened_at=timezone.now(), openings=F("openings") + 1)
        _note(link, None, "report.link-opened")
    return content


def address_key(address: str) -> str:
    """The keyed hash of a mail address, which is stored in place of the address."""
    return salted_hmac(SALT, address.strip().casefold(), algorithm="sha256").hexdigest()


def write_link_mail(mail: PortalMail) -> Words | None:
    """The text of the mail with a link; None if the link has ended."""
    rows = ReportLink.objects.select_related(*FOR_READERS)
    link = rows.filter(org=mail.org, pk=str(mail.about["link"])).first()
    if link is None or not is_open(link):
        return None
    names = {"org": link.org.name, "until": f"{date_time(link.until)} ({timezone.localtime(link.until).tzname()})"}
    return Words(
        to=link.person.email,
        subject=_("A feedback report is ready for you"),
        paragraphs=(
            _("%(org)s has a feedback report for you.") % names,
            _("Open the link and type this e-mail address once. The report can be opened until %(until)s.") % names,
        ),
        link=settings.PORTAL_URL.rstrip("/") + reverse("report-link", args=[token_of(link)]),
        button=_("Go to the report"),
        small=_("The link is for you alone. Do not forward this mail."),
    )


def _is_address(link: ReportLink, address: str) -> bool:
    return bool(address.strip()) and constant_time_compare(link.address_key, address_key(address))


def _note(link: ReportLink, by: Member | None, verb: str) -> None:
    report = link.report
    note_report(link.org, report, by=by, verb=verb, words=named(report), to=link.person.vendor_id)
