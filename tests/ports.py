"""Ports for servers that tests start."""

import socket
from random import SystemRandom

_UNTRIED = SystemRandom().sample(range(20_000, 32_000), 12_000)  # below those that outgoing connections are given


def free_port() -> int:
    """A port that nobody has; never the same twice."""
    while True:
        port = _UNTRIED.pop()
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
