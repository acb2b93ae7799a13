"""A connection ends in time, also one that is still being secured or whose name took long to find."""

import socket
import ssl
import threading
import time

import pytest

from qxportal.threesixty.client.transport import Guard


@pytest.fixture
def silent():
    """A server that takes a connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken: list[socket.socket] = []
        taker = threading.Thread(target=lambda: taken.append(server.accept()[0]), daemon=True)
        taker.start()
        yield server.getsockname()
        taker.join(5)  # the test may end before the connection was taken
        for one in taken:
            one.close()


def test_a_handshake_that_never_ends_is_cut(silent):
    guard = Guard()
    context = ssl.create_default_context()
    begun = time.monotonic()

    with guard.until(begun + 0.3), socket.create_connection(silent) as plain:
        guard.check(plain, loopback=True)
        with pytest.raises(OSError), context.wrap_socket(plain, server_hostname="eu.qualtrics.com"):
            pass

    assert guard.late
    assert not guard.sent
    assert time.monotonic() - begun < 60


def test_nothing_is_sent_once_the_time_is_over(silent):
    guard = Guard()

    with guard.until(time.monotonic()), socket.create_connection(silent) as plain:
        while not guard.late:
            time.sleep(0.01)
        guard.check(plain, loopback=True)
        with pytest.raises(OSError):
            plain.sendall(b"POST / HTTP/1.1\r\n")

    assert not guard.sent


def test_an_exchange_is_not_late_because_the_one_before_was(silent):
    guard = Guard()
    with guard.until(time.monotonic()):
        while not guard.late:
            time.sleep(0.01)

    with guard.until(time.monotonic() + 60), socket.create_connection(silent) as plain:
        guard.check(plain, loopback=True)
        plain.sendall(b"POST / HTTP/1.1\r\n")

    assert not guard.late
