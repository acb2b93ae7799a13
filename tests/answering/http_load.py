"""Many sessions over few connections, as a proxy in front of the site has them: one thread, no library in between."""

import re
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from math import ceil

PATIENCE = 20.0  # seconds for an answer
TICK = 0.05
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
COOKIE = re.compile(rb"\r\nset-cookie: *([^=;]+)=([^;\r]*)", re.IGNORECASE)
LOCATION = re.compile(rb"\r\nlocation: *([^\r]+)", re.IGNORECASE)
CLOSED = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)


@dataclass(frozen=True)
class Reply:
    """An answer; status 0 where the connection ended before it came."""

    status: int
    head: bytes = b""
    body: bytes = b""

    @property
    def location(self) -> str:
        """Where it leads."""
        found = LOCATION.search(self.head)
        return found[1].decode() if found else ""

    @property
    def cookies(self) -> dict[str, str]:
        """What it sets."""
        return {name.decode(): value.decode() for name, value in COOKIE.findall(self.head)}


# What somebody sends, one request after the answer to the one before; a number is a pause in seconds.
Session = Generator[bytes | float, Reply, None]


@dataclass
class Timings:
    """How long the answers took, in seconds, from when each request was due."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    def add(self, other: "Timings") -> None:
        """One more run of the same kind."""
        self.seconds += other.seconds
        self.latencies += other.latencies

    def percentile(self, share: float) -> float:
        """The latency that this share of the answers did not exceed."""
        found = sorted(self.latencies)
        return found[ceil(share * len(found)) - 1] if found else 0.0


class _Connection:
    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = bytearray()
        self.session: Session | None = None
        self.due = self.sent_at = 0.0

    def reply(self) -> Reply | None:
        """The answer, once all of it is there."""
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = bytes(self.received[:end])
        found = LENGTH.search(head)
        length = int(found[1]) if found else 0
        if len(self.received) < end + 4 + length:
            return None
        return Reply(int(head[9:12]), head, bytes(self.received[end + 4 : end + 4 + length]))


class Load:
    """Runs sessions on one port; `cut` says of a request that was just sent whether its connection is cut."""

    def __init__(self, port: int, *, connections: int = 32, cut: Callable[[], bool] = lambda: False) -> None:
        self.port, self.most, self.cut = port, connections, cut
        self.cuts = self.failed = 0

    def run(self, sessions: Iterable[Session], *, rate: float = 0.0) -> Timings:
        """Until all sessions have ended; at most `rate` requests a second, each counted from when it was due."""
        return _Run(self, rate).run(sessions)


class _Run:
    def __init__(self, load: Load, rate: float) -> None:
        self.load, self.rate = load, rate
        self.ready: deque[tuple[Session, bytes]] = deque()
        self.sleeping: list[tuple[float, int, Session]] = []
        self.idle: list[_Connection] = []
        self.busy: set[_Connection] = set()
        self.selector = selectors.DefaultSelector()
        self.timings = Timings()
        self._numbers = count()
        self._next_due = 0.0

    def run(self, sessions: Iterable[Session]) -> Timings:
        begun = self._next_due = time.perf_counter()
        for session in sessions:
            self._advance(session, None)
        while self.ready or self.sleeping or self.busy:
            now = time.perf_counter()
            while self.sleeping and self.sleeping[0][0] <= now:
                self._advance(heappop(self.sleeping)[2], Reply(0))
            while self.ready and len(self.busy) < self.load.most and (not self.rate or self._next_due <= now):
                self._send(*self.ready.popleft())
            for key, _events in self.selector.select(self._pause(time.perf_counter())):
                self._receive(key.data)
            self._give_up(time.perf_counter())
        self.timings.seconds = time.perf_counter() - begun
        for connection in self.idle:
            connection.socket.close()
        self.selector.close()
        return self.timings

    def _pause(self, now: float) -> float:
        ends = [now + TICK]
        if self.sleeping:
            ends.append(self.sleeping[0][0])
        if self.rate and self.ready and len(self.busy) < self.load.most:
            ends.append(self._next_due)
        return max(0.0, min(ends) - now)

    def _advance(self, session: Session, reply: Reply | None) -> None:
        try:
            wish = next(session) if reply is None else session.send(reply)
        except StopIteration:
            return
        if isinstance(wish, bytes):
            self.ready.append((session, wish))
        else:
            heappush(self.sleeping, (time.perf_counter() + wish, next(self._numbers), session))

    def _send(self, session: Session, request: bytes) -> None:
        now = time.perf_counter()
        due = now
        if self.rate:
            due, self._next_due = self._next_due, self._next_due + 1 / self.rate
        try:
            connection = self.idle.pop() if self.idle else _Connection(self.load.port)
            connection.session, connection.due, connection.sent_at = session, due, now
            connection.socket.setblocking(True)
            connection.socket.sendall(request)
            connection.socket.setblocking(False)
        except OSError:  # closed by the other end since its last answer, or nobody listens
            self.load.failed += 1
            self._advance(session, Reply(0))
            return
        if self.load.cut():
            self.load.cuts += 1
            connection.socket.close()
            self._advance(session, Reply(0))
            return
        self.busy.add(connection)
        self.selector.register(connection.socket, selectors.EVENT_READ, connection)

    def _receive(self, connection: _Connection) -> None:
        try:
            came = connection.socket.recv(65_536)
        except BlockingIOError:
            return
        except OSError:
            came = b""
        if not came:
            self._drop(connection)
            return
        connection.received += came
        reply = connection.reply()
        if reply is None:
            return
        self._free(connection)
        connection.received.clear()
        self.timings.latencies.append(time.perf_counter() - connection.due)
        if CLOSED.search(reply.head):
            connection.socket.close()
        else:
            self.idle.append(connection)
        assert connection.session
        self._advance(connection.session, reply)

    def _give_up(self, now: float) -> None:
        for connection in [one for one in self.busy if now - one.sent_at > PATIENCE]:
            self._drop(connection)

    def _free(self, connection: _Connection) -> None:
        self.selector.unregister(connection.socket)
        self.busy.remove(connection)

    def _drop(self, connection: _Connection) -> None:
        self._free(connection)
        connection.socket.close()
        self.load.failed += 1
        assert connection.session
        self._advance(connection.session, Reply(0))
