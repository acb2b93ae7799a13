"""Pulling the surveys into the mirror."""

from collections.abc import Callable
from datetime import datetime

from qxportal.accounts.models import Organisation
from qxportal.ledger.mirror.fetch import OneCall, listed_again
from qxportal.ledger.mirror.sync_runs import complete_sync
from qxportal.ledger.models import ResourceSync
from qxportal.threesixty.calls.surveys import GetSurveys
from qxportal.threesixty.client.pool import ClientPool
from qxportal.threesixty.records import SurveyRecord
from surveys.mirror import mirror_surveys
from surveys.models import Survey


def surveys_fetch(
    org: Organisation, pool: ClientPool, tell: Callable[[ResourceSync], None]
) -> OneCall[tuple[SurveyRecord, ...]]:
    """The listing of surveys; `tell` hears how it went."""
    call = GetSurveys()

    def mirror(records: tuple[SurveyRecord, ...], as_of: datetime) -> None:
        merged = mirror_surveys(org, records, as_of=as_of)
        again = listed_again(pool, call, lambda listed: mirror_surveys(org, listed, as_of=as_of), merged)
        tell(complete_sync(Survey, org, "surveys", merged, as_of=as_of, confirm=again))

    return OneCall(call, mirror)
