"""What a measurement stands on: a database and a broker of its own, and a directory of any size to read."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from directory.sync import PersonsReading
from qxportal.accounts.models import Organisation
from qxportal.bench.listing import Listing
from qxportal.ledger.models import Pull

CALM = 10_000  # with fewer persons nothing is measured; it only shows that the bench runs


@dataclass(frozen=True)
class Ground:
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
    def size(self) -> str:
        """The number of persons as it is told."""
        return f"{self.persons:,}"

    @cached_property
    def listing(self) -> Listing:
        """The directory as a vendor lists it."""
        return Listing.write(self.var / "persons.json", self.persons)

    @cached_property
    def org(self) -> Organisation:
        """An organisation with nobody in it."""
        return Organisation.objects.create(name="Marlstone Instruments", slug="marlstone")

    def read(self, listing: Listing) -> Pull:
        """Mirror a listing as a sync does, but for the network: from the bodies of the answers to a closed reading."""
        pulls: list[Pull] = []
        reading = PersonsReading(self.org, None, pulls.append)  # type: ignore[arg-type]  # nobody is asked about again
        while not reading.done:
            if call := reading.next_call():
                reading.take(call, listing.answer(call))
        return pulls[0]
