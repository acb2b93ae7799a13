"""HTTP calls in the style of `requests`, with its responses and errors, in a third of its time, for thousands of calls.

A thread keeps its connection to a server for its next calls, as programs that use an API do.
"""

import http.client
import select
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers
from urllib3.fields import RequestField
from urllib3.filepost import encode_multipart_formdata

Fields = Mapping[str, str | bytes]
Files = Mapping[str, bytes | tuple[str | None, bytes]]
USUAL = {"User-Agent": "tests", "Accept": "*/*", "Accept-Encoding": "gzip, deflate"}
IDLE = 4.0  # seconds after which a server may be about to hang up
FORM = "application/x-www-form-urlencoded"

_kept = threading.local()


class Connection(http.client.HTTPConnection):
    """A connection that ends with the thread that keeps it."""

    used_at = 0.0

    def __del__(self) -> None:
        self.close()


def get(url: str, *, timeout: float = 30) -> requests.Response:
    """Send a GET."""
    return _exchange("GET", url, b"", {}, timeout)


def post(
    url: str,
    data: Fields | str | bytes | None = None,
    *,
    files: Files | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float = 30,
) -> requests.Response:
    """Post a form, with files as parts, or a raw body."""
    if files is not None:
        body, kind = _parts(data if isinstance(data, Mapping) else {}, files)
    elif isinstance(data, Mapping):
        body, kind = urlencode(data).encode(), FORM
    else:
        body, kind = (data.encode() if isinstance(data, str) else data or b""), ""
    given = {**({"Content-Type": kind} if kind else {}), **(headers or {})}
    return _exchange("POST", url, body, given, timeout)


def ask(
    method: str, url: str, data: Fields | None = None, *, headers: Mapping[str, str] | None = None, timeout: float = 60
) -> requests.Response:
    """Send any method, with an optional form; redirects are not followed."""
    body = b"" if data is None else urlencode(data).encode()
    given = {**({} if data is None else {"Content-Type": FORM}), **(headers or {})}
    return _exchange(method, url, body, given, timeout)


def kept(url: str) -> Connection:
    """This thread's connection to the server of a URL."""
    parts = urlsplit(url)
    connection: Connection = _kept.by_address[parts.hostname or "", parts.port or 80]
    return connection


def _parts(data: Fields, files: Files) -> tuple[bytes, str]:
    fields = [RequestField(name, value) for name, value in data.items()]
    for name, file in files.items():
        file_name, content = file if isinstance(file, tuple) else (name, file)
        fields.append(RequestField(name, content, filename=file_name))
    for field in fields:
        field.make_multipart()
    return encode_multipart_formdata(fields)


def _exchange(method: str, url: str, body: bytes, headers: Mapping[str, str], timeout: float) -> requests.Response:
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    connection = _connection(parts.hostname or "", parts.port or 80, timeout)
    try:
        connection.request(method, path, body or (b"" if method == "POST" else None), {**USUAL, **headers})
        answer = connection.getresponse()
    except (OSError, http.client.HTTPException) as problem:
        connection.close()
        raise requests.exceptions.ConnectionError(problem) from problem
    try:
        content = answer.read()
    except (OSError, http.client.HTTPException) as problem:
        connection.close()
        raise requests.exceptions.ChunkedEncodingError(problem) from problem
    connection.used_at = time.monotonic()
    return _response(url, answer, content)


def _connection(host: str, port: int, timeout: float) -> Connection:
    """This thread's connection, unless its server has closed or may close it: a call is never sent twice."""
    if not hasattr(_kept, "by_address"):
        _kept.by_address = {}
    connection: Connection | None = _kept.by_address.get((host, port))
    if connection is None:
        connection = _kept.by_address[host, port] = Connection(host, port)
    if connection.sock and (time.monotonic() - connection.used_at > IDLE or _speaks(connection.sock)):
        connection.close()
    connection.timeout = timeout
    if connection.sock:
        connection.sock.settimeout(timeout)
    return connection


def _speaks(waiting: Any) -> bool:
    """Whether unexpected data arrived, which can only mean the end of the connection."""
    return bool(select.select([waiting], [], [], 0)[0])


def _response(url: str, answer: http.client.HTTPResponse, content: bytes) -> requests.Response:
    made = requests.Response()
    made.status_code, made.reason, made.url = answer.status, answer.reason, url
    headers: CaseInsensitiveDict[str] = CaseInsensitiveDict()
    for name, value in answer.getheaders():
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    made.headers = headers
    made.encoding = get_encoding_from_headers(headers)
    made._content = content
    made._content_consumed = True  # type: ignore[attr-defined]
    return made
