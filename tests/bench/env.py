"""What a measurement stands on: a database and a broker of its own, and a directory of any size to read."""

import secrets
from collections import deque
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from django.conf import settings

from directory.sync import BATCHES_ASIDE, PersonsFetch
from qxportal.accounts.credentials import save_credential
from qxportal.accounts.models import Organisation
from qxportal.ledger.mirror.executor import DatabaseExecutor
from qxportal.ledger.models import ResourceSync
from qxportal.security.key_ring import add_key, keys
from qxportal.threesixty.calls.base import Call
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.client.pool import CallBudget, ClientPool
from tests.bench.listing import ListingFile
from tests.bench.runs import CALM


@dataclass(frozen=True)
class Env:
    """One child of the bench; nothing is shared with others."""

    persons: int
    var: Path

    @property
    def tiny(self) -> bool:
        """Whether this run is only to see that it works."""
        return self.persons < CALM

    @property
    def tries(self) -> int:
        """How often something is measured; the best counts."""
        return 1 if self.tiny else 3

    @property
    def assessments(self) -> int:
        """How many assessments the vendor has; each costs four calls."""
        return 5 if self.tiny else 200

    @property
    def delay(self) -> float:
        """How long the vendor takes for an answer, in seconds."""
        return 0.02 if self.tiny else 0.2

    @property
    def size(self) -> str:
        """The number of persons as it is told."""
        return f"{self.persons:,}"

    @cached_property
    def listing(self) -> ListingFile:
        """The directory as a vendor lists it."""
        return ListingFile.write(self.var / "persons.json", self.persons)

    @cached_property
    def org(self) -> Organisation:
        """An organisation with nobody in it."""
        return Organisation.objects.create(name="Marlstone Instruments", slug="marlstone")

    def connect(self, url: str) -> None:
        """Point the organisation at a vendor on this machine."""
        if not keys():
            add_key()
        save_credential(
            self.org,
            by=None,
            host=url,
            api_user="ines.vogel@marlstone.example#marlstone",
            version="2.5",
            token=secrets.token_urlsafe(30),
        )

    def read(self, listing: ListingFile) -> ResourceSync:
        """Mirror a listing as a sync does, but for the network: from the bodies of the answers to a closed reading."""
        syncs: list[ResourceSync] = []
        near = cast(ThreeSixty, Near(listing))
        with (
            ClientPool(near, size=settings.CALLS_AT_ONCE, budget=CallBudget(10**6)) as pool,
            DatabaseExecutor(BATCHES_ASIDE) as executor,
        ):
            pool.read(deque([PersonsFetch(self.org, pool, executor, syncs.append)]))
        return syncs[0]


@dataclass(frozen=True)
class Near:
    """A client without a network: it reads the answers that the vendor would have sent."""

    listing: ListingFile
    received = 0

    def call(self, call: Call[Any]) -> Any:
        """What the call gives."""
        return self.listing.answer(call)

    def clone(self) -> "Near":
        """For another thread."""
        return self

    def close(self) -> None:
        """There is no connection."""
