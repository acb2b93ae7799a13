"""How changes of the brand and its mail are compared and mirrored."""

from datetime import datetime

from assessments.brand import set_values
from assessments.mail_sync import start_brand_refresh
from assessments.models import BrandState
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.handlers import ChangeHandler, MirroredValues


def _mirrored_brand(change: Change) -> MirroredValues | None:
    row = BrandState.objects.filter(org=change.org).first()
    return MirroredValues(set_values(row.facts), row.seen_at) if row else None


def _refresh_brand(change: Change, as_of: datetime) -> None:
    start_brand_refresh(change.org)


MAIL_HANDLERS: dict[str, ChangeHandler] = {
    "qxSetBrand": ChangeHandler(mirror=_refresh_brand, mirrored_values=_mirrored_brand),
    "qxSendTestMail": ChangeHandler(mirror=_refresh_brand),
}
