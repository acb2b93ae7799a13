"""Ports for servers that tests start."""

import socket
from random import SystemRandom

_UNTRIED = SystemRandom().sample(range(20_000, 32_000), 12_000)  # below those that outgoing connections are given
_claims: list[socket.socket] = []  # held until this process ends


def free_port() -> int:
    """A free port; never the same twice, nor one given to another run on this machine."""
    while True:
        port = _UNTRIED.pop()
        claim = socket.socket(socket.AF_UNIX)
        with socket.socket() as probe:
            try:
                claim.bind(f"\0qxportal-port-{port}")
                probe.bind(("127.0.0.1", port))
            except OSError:
                claim.close()
                continue
        _claims.append(claim)
        return port
