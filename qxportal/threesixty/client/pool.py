"""A pool of threads that sends several calls at once; the caller gets the responses in order.

A pool never touches a database. Its owner's thread submits calls and consumes responses. While it is busy with one
response, others wait: many small ones or few large ones, so that memory stays bounded.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from random import uniform
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

from qxportal.threesixty.calls.base import Call
from qxportal.threesixty.client.threesixty import ThreeSixty
from qxportal.threesixty.errors import BadCredential, ThreeSixtyError, Throttled, TransientError, gettext_noop

T = TypeVar("T")
TRIES = 4
WAIT_MOST = 60.0
RETRIES_FREE, RETRY_SHARE = 3, 0.1  # of all calls made
LARGE = 1024 * 1024  # bytes of responses that weigh as much as a call of unknown response size
DEEP = 3  # times the pool's size: limit of pending calls, or of large responses waiting
AHEAD = 60  # times the pool's size: limit of waiting responses, however small


class CallBudget:
    """Number of calls that a run may make, and of retries.

    >>> budget = CallBudget(1)
    >>> budget.spend()
    >>> budget.spend()
    Traceback (most recent call last):
        ...
    qxportal.threesixty.errors.Throttled: This run has used up its calls. The next one continues.
    """

    def __init__(self, calls: int) -> None:
        self.most = calls
        self.calls = self.retries = 0
        self._lock = threading.Lock()

    def spend(self) -> None:
        """Count a call; raises Throttled once the budget is used up."""
        with self._lock:
            if self.calls >= self.most:
                raise Throttled(
                    gettext_noop("This run has used up its calls. The next one continues."), retry_after=WAIT_MOST
                )
            self.calls += 1

    def allows_retry(self) -> bool:
        """Whether a retry is allowed; if so, it is counted."""
        with self._lock:
            allowed = self.retries < RETRIES_FREE + RETRY_SHARE * self.calls
            self.retries += allowed
        return allowed


class FetchTask(Protocol):
    """A unit of reading that takes any number of calls; only its owner's thread uses it.

    >>> class Emails:
    ...     def __init__(self):
    ...         self.asked, self.done, self.found = False, False, []
    ...
    ...     def next_call(self):
    ...         first, self.asked = not self.asked, True
    ...         return GetPersons() if first else None
    ...
    ...     def take(self, call, answer):
    ...         self.done, self.found = True, [person.email for person in answer]
    ...
    ...     def fail(self, call, problem):
    ...         raise problem
    >>> from qxportal.threesixty.calls.persons import GetPersons
    >>> from qxportal.threesixty.secret import Secret
    >>> emails = Emails()
    >>> with ThreeSixty(host, "hr@acme.example#acme", Secret(token), allow_loopback=True) as threesixty:
    ...     with ClientPool(threesixty, size=2, budget=CallBudget(10)) as pool:
    ...         pool.read(deque([emails]))
    >>> emails.found
    ['anna@acme.example', 'boris@acme.example']
    """

    @property
    def done(self) -> bool:
        """Whether no more calls are needed."""

    def next_call(self) -> Call[Any] | None:
        """The next call; None if it depends on a response still to come."""

    def take(self, call: Call[Any], answer: Any) -> None:
        """Process a response, in the order of the calls."""

    def fail(self, call: Call[Any], problem: ThreeSixtyError) -> None:
        """Process an error; raise it to stop the whole run."""


@dataclass(frozen=True)
class _Answer(Generic[T]):
    """A response with its size in bytes."""

    found: T
    size: int


@dataclass
class _Work:
    task: FetchTask
    asked: "deque[tuple[Call[Any], Future[_Answer[Any]]]]"


class _InFlight:
    """Pending calls and waiting responses: their number and bytes, with LARGE for each pending call."""

    def __init__(self) -> None:
        self.calls = self.bytes = 0
        self._ended = threading.Event()  # set when any call ends
        self._lock = threading.Lock()

    def add(self, future: "Future[_Answer[Any]]") -> None:
        """Count a call from now on."""
        self._change(1, LARGE)
        future.add_done_callback(self._end)

    def remove(self, future: "Future[_Answer[Any]]") -> None:
        """Stop counting a call once it has ended."""
        future.add_done_callback(lambda done: self._change(-1, -_size(done)))

    def next_end_is_of(self, future: "Future[_Answer[Any]]") -> bool:
        """Wait for the next call to end unless this one has; returns whether this one has ended."""
        self._ended.clear()
        if not future.done():
            self._ended.wait()
        return future.done()

    def _end(self, done: "Future[_Answer[Any]]") -> None:
        self._change(0, _size(done) - LARGE)
        self._ended.set()

    def _change(self, calls: int, size: int) -> None:
        with self._lock:
            self.calls += calls
            self.bytes += size


class ClientPool:
    """Threads with a connection each that share one credential; a context manager.

    >>> from qxportal.threesixty.calls.persons import GetPersons
    >>> from qxportal.threesixty.secret import Secret
    >>> with ThreeSixty(host, "hr@acme.example#acme", Secret(token), allow_loopback=True) as threesixty:
    ...     with ClientPool(threesixty, size=4, budget=CallBudget(100)) as pool:
    ...         listings = list(pool.calls([GetPersons(), GetPersons(record_limit=2)]))
    >>> [len(people) for people in listings]
    [2, 2]
    """

    def __init__(
        self,
        threesixty: ThreeSixty,
        *,
        size: int,
        budget: CallBudget,
        first_wait: float = 1.0,
        before: Callable[[], None] = lambda: None,
    ) -> None:
        self.size = size
        self.budget = budget
        self.first_wait = first_wait  # seconds before the first retry, at most
        self._threesixty = threesixty
        self._before = before  # called by the owner's thread before each call
        self._begun = False
        self._answered = threading.Event()  # the first call, which goes alone, as the token may be wrong by now
        self._stopped = threading.Event()
        self._refused: BadCredential | None = None
        self._in_flight = _InFlight()
        self._own = threading.local()
        self._clones: list[ThreeSixty] = []
        self._threads = ThreadPoolExecutor(size, "pool")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._answered.set()
        self._threads.shutdown(cancel_futures=True)
        for clone in self._clones:
            clone.close()

    def call(self, call: Call[T]) -> T:
        """Send one call and wait for its result."""
        return self._submit(call).result().found

    def calls(self, calls: Iterable[Call[T]]) -> Iterator[T]:
        """Send several calls and yield their results in order."""
        futures = [self._submit(call) for call in calls]
        for future in futures:
            yield future.result().found

    def read(self, tasks: "deque[FetchTask]") -> None:
        """Run fetch tasks in order, while the pool already sends calls of the following ones.

        `tasks` may grow meanwhile. An error from one task ends the whole run.
        """
        works: deque[_Work] = deque()
        while True:
            self._ask_ahead(works, tasks)
            if not works:
                return
            current = works[0]
            if current.task.done:
                for _call, future in current.asked:
                    future.cancel()
                    self._in_flight.remove(future)
                works.popleft()
            elif current.asked:
                call, future = current.asked.popleft()
                while not self._in_flight.next_end_is_of(future):  # finished calls make room for further ones
                    self._ask_ahead(works, tasks)
                self._in_flight.remove(future)
                self._hear(current.task, call, future)
            else:
                raise RuntimeError(f"{type(current.task).__name__} waits for nothing")

    def _hear(self, task: FetchTask, call: Call[Any], future: "Future[_Answer[Any]]") -> None:
        try:
            answer = future.result().found
        except ThreeSixtyError as problem:
            if self._refused:  # every further call would bring the account closer to being locked
                raise self._refused from None
            task.fail(call, problem)
        else:
            task.take(call, answer)

    def _ask_ahead(self, works: "deque[_Work]", coming: "deque[FetchTask]") -> None:
        """Keep the threads busy: first with the current task, then with the following ones.

        The current task may always send calls, however many responses wait.
        """
        place, room = 0, self._room()
        while place < len(works) or coming:
            if place == len(works):
                works.append(_Work(coming.popleft(), deque()))
            work = works[place]
            while room > 0 or (place == 0 and len(work.asked) < self.size):
                call = None if work.task.done else work.task.next_call()
                if call is None:
                    break
                future = self._submit(call)
                self._in_flight.add(future)
                work.asked.append((call, future))
                room -= 1
            if room <= 0:
                return
            place += 1

    def _room(self) -> float:
        """Number of further calls for which there is room."""
        return min(AHEAD * self.size - self._in_flight.calls, DEEP * self.size - self._in_flight.bytes / LARGE)

    def _submit(self, call: Call[T]) -> "Future[_Answer[T]]":
        self._before()
        first, self._begun = not self._begun, True
        return self._threads.submit(self._ask, call, first)

    def _ask(self, call: Call[T], first: bool) -> _Answer[T]:
        """Send a call within a worker thread, with retries after a pause if they may help."""
        if not first:
            self._answered.wait()
        tries = 0
        while True:
            tries += 1
            try:
                return self._ask_once(call)
            except Throttled:
                raise
            except TransientError as problem:
                wait = problem.retry_after
                if wait is None:
                    wait = uniform(0, min(WAIT_MOST, self.first_wait * 2**tries))
                if call.mutates or tries == TRIES or wait > WAIT_MOST or not self.budget.allows_retry():
                    raise
                self._pause(wait)

    def _pause(self, seconds: float) -> None:
        self._stopped.wait(seconds)

    def _ask_once(self, call: Call[T]) -> _Answer[T]:
        try:
            if self._stopped.is_set():
                raise Throttled(gettext_noop("The run has ended."))
            self.budget.spend()
            mine = self._mine()
            found = mine.call(call)
            return _Answer(found, mine.received)
        except BadCredential as problem:
            self._refused = problem
            self._stopped.set()
            raise
        finally:
            self._answered.set()

    def _mine(self) -> ThreeSixty:
        if not hasattr(self._own, "clone"):
            self._own.clone = self._threesixty.clone()
            self._clones.append(self._own.clone)
        clone: ThreeSixty = self._own.clone
        return clone


def _size(done: "Future[_Answer[Any]]") -> int:
    """Response size, or the default estimate if the call failed."""
    return LARGE if done.cancelled() or done.exception() else done.result().size
