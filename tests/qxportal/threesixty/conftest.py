"""A server on a real socket that says byte for byte what a test tells it to."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.secret import Secret

TOKEN = "kT7-canary-token-91xQ"
Script = Callable[[bytes], list[bytes]]


def answer(
    body: bytes | str, *, status: str = "200 OK", kind: str = "application/json", framing: str = "length", **headers
):
    """The bytes of an HTTP answer, framed by length, in chunks, or by closing."""
    body = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if framing == "length":
        lines.append(f"Content-Length: {len(body)}")
    if framing == "chunked":
        lines.append("Transfer-Encoding: chunked")
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def success(result, **options):
    """A good envelope around `result`."""
    return answer(json.dumps({"Meta": {"Status": "Success", "Debug": ""}, "Result": result}), **options)


def failure(status: str, code: str, words: str = "Invalid parameter", number: int | None = None, **options):
    """A failure's envelope."""
    meta = {"Status": "Error", "ErrorMessage": words, "QualtricsErrorCode": code, "ErrorCode": number}
    return answer(json.dumps({"Meta": meta, "Result": None}), status=status, **options)


class Vendor:
    """Answers each connection with the next script, the last one for ever; keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.scripts: list[list[bytes]] = []
        self.pause = 0.0  # between the pieces of an answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def says(self, *answers: bytes | list[bytes]) -> None:
        """From now on: these answers, one per request; a list is sent piece by piece."""
        self.asked.clear()
        self.scripts = [item if isinstance(item, list) else [item] for item in answers]

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for callers
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            try:
                self.asked.append(_request(connection))
                script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
                for piece in script:
                    connection.sendall(piece)
                    time.sleep(self.pause)
            except OSError:
                return


def _gone() -> bytes:
    raise ConnectionError("the caller hung up")


def _request(connection: socket.socket) -> bytes:
    got = b""
    while b"\r\n\r\n" not in got:
        got += connection.recv(65536) or _gone()
    head, _, body = got.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    while len(body) < length:
        body += connection.recv(65536) or _gone()
    return head + b"\r\n\r\n" + body


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    """A scripted server."""
    server = Vendor()
    yield server
    server.close()


@pytest.fixture
def threesixty(vendor) -> Iterator[ThreeSixty]:
    """The client, speaking to the scripted server."""
    with ThreeSixty(vendor.url, "hr@acme.example#acme", Secret(TOKEN), allow_loopback=True) as client:
        yield client
