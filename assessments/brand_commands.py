"""Commands on the brand: appearance and texts, test mails, and switching mail on or off."""

import uuid
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext as _

from assessments.brand import MINIMUMS, logo_of, set_values
from assessments.job_kinds import SYNC_BRAND
from assessments.models import BrandState
from assessments.thresholds import Minimums
from qxportal.accounts.models import Member, Organisation
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.jobs.run import start
from qxportal.ledger.models import Change, Job
from qxportal.ledger.outbox.intents import Intent, marked
from qxportal.ledger.outbox.noted import record_and_note
from qxportal.ledger.outbox.record import recorded
from qxportal.threesixty.calls.base import Call
from qxportal.threesixty.calls.mailings import SendTestMail, SetBrand
from qxportal.ui.stored_messages import Message, gettext_stored

CLEARED = {
    "color": "Color",
    "footer": "Footer",
    "from_name": "FromName",
    "reply_to": "ReplyTo",
    "report_confidential": "ReportConfidential",
    "report_cover": "ReportCover",
}


def refresh_brand(org: Organisation, *, by: Member) -> Job:
    """Ask the server for the brand now."""
    return start(org, SYNC_BRAND, by=by)


def set_brand(org: Organisation, *, by: Member, values: Mapping[str, Any], intent: uuid.UUID | None = None) -> Change:
    """Change the brand's appearance and texts (qxSetBrand); sends only differences."""
    before = _known(org)
    changed = {name: value for name, value in values.items() if value != before.get(name)}
    if not changed and not recorded(org, intent):
        raise ActionRefused(_("Nothing was changed."))
    clear = tuple(CLEARED[name] for name, value in changed.items() if not value and name in CLEARED)
    given = {name: value for name, value in changed.items() if value}
    call = SetBrand(**given, clear=clear or None)
    expected = {name: before.get(name) for name in given}
    return _record(org, call, "brand", gettext_stored("Change the brand"), by, intent, expected, "brand.changed")


def set_minimums(org: Organisation, *, by: Member, wanted: Minimums, intent: uuid.UUID | None = None) -> Change:
    """Change the minimum numbers of answers in reports (qxSetBrand); sends all three, since each bounds the others."""
    before = {name: value for name, value in _known(org).items() if name in MINIMUMS}
    call = SetBrand(min_group=wanted.min_group, min_comments=wanted.min_comments, min_spread=wanted.min_spread)
    if asdict(wanted) == before and not recorded(org, intent):
        raise ActionRefused(_("Nothing was changed."))
    title = gettext_stored("Change how many answers reports need")
    return _record(org, call, "brand", title, by, intent, before, "brand.minimums-changed")


def set_logo(org: Organisation, *, by: Member, file: bytes, intent: uuid.UUID | None = None) -> Change:
    """Show a logo in place of the brand's name (qxSetBrand)."""
    _known(org)
    title = gettext_stored("Change the logo")
    return _record(org, SetBrand(logo=file), "brand", title, by, intent, {}, "brand.logo-changed")


def remove_logo(org: Organisation, *, by: Member, intent: uuid.UUID | None = None) -> Change:
    """Show the brand's name again (qxSetBrand)."""
    _known(org)
    if not logo_of(org) and not recorded(org, intent):
        raise ActionRefused(_("There is no logo to remove."))
    title = gettext_stored("Remove the logo")
    return _record(org, SetBrand(clear=("LogoID",)), "brand", title, by, intent, {}, "brand.logo-removed")


def set_raw_answers(org: Organisation, *, by: Member, on: bool, intent: uuid.UUID | None = None) -> Change:
    """Switch the notice on or off that tells evaluators of exports with names (qxSetBrand)."""
    title = (
        gettext_stored("Tell evaluators that answers can be exported with names")
        if on
        else gettext_stored("Stop telling evaluators that answers can be exported with names")
    )
    return _record(org, SetBrand(raw_answers=on), "brand", title, by, intent, {}, "brand.changed")


def send_test_mail(org: Organisation, *, by: Member, address: str, intent: uuid.UUID | None = None) -> Change:
    """Have the server send a test mail with a code (qxSendTestMail)."""
    title = gettext_stored("Send a test mail to %(address)s", address=address)
    return _record(org, SendTestMail(address=address), "test-mail", title, by, intent, {}, "mail.tested")


def turn_mail_on(org: Organisation, *, by: Member, code: str, intent: uuid.UUID | None = None) -> Change:
    """Turn mail on with the code of a test mail (qxSetBrand)."""
    _refuse_mode(org, "on", intent)
    call = SetBrand(mail="on", test_code=code)
    return _switch(org, call, gettext_stored("Turn mail on"), by, intent, "mail.turned-on")


def redirect_mail(org: Organisation, *, by: Member, code: str, intent: uuid.UUID | None = None) -> Change:
    """Let the server send all mail to the address of the latest test mail (qxSetBrand)."""
    _refuse_mode(org, "test", intent)
    call = SetBrand(mail="test", test_code=code or None)
    return _switch(org, call, gettext_stored("Send all mail to the test address"), by, intent, "mail.redirected")


def turn_mail_off(org: Organisation, *, by: Member, intent: uuid.UUID | None = None) -> Change:
    """Turn mail off (qxSetBrand)."""
    _refuse_mode(org, "off", intent)
    return _switch(org, SetBrand(mail="off"), gettext_stored("Turn mail off"), by, intent, "mail.turned-off")


def _known(org: Organisation) -> dict[str, Any]:
    row = BrandState.objects.filter(org=org).first()
    if row is None:
        raise ActionRefused(_("The brand is not known. Refresh and try again."))
    return set_values(row.facts)


def _refuse_mode(org: Organisation, mode: str, intent: uuid.UUID | None) -> None:
    if _known(org)["mail"] != mode or recorded(org, intent):
        return
    match mode:
        case "on":
            raise ActionRefused(_("Mail is already on."))
        case "off":
            raise ActionRefused(_("Mail is already off."))
    raise ActionRefused(_("All mail already goes to the test address."))


def _switch(
    org: Organisation, call: SetBrand, title: Message, by: Member, intent: uuid.UUID | None, verb: str
) -> Change:
    expected = {"mail": _known(org)["mail"]}
    return _record(org, call, "brand", title, by, intent, expected, verb)


def _record(
    org: Organisation,
    call: Call[Any],
    target: str,
    title: Message,
    by: Member,
    intent: uuid.UUID | None,
    expected_values: dict[str, Any],
    verb: str,
) -> Change:
    intent = intent or uuid.uuid4()
    wanted = Intent(id=intent, call=marked(call, intent), target=target, title=title, expected_values=expected_values)
    return record_and_note(org, wanted, by=by, verb=verb)
