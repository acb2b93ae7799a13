"""An engine on another machine: asked by TLS alone, under its own name, with a certificate that is verified."""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from qxportal.threesixty.calls.persons import GetPersons
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.errors import Rejected, TransientError
from qxportal.threesixty.hosts import engine_hosts
from qxportal.threesixty.secret import Secret
from tests.support.tls import certificate

NOBODY = b'{"Meta": {"Status": "Success"}, "Result": {"Persons": []}}'


@dataclass
class Elsewhere:
    """A server with TLS, whose answer is `status` and `location`, and what it was sent."""

    port: int
    authority: str
    bodies: list[bytes]
    status: int = 200
    location: str = ""


@pytest.fixture
def elsewhere(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Elsewhere]:
    """The server; its certificate is for `localhost`, or for the name that a test asks for."""
    public, private = certificate(tmp_path, getattr(request, "param", "localhost"))

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(found.status)
            if found.location:
                self.send_header("Location", found.location)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(NOBODY)))
            self.end_headers()
            self.wfile.write(NOBODY)

        def log_message(self, *args: object) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        server.handle_error = lambda *args: None  # type: ignore[method-assign]  # handshakes that a test refuses
        server.socket = context.wrap_socket(server.socket, server_side=True)
        found = Elsewhere(server.server_port, str(public), [])
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield found
        server.shutdown()


def client(found: Elsewhere, *, ca: str | None = None) -> ThreeSixty:
    name = f"localhost:{found.port}"
    ca = found.authority if ca is None else ca
    return ThreeSixty(name, "portal#halden", Secret("t0ken"), engines=engine_hosts([name]), engine_ca=ca)


def test_a_named_engine_is_asked_by_tls(elsewhere):
    with client(elsewhere) as threesixty:
        assert list(threesixty.call(GetPersons())) == []

    assert b"t0ken" in elsewhere.bodies[0]


def test_a_certificate_that_nobody_vouches_for_gets_no_token(elsewhere):
    with client(elsewhere, ca="") as threesixty, pytest.raises(TransientError):
        threesixty.call(GetPersons())

    assert elsewhere.bodies == []


@pytest.mark.parametrize("elsewhere", ["engine.halden.example"], indirect=True)
def test_a_certificate_for_another_name_gets_no_token(elsewhere):
    with client(elsewhere) as threesixty, pytest.raises(TransientError):
        threesixty.call(GetPersons())

    assert elsewhere.bodies == []


@pytest.mark.parametrize("location", ["https://localhost:1/", "http://127.0.0.1:{port}/", "https://evil.example/"])
def test_a_named_engine_redirects_to_no_other_host(elsewhere, location):
    elsewhere.status, elsewhere.location = 307, location.format(port=elsewhere.port)

    with client(elsewhere) as threesixty, pytest.raises(Rejected, match="not allowed"):
        threesixty.call(GetPersons())

    assert len(elsewhere.bodies) == 1
