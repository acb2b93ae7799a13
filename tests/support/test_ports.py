"""Servers of tests share no port, whoever runs tests beside them."""

import socket
import subprocess
import sys

import pytest

from tests.support import ports
from tests.support.ports import free_port
from tests.support.processes import ROOT


def test_a_port_is_given_once():
    given = [free_port() for _ in range(20)]

    assert len(set(given)) == 20


def test_a_port_in_use_is_not_given(monkeypatch):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        taken, other = server.getsockname()[1], free_port() - 1
        monkeypatch.setattr(ports, "_UNTRIED", [other, taken])

        assert free_port() == other


@pytest.mark.processes
def test_another_run_is_not_given_the_same_port():
    port = free_port()
    script = f"from tests.support import ports; ports._UNTRIED[:] = [{port}]; ports.free_port()"

    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)

    assert "IndexError: pop from empty list" in ran.stderr
