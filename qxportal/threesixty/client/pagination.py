"""Pagination of a directory: which pages to request, several at once, and whether they are consistent.

Each page but the first starts with the last row of the one before. A page that does not begin with that row shows
that the listing shifted. A page shorter than requested is no end (a server may have its own limit): the end is where
no row follows the last one. Finally the first page is read again and must be unchanged.
"""

from dataclasses import dataclass

AHEAD = 10  # pages requested beyond the last full one if the total is unknown


@dataclass(frozen=True)
class PageRequest:
    """Range of rows to request.

    >>> PageRequest(start=100, limit=50)
    PageRequest(start=100, limit=50)
    """

    start: int
    limit: int


@dataclass(frozen=True)
class NewRows:
    """New rows of a page: all from index `since` on; None for a page that was not needed.

    >>> rows = ['P_1', 'P_2', 'P_3']
    >>> rows[NewRows(since=1).since :]
    ['P_2', 'P_3']
    """

    since: int | None


NO_NEW_ROWS = NewRows(None)


class Paginator:
    """One pass over a directory in pages of `size`; `expected` is the number of rows last time.

    >>> paginator = Paginator(2)
    >>> page = paginator.next_request()
    >>> page
    PageRequest(start=0, limit=2)
    >>> paginator.take(page, ["P_1", "P_2"], 2)
    NewRows(since=0)
    >>> paginator.next_request()  # begins with the last row again
    PageRequest(start=1, limit=2)
    """

    def __init__(self, size: int, *, expected: int = 0) -> None:
        self.size = size
        self.expected = expected
        self.position = 0  # rows read without a gap from the beginning
        self.consistent = True  # whether the pages so far are consistent
        self.done = False
        self._first: list[str] = []
        self._last = ""
        self._asked: set[int] = set()  # starts of requested pages that have not arrived
        self._next = 0  # start of the next page to request ahead
        self._ahead = False  # whether pages arrive at full length, so that requests can go ahead
        self._short = 0  # number of rows in the last page that was shorter
        self._ended = False

    def next_request(self) -> PageRequest | None:
        """The next page to request; None if that depends on pages still to come."""
        if self.done:
            return None
        if self._ended:
            return None if 0 in self._asked else self._ask(0, len(self._first))
        if self._ahead and self._next < self._reach:
            return self._ask(self._next, self.size)
        return None if self._frontier in self._asked else self._ask(self._frontier, self.size)

    def take(self, page: PageRequest, keys: list[str], rows: int) -> NewRows:
        """Process a page, in request order: its keys, and its number of rows."""
        self._asked.discard(page.start)
        if self._ended:
            if page.start:
                self.consistent &= not keys  # more rows follow after what looked like the end
            else:
                self.consistent &= keys == self._first
                self.done = True
            return NO_NEW_ROWS
        if page.start != self._frontier:
            return NO_NEW_ROWS
        known = int(bool(self.position) and keys[:1] == [self._last])
        self.consistent &= len(set(keys)) == len(keys) and known == min(1, self.position)
        end = page.start + rows
        if end <= self.position or (self.position and keys == self._first):  # no row follows, or the server starts over
            self._end()
            return NO_NEW_ROWS
        if not self.position:
            self._first = keys
        self.position, self._last = end, keys[-1] if keys else ""
        self._learn_length(page, rows)
        return NewRows(known)

    @property
    def _frontier(self) -> int:
        """Start of the page that follows the rows read without a gap."""
        return max(0, self.position - 1)

    @property
    def _reach(self) -> int:
        """Row up to which pages may be requested ahead."""
        return self.expected if self._frontier < self.expected else self._frontier + AHEAD * (self.size - 1)

    def _ask(self, start: int, limit: int) -> PageRequest:
        self._asked.add(start)
        self._next = max(self._next, start + limit - 1)
        return PageRequest(start, limit)

    def _learn_length(self, page: PageRequest, rows: int) -> None:
        """Request ahead while pages are full, or twice equally short, which shows the server's own limit."""
        if rows >= page.limit:
            self._ahead = True
            self._next = max(self._next, self._frontier)
            return
        self._ahead = rows == self._short
        if self._ahead:
            self.size = max(2, rows)
        self._short = rows
        self._next = self._frontier

    def _end(self) -> None:
        self._ended = True
        self.done = self.position <= len(self._first) and not self._asked  # a single page held everything
