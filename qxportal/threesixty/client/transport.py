"""Connections that are checked for their target and cut at a deadline."""

import ipaddress
import os
import socket
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from qxportal.core.failpoints import declare, failpoint
from qxportal.threesixty.client.deadlines import DEADLINES
from qxportal.threesixty.errors import PRIVATE_ADDRESS, Rejected
from qxportal.threesixty.hosts import host_and_port, is_public, is_reachable

declare({"call.sent": "the request is out, no answer was read"})


class Guard:
    """Watches the connection of one exchange at a time: its peer, whether bytes were sent, its deadline.

    >>> from time import monotonic
    >>> guard = Guard()
    >>> with guard.until(monotonic() + 60):
    ...     guard.sent, guard.late
    (False, False)
    """

    def __init__(self) -> None:
        self.sent = False  # whether any byte of the request may have left
        self.late = False
        self._held: list[socket.socket] = []
        self._lock = threading.Lock()
        self._turn = 0  # number of the exchange, for a timer that fires just after its own exchange

    def check(self, connected: socket.socket, *, loopback: bool, named: bool = False) -> socket.socket:
        """Refuse a wrong peer before sending a byte: plain HTTP only to loopback, HTTPS only to the public internet.

        HTTPS may also go to a private address if an operator allowed the host by name (`named`).
        """
        peer = str(connected.getpeername()[0])
        right = ipaddress.ip_address(peer).is_loopback if loopback else is_reachable(peer) if named else is_public(peer)
        if not right:
            connected.close()
            raise Rejected(PRIVATE_ADDRESS, code="address")
        self._hold(connected)  # so that the handshake is cut in time as well
        return connected

    def sending(self, connection: HTTPConnection) -> None:
        """Record that bytes are about to be sent."""
        if connection.sock is not None:
            self._hold(connection.sock)
        if self.late:
            raise TimeoutError("The time was over before anything was sent.")
        self.sent = True

    @contextmanager
    def until(self, deadline: float) -> Iterator[None]:
        """Cut the connection at `deadline`, however slowly data arrives."""
        with self._lock:
            self._turn += 1
            self.sent = self.late = False
        DEADLINES.at(deadline, partial(self._cut, self._turn))
        try:
            yield
        finally:
            with self._lock:
                self._turn += 1
                while self._held:
                    self._held.pop().close()

    def _hold(self, connected: socket.socket) -> None:
        """Keep a second handle: the first one goes into the TLS layer, where another thread is reading."""
        with self._lock:
            self._held.append(socket.socket(fileno=os.dup(connected.fileno())))
        if self.late:
            self._cut(self._turn)

    def _cut(self, turn: int) -> None:
        with self._lock:
            if turn != self._turn:
                return
            self.late = True
            for held in self._held:
                with suppress(OSError):
                    held.shutdown(socket.SHUT_RDWR)


def guarded_pools(guard: Guard, engines: Collection[str] = ()) -> dict[str, Any]:
    """urllib3's pools by scheme, with connections checked by `guard`; `engines` may have private addresses."""

    class Watched(HTTPConnection):
        def send(self, data: Any) -> None:
            if self.sock is None:
                self.connect()
            guard.sending(self)
            super().send(data)

        def getresponse(self) -> Any:
            failpoint("call.sent")
            return super().getresponse()

    class Plain(Watched):
        def _new_conn(self) -> socket.socket:
            return guard.check(super()._new_conn(), loopback=True)

    class Safe(Watched, HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            named = host_and_port(self.host, self.port) in engines
            return guard.check(super()._new_conn(), loopback=False, named=named)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SafePool(HTTPSConnectionPool):
        ConnectionCls = Safe

    return {"http": PlainPool, "https": SafePool}
