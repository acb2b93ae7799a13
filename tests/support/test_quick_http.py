"""What quick calls send and give is what `requests` sends and gives."""

import select
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from tests.support import quick_http


class Echo(BaseHTTPRequestHandler):
    """Answers with what it got, and from which connection; a path beginning with /cut or /hang-up goes wrong."""

    protocol_version = "HTTP/1.1"

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        kind = self.headers.get("Content-Type", "")
        said = body.replace(kind.partition("boundary=")[2].encode() or b"\0", b"BOUNDARY")
        told = f"{self.command} {self.path} {kind.partition('; boundary')[0]}\n".encode() + said
        if self.path.startswith("/hang-up"):
            self.close_connection = True
            return
        self.send_response(307 if self.path == "/moved" else 200)
        self.send_header("Content-Type", "text/html; charset=utf-16" if self.path == "/wide" else "text/plain")
        self.send_header("Content-Length", str(len(told) + (9 if self.path == "/cut" else 0)))
        self.send_header("X-Connection", str(self.client_address[1]))
        self.send_header("X-Twice", "a")
        self.send_header("X-Twice", "b")
        if self.path == "/last":
            self.close_connection = True  # without a word about it
        self.end_headers()
        self.wfile.write(told)
        self.close_connection |= self.path == "/cut"

    do_GET = do_POST = handle_any

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


SENT: list[dict[str, Any]] = [
    {"data": {"Name": "Ö & ü", "Empty": "", "Plus": "a+b c"}},
    {"data": {"Name": "Mara"}, "files": {"FileContents": ("people.csv", b"a,b\r\n\0")}},
    {"files": {"Plain": (None, "ä".encode()), "FileContents": ("f", b"")}},
    {"data": "Name=%C3%96", "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
    {"data": b"a\nb", "headers": {"Content-Type": "text/csv"}},
]


@pytest.mark.parametrize("sent", SENT)
def test_the_same_is_sent_and_given(url: str, sent: dict[str, Any]):
    ours, theirs = quick_http.post(f"{url}/x?a=1", **sent), requests.post(f"{url}/x?a=1", timeout=60, **sent)

    assert ours.content == theirs.content
    assert (ours.status_code, ours.text, ours.encoding) == (200, theirs.text, theirs.encoding)
    names = [name for name in theirs.headers if name not in ("X-Connection", "Date")]
    assert [(name, ours.headers[name]) for name in names] == [(name, theirs.headers[name]) for name in names]
    assert ours.headers["x-twice"] == "a, b"


def test_addresses_are_read(url: str):
    assert quick_http.get(f"{url}/y?b=%20").text == requests.get(f"{url}/y?b=%20", timeout=60).text
    assert quick_http.get(f"{url}/wide").encoding == "utf-16"


def test_a_connection_serves_one_thread_until_it_ends(url: str):
    first, second = (quick_http.get(url).headers["X-Connection"] for _ in range(2))
    found: list[str] = []
    other = threading.Thread(target=lambda: found.append(quick_http.get(url).headers["X-Connection"]))
    other.start()
    other.join()
    quick_http.get(f"{url}/last")
    select.select([quick_http.kept(url).sock], [], [], 30)  # until the server has hung up

    assert first == second != found[0]
    assert quick_http.get(url).headers["X-Connection"] != first


def test_what_goes_wrong_is_told_as_usual(url: str):
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        quick_http.get(f"{url}/cut")
    with pytest.raises(requests.exceptions.ConnectionError):
        quick_http.post(f"{url}/hang-up", {})
    assert quick_http.get(url).status_code == 200
    assert quick_http.get(f"{url}/moved").status_code == 307
