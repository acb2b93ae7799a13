"""Close handlers: functions of apps that run when a listing has been read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qxportal.accounts.models import Organisation
from qxportal.ledger.mirror.mirrored import Mirrored
from qxportal.ledger.models import ResourceSync


@dataclass(frozen=True)
class Before:
    """The reading of a listing before this one: when it began, if one was consistent, and when one ended."""

    began_at: datetime | None
    ended_at: datetime | None


# When a reading ends: the model, the organisation, the columns that all rows of the listing share, the reading before.
CloseHandler = Callable[[type[Mirrored], Organisation, Mapping[str, Any], Before], None]
# When a person's confirmation made rows gone, while the sync still has the suspected deletions that were confirmed.
GoneHandler = Callable[[type[Mirrored], ResourceSync], None]

# By name, as LedgerConfig.ready enters them.
CLOSE_HANDLERS: dict[str, CloseHandler] = {}
GONE_HANDLERS: dict[str, GoneHandler] = {}
