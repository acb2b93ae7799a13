"""Change handler for the earlier round of reports: verifies and refreshes the comparison."""

from datetime import datetime

from assessments.earlier_rounds import seen
from assessments.models import Thresholds
from assessments.sync import start_refresh
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.handlers import ChangeHandler, MirroredValues
from qxportal.ledger.outbox.serialize import parameters_of


def _mirrored(change: Change) -> MirroredValues | None:
    row = Thresholds.objects.filter(org=change.org, assessment__vendor_id=change.assessment_id).first()
    return MirroredValues(seen(change.org, row.comparison), row.seen_at) if row else None


def _wanted(change: Change) -> dict[str, object]:
    return seen(change.org, parameters_of(change))


def _mirror(change: Change, as_of: datetime) -> None:
    start_refresh(change.org, change.assessment_id)


EARLIER_ROUND_HANDLERS: dict[str, ChangeHandler] = {
    "qxSetComparison": ChangeHandler(mirror=_mirror, mirrored_values=_mirrored, target_values=_wanted)
}
