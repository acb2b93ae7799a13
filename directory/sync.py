"""Pulling the directory into the mirror."""

from collections.abc import Callable

from django.utils import timezone
from django.utils.translation import gettext as _

from directory.mirror import mirror_persons
from directory.models import Person
from qxportal.accounts.models import Organisation
from qxportal.ledger.failpoints import failpoint
from qxportal.ledger.merge import Merged, refresh_statistics
from qxportal.ledger.models import Pull
from qxportal.ledger.pulls import finish_pull
from qxportal.threesixty.calls.persons import GetPersons
from qxportal.threesixty.client import ThreeSixty

PAGE = 1000


def pull_persons(org: Organisation, threesixty: ThreeSixty, tell: Callable[[int], None] | None = None) -> Pull:
    """Refresh the whole directory, page by page; `tell` hears the number of people read so far."""
    as_of = timezone.now()  # before asking: whatever changes meanwhile is newer than this
    merged = Merged()
    sound = True
    for page in threesixty.pages(GetPersons(include_metadata=True), size=PAGE):
        first = not merged.rows
        merged.add(mirror_persons(org, page.records, as_of=as_of))
        if first and merged.added:
            refresh_statistics(Person)
        failpoint("sync.persons-page")
        sound &= page.sound
        if tell:
            tell(merged.rows)
    problem = "" if sound else _("The listing shifted while it was read; nothing was taken as removed.")
    return finish_pull(Person, org, "persons", merged, as_of=as_of, problem=problem)
