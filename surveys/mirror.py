"""The only writer of the mirrored surveys."""

from collections.abc import Iterable
from datetime import datetime

from qxportal.accounts.models import Organisation
from qxportal.ledger.mirror.merge import Merged, merge
from qxportal.ledger.mirror.rows import MirrorRow
from qxportal.threesixty.records import SurveyRecord
from surveys.models import Survey


def mirror_surveys(org: Organisation, records: Iterable[SurveyRecord], *, as_of: datetime) -> Merged:
    """Merge the listing of surveys (getSurveys)."""
    rows = (
        MirrorRow(
            record.vendor_id, {"name": record.name, "status": record.status, "owner_id": record.owner_id}, record.raw
        )
        for record in records
    )
    return merge(Survey, org, rows, as_of=as_of)
