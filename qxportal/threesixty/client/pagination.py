"""Reading a directory page by page: which pages to ask for, several at once, and whether they fit together.

Each page but the first asks again for the last row of the one before. A page that does not begin with that row tells
that the listing shifted. A page shorter than asked for is no end (a server may have its own limit): the end is where
nobody follows the last row. Afterwards the first page is asked for once more and must list the same.
"""

from dataclasses import dataclass

AHEAD = 10  # pages asked for beyond the last one known to be full, where nobody knows how many there are


@dataclass(frozen=True)
class PageRequest:
    """Rows to ask for.

    >>> PageRequest(start=100, limit=50)
    PageRequest(start=100, limit=50)
    """

    start: int
    limit: int


@dataclass(frozen=True)
class NewRows:
    """Which rows of a page are new: all from the place `since` on; none of a page that was asked for in vain.

    >>> rows = ['P_1', 'P_2', 'P_3']
    >>> rows[NewRows(since=1).since :]
    ['P_2', 'P_3']
    """

    since: int | None


NO_NEW_ROWS = NewRows(None)


class Paginator:
    """One walk over a directory in pages of `size`; `expected` rows were there the last time.

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
        self.position = 0  # rows read in one piece from the beginning
        self.consistent = True  # whether the pages so far fit together
        self.done = False
        self._first: list[str] = []
        self._last = ""
        self._asked: set[int] = set()  # starts of the pages that are awaited
        self._next = 0  # where the next page asked for ahead begins
        self._ahead = False  # whether pages come as long as they are asked for
        self._short = 0  # rows of the last page that did not
        self._ended = False

    def next_request(self) -> PageRequest | None:
        """What to ask for now; nothing when it takes an answer to tell."""
        if self.done:
            return None
        if self._ended:
            return None if 0 in self._asked else self._ask(0, len(self._first))
        if self._ahead and self._next < self._reach:
            return self._ask(self._next, self.size)
        return None if self._frontier in self._asked else self._ask(self._frontier, self.size)

    def take(self, page: PageRequest, keys: list[str], rows: int) -> NewRows:
        """Hear of a page, in the order in which they were asked for: its keys, and how many rows it has."""
        self._asked.discard(page.start)
        if self._ended:
            if page.start:
                self.consistent &= not keys  # there is more after what looked like the end
            else:
                self.consistent &= keys == self._first
                self.done = True
            return NO_NEW_ROWS
        if page.start != self._frontier:
            return NO_NEW_ROWS
        known = int(bool(self.position) and keys[:1] == [self._last])
        self.consistent &= len(set(keys)) == len(keys) and known == min(1, self.position)
        end = page.start + rows
        if end <= self.position or (self.position and keys == self._first):  # nobody follows; or it begins anew
            self._end()
            return NO_NEW_ROWS
        if not self.position:
            self._first = keys
        self.position, self._last = end, keys[-1] if keys else ""
        self._learn_length(page, rows)
        return NewRows(known)

    @property
    def _frontier(self) -> int:
        """Where the page begins that follows what was read in one piece."""
        return max(0, self.position - 1)

    @property
    def _reach(self) -> int:
        """Up to where pages may be asked for ahead."""
        return self.expected if self._frontier < self.expected else self._frontier + AHEAD * (self.size - 1)

    def _ask(self, start: int, limit: int) -> PageRequest:
        self._asked.add(start)
        self._next = max(self._next, start + limit - 1)
        return PageRequest(start, limit)

    def _learn_length(self, page: PageRequest, rows: int) -> None:
        """Go on ahead while pages come whole, or twice equally short: that is the server's own limit."""
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
        self.done = self.position <= len(self._first) and not self._asked  # it came in one piece
