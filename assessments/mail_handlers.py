"""How changes of the brand, its mail and mailings are compared and mirrored."""

from datetime import datetime

from assessments.brand import set_values
from assessments.mail_sync import start_brand_refresh, start_mails_refresh
from assessments.models import BrandState, MessageText
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.handlers import ChangeHandler, MirroredValues, ParsedResult
from qxportal.threesixty.records.mailings import MailingRecord


def _mirrored_brand(change: Change) -> MirroredValues | None:
    row = BrandState.objects.filter(org=change.org).first()
    return MirroredValues(set_values(row.facts), row.seen_at) if row else None


def _refresh_brand(change: Change, as_of: datetime) -> None:
    start_brand_refresh(change.org)


def _refresh_mails(change: Change, as_of: datetime) -> None:
    start_mails_refresh(change.org, str(change.parameters["assessment_id"]))


def _parse_mailing(change: Change, answer: object) -> ParsedResult:
    """The mailing's id, needed to stop it."""
    return ParsedResult(answer.vendor_id if isinstance(answer, MailingRecord) else "")


def _refresh_texts(change: Change, as_of: datetime) -> None:
    """Of the assessment in which a text was written; others with the same library read it the next time."""
    start_mails_refresh(change.org, change.assessment_id or str(change.parameters["library_id"]))


def _mirrored_text(change: Change) -> MirroredValues | None:
    library = str(change.parameters["library_id"])
    there = {"org": change.org, "assessment__vendor_id": change.assessment_id or library}
    row = MessageText.objects.filter(**there, vendor_id=change.parameters["message_id"]).first()
    if row is None:
        return None
    return MirroredValues({name: row.texts.get(name[5:], "") for name in change.expected_values}, row.seen_at)


def _wanted_text(change: Change) -> dict[str, object]:
    said = change.parameters["message"]
    return {f"text_{code}": words for code, words in said.items()} if isinstance(said, dict) else {}


MAIL_HANDLERS: dict[str, ChangeHandler] = {
    "qxSetBrand": ChangeHandler(mirror=_refresh_brand, mirrored_values=_mirrored_brand),
    "qxSendTestMail": ChangeHandler(mirror=_refresh_brand),
    "qxCreateMailing": ChangeHandler(mirror=_refresh_mails, parse_result=_parse_mailing),
    "qxCancelMailing": ChangeHandler(mirror=_refresh_mails),
    "createLibraryMessage": ChangeHandler(mirror=_refresh_texts),
    "setLibraryMessage": ChangeHandler(
        mirror=_refresh_texts, mirrored_values=_mirrored_text, target_values=_wanted_text
    ),
}
