"""Close handlers: functions of apps that run when a sync of a listing ends."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qxportal.accounts.models import Organisation
from qxportal.ledger.mirror.mirrored import Mirrored
from qxportal.ledger.models import ResourceSync


@dataclass(frozen=True)
class Before:
    """Earlier syncs of a listing: when the last one began, whether one was consistent, and when one ended."""

    began_at: datetime | None
    ended_at: datetime | None


# When a sync ends: the model, the organisation, the columns that all rows of the listing share, the sync before.
CloseHandler = Callable[[type[Mirrored], Organisation, Mapping[str, Any], Before], None]
# When a person's confirmation made rows gone, while the sync still has the suspected deletions that were confirmed.
GoneHandler = Callable[[type[Mirrored], ResourceSync], None]

# By name; filled in LedgerConfig.ready.
CLOSE_HANDLERS: dict[str, CloseHandler] = {}
GONE_HANDLERS: dict[str, GoneHandler] = {}
