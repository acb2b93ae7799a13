"""Sync of the directory into the mirror."""

from collections import deque
from collections.abc import Callable, Collection
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import NamedTuple

from django.utils import timezone

from directory.joins import prove
from directory.mirror import mirror_lazy_persons
from directory.models import Person
from qxportal.accounts.models import Organisation
from qxportal.core.failpoints import failpoint
from qxportal.ledger.mirror.deletions import Candidate
from qxportal.ledger.mirror.executor import DatabaseExecutor
from qxportal.ledger.mirror.merge import Merged, refresh_statistics
from qxportal.ledger.mirror.sync_runs import complete_sync
from qxportal.ledger.models import ResourceSync
from qxportal.threesixty.calls.base import Call
from qxportal.threesixty.calls.persons import GetLazyPersons
from qxportal.threesixty.client.pagination import PageRequest, Paginator
from qxportal.threesixty.client.pool import ClientPool
from qxportal.threesixty.errors import ThreeSixtyError
from qxportal.threesixty.lazy_rows import LazyRows
from qxportal.threesixty.records import PersonRecord
from qxportal.ui.stored_messages import Message, gettext_stored

PAGE = 1001  # a thousand new rows and the one shared with the page before
BATCH = 2_500  # persons per merge
BATCHES_ASIDE = 2  # merges that run in parallel
STRETCHES = 8  # missing persons that one sync checks again

Unread = LazyRows[PersonRecord]


class Merging(NamedTuple):
    """Pages being merged."""

    start: int
    rows: int
    merged: "Future[Merged]"


@dataclass(frozen=True)
class Stretch:
    """The range of the listing where some known persons were."""

    start: int
    rows: int
    lowest: int  # of their primary keys, which grow along the listing
    highest: int


class PersonsFetch:
    """Fetches the whole directory in pages; calls `tell` with the result, `step` with the number read so far.

    The first batch, all of a small directory, is merged at once; later ones by the `executor` in parallel.
    """

    def __init__(
        self,
        org: Organisation,
        pool: ClientPool,
        executor: DatabaseExecutor,
        tell: Callable[[ResourceSync], None],
        step: Callable[[int], None] = lambda rows: None,
    ) -> None:
        self.org, self.pool, self.executor, self.tell, self.step = org, pool, executor, tell, step
        self.as_of = timezone.now()  # before asking: whatever changes meanwhile is newer than this
        self.merged = Merged()
        expected = ResourceSync.objects.filter(org=org, resource="persons").values_list("rows", flat=True).first()
        self.paginator = Paginator(PAGE, expected=expected or 0)
        self._asked: deque[PageRequest] = deque()
        self._pages: list[tuple[int, Unread]] = []  # read, but not merged
        self._merging: deque[Merging] = deque()
        self._stretches: list[Stretch] = []

    @property
    def done(self) -> bool:
        """Whether the listing was read to its end."""
        return self.paginator.done

    def next_call(self) -> Call[Unread] | None:
        """The next page, if it can be determined."""
        if page := self.paginator.next_request():
            self._asked.append(page)
            return _call(page)
        return None

    def take(self, call: Call[Unread], answer: Unread) -> None:
        """Process a page; several pages are merged together."""
        page = self._asked.popleft()
        failpoint("sync.page-fetched")
        since = self.paginator.take(page, answer.keys, len(answer)).since
        if since is not None:
            self._pages.append((page.start + since, answer.since(since)))
        if self.paginator.done or sum(len(page) for _start, page in self._pages) >= BATCH:
            self._merge()
        if self.paginator.done:
            while self._merging:
                self._gather()
            problem: Message = ""
            if not self.paginator.consistent:
                problem = gettext_stored("The list changed during the sync, so no removals were detected.")
            self.tell(
                complete_sync(
                    Person, self.org, "persons", self.merged, as_of=self.as_of, problem=problem, confirm=self._not_there
                )
            )
            prove(self.org)

    def fail(self, call: Call[Unread], problem: ThreeSixtyError) -> None:
        """Raise the error, as a directory with a gap proves nothing."""
        raise problem

    def _merge(self) -> None:
        if not self._pages:
            return
        [start, first], *others = self._pages
        self._pages = []
        rows = first.concat(page for _start, page in others)
        merge = partial(mirror_lazy_persons, self.org, rows, as_of=self.as_of)
        if self.merged.rows or self._merging:
            self._merging.append(Merging(start, len(rows), self.executor.submit(merge)))
            if len(self._merging) > self.executor.size:
                self._gather()
        else:
            self._count(start, len(rows), merge())

    def _gather(self) -> None:
        """Collect the results of the oldest merges."""
        start, rows, merged = self._merging.popleft()
        self._count(start, rows, merged.result())

    def _count(self, start: int, rows: int, merged: Merged) -> None:
        failpoint("sync.page-merged")
        if merged.added and not self.merged.rows:
            refresh_statistics(Person)
        self.merged.add(merged)
        if merged.ids:
            self._stretches.append(Stretch(start, rows, min(merged.ids), max(merged.ids)))
        self.step(self.merged.rows)

    def _not_there(self, missing: list[Candidate]) -> Collection[Candidate]:
        """List the ranges with missing persons again; the API cannot be asked for a single person."""
        near = {candidate: self._stretches_of(candidate) for candidate in missing}
        looked = list(dict.fromkeys(chain.from_iterable(near.values())))[:STRETCHES]
        listed: set[str] = set()
        for stretch in looked:
            pages = list(self.pool.calls(_calls(stretch)))
            keys = {key for page in pages for key in page.keys}
            if any(candidate.key in keys for candidate in missing):
                mirror_lazy_persons(self.org, pages[0].concat(pages[1:]), as_of=self.as_of)
            listed |= keys
        unlisted = [candidate for candidate in missing if candidate.key not in listed]
        return [candidate for candidate in unlisted if near[candidate] and set(near[candidate]) <= set(looked)]

    def _stretches_of(self, candidate: Candidate) -> list[Stretch]:
        """Ranges that may contain missing persons; batches merged in parallel interleave their keys."""
        before = [stretch for stretch in self._stretches if stretch.lowest <= candidate.pk]
        within = [stretch for stretch in before if candidate.pk <= stretch.highest]
        within.sort(key=lambda stretch: stretch.highest - stretch.lowest)
        return within[: self.executor.size] or before[-1:] or self._stretches[:1]


def _calls(stretch: Stretch) -> list[GetLazyPersons]:
    end = stretch.start + stretch.rows
    return [_call(PageRequest(start, min(PAGE, end - start))) for start in range(stretch.start, end, PAGE)]


def _call(page: PageRequest) -> GetLazyPersons:
    return GetLazyPersons(include_metadata=True, start_index=page.start, record_limit=page.limit)
