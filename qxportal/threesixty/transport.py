"""Connections that lead only where they may, and end when they must."""

import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from qxportal.threesixty.errors import Rejected


class Guard:
    """Watches the connection of one exchange at a time: where it leads, whether bytes left, when it has to end."""

    def __init__(self) -> None:
        self.sent = False  # whether any byte of the request may have left
        self.late = False
        self._socket: socket.socket | None = None

    def check(self, connected: socket.socket, *, loopback: bool) -> socket.socket:
        """Refuse a peer of the wrong kind before a byte is sent: plain HTTP stays here, HTTPS goes to the internet."""
        peer = ipaddress.ip_address(connected.getpeername()[0].partition("%")[0])
        if not (peer.is_loopback if loopback else peer.is_global):
            connected.close()
            raise Rejected("The vendor's host name leads into a private network.", code="address")
        return connected

    def sending(self, connection: HTTPConnection) -> None:
        """Note that bytes are about to leave by this connection."""
        self.sent = True
        self._socket = connection.sock

    @contextmanager
    def until(self, deadline: float) -> Iterator[None]:
        """Cut the connection at `deadline`, however slowly it drips."""
        self.sent = self.late = False
        timer = threading.Timer(max(0.0, deadline - time.monotonic()), self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            self._socket = None

    def _cut(self) -> None:
        self.late = True
        if held := self._socket:
            with suppress(OSError):  # past the TLS layer, which another thread is reading from
                socket.socket.shutdown(held, socket.SHUT_RDWR)


def guarded_pools(guard: Guard) -> dict[str, Any]:
    """urllib3's pools by scheme, with connections that answer to `guard`."""

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return guard.check(super()._new_conn(), loopback=True)

        def send(self, data: Any) -> None:
            if self.sock is None:
                self.connect()
            guard.sending(self)
            super().send(data)

    class Safe(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return guard.check(super()._new_conn(), loopback=False)

        def send(self, data: Any) -> None:
            if self.sock is None:
                self.connect()
            guard.sending(self)
            super().send(data)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SafePool(HTTPSConnectionPool):
        ConnectionCls = Safe

    return {"http": PlainPool, "https": SafePool}
