"""Codes for personal links: six digits in a second mail to the same address, for one device and one use.

Requested with the right address --> mailed, where it is generated --> typed on the same device within ten minutes

A person who was forwarded the first mail knows the link and its address; the code reaches only the mailbox.
"""

import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from assessments.models import ReportCode, ReportLink
from assessments.report_links import FOR_READERS, is_open
from qxportal.accounts.models import PortalMail
from qxportal.accounts.portal_mail import Words, queue_mail
from qxportal.ledger.errors import ActionRefused

KIND = "report-code"
SALT = "assessments.report_codes"
DIGITS = 6
LASTS = timedelta(minutes=10)
MOST_TRIES = 5  # of one code
MOST_ASKED, PERIOD = 5, timedelta(hours=1)  # codes of one link
MOST_A_DAY, DAY = 10, timedelta(days=1)  # so that no code is guessed while a link lasts


def asks_code(link: ReportLink) -> bool:
    """Whether a device needs a code besides the address."""
    return link.asks_code or link.org.report_codes


def ask_code(link: ReportLink, device: str) -> None:
    """Mail a code for this device; an earlier one for it ends. Raises ActionRefused after too many for the link."""
    now = timezone.now()
    with transaction.atomic():
        ReportLink.objects.select_for_update().get(pk=link.pk)
        link.codes.filter(asked_at__lte=now - DAY).delete()
        if link.codes.count() >= MOST_A_DAY:
            raise ActionRefused(_("Too many codes were sent for this link. Try again tomorrow."))
        if link.codes.filter(asked_at__gt=now - PERIOD).count() >= MOST_ASKED:
            raise ActionRefused(_("Too many codes were sent for this link. Try again in an hour."))
        link.codes.filter(device=_key(device), ended_at=None).update(ended_at=now)
        asked = ReportCode.objects.create(org=link.org, link=link, device=_key(device), until=now + LASTS)
        queue_mail(link.org, KIND, about={"code": str(asked.pk)})


def takes_code(link: ReportLink, device: str, typed: str) -> bool:
    """Whether the input is the device's code, which is then used up; wrong inputs are counted.

    Raises ActionRefused if the device has no valid code.
    """
    now = timezone.now()
    with transaction.atomic():
        held = link.codes.select_for_update().filter(device=_key(device), ended_at=None, until__gt=now).first()
        if held is None or held.tries >= MOST_TRIES:
            raise ActionRefused(_("This code can no longer be used. Ask for a new one."))
        digits = "".join(typed.split())
        right = bool(held.code_key) and constant_time_compare(held.code_key, _code_key(held, digits))
        if right:
            held.ended_at = now
        else:
            held.tries += 1
        held.save(update_fields=["tries", "ended_at"])
    return right


def write_code_mail(mail: PortalMail) -> Words | None:
    """The mail with a code, drawn now; None if the code ended, or its link."""
    rows = ReportCode.objects.filter(org=mail.org, pk=str(mail.about["code"]), ended_at=None, until__gt=timezone.now())
    asked = rows.select_related(*(f"link__{name}" for name in FOR_READERS)).first()
    if asked is None or not is_open(asked.link):
        return None
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    asked.code_key = _code_key(asked, code)
    asked.save(update_fields=["code_key"])
    return Words(
        to=asked.link.person.email,
        subject=_("Your code for the feedback report"),
        paragraphs=(
            _("Type this code on the page where you asked for it:"),
            f"{code[:3]} {code[3:]}",
            _("It can be used once, within ten minutes after you asked for it."),
        ),
        small=_("If you did not ask for a code, another person may have your link. Tell the sender of the link."),
    )


def _code_key(asked: ReportCode, digits: str) -> str:
    return salted_hmac(SALT, f"{asked.pk}:{digits}", algorithm="sha256").hexdigest()


def _key(device: str) -> str:
    return salted_hmac(SALT, f"device:{device}", algorithm="sha256").hexdigest()
