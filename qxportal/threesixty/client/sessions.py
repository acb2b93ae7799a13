"""Use of `requests`: guarded connections, redirects left to the client, and bodies of limited size."""

import re
from collections.abc import Collection
from typing import Any
from urllib.parse import urljoin

import requests
from requests.adapters import HTTPAdapter

from qxportal.threesixty.client.transport import Guard, guarded_pools
from qxportal.threesixty.errors import MalformedResponse
from qxportal.threesixty.wire.answers import RawResponse

CHUNK = 64 * 1024


class Session(requests.Session):
    """A session that leaves redirects to the client and does not even look at their target.

    >>> moved = requests.Response()
    >>> moved.status_code, moved.headers["Location"] = 302, "https://elsewhere.example/"
    >>> Session().get_redirect_target(moved) is None
    True
    """

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None; otherwise `requests` would read the body without a limit to prepare the next request."""


class Adapter(HTTPAdapter):
    """Sends through guarded connections, without retries.

    >>> Adapter(lambda host, address: None, ()).max_retries.total
    0
    """

    def __init__(self, guard: Guard, engines: Collection[str]) -> None:
        self._guard, self._engines = guard, engines
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Use guarded connections in the pools."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = guarded_pools(self._guard, self._engines)


def joined(base: str, location: str) -> str:
    """Absolute URL of a Location header; empty if invalid."""
    try:
        return urljoin(base, location) if location else ""
    except ValueError:
        return ""


def receive(response: requests.Response, cap: int) -> RawResponse:
    """The complete response; raises OSError if it is shorter than announced."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    announced = int(length) if re.fullmatch(r"[0-9]{1,15}", length := headers.get("content-length", "")) else None
    framed = announced is not None or headers.get("transfer-encoding", "").strip().lower() == "chunked"
    if headers.get("content-encoding", "").strip().lower() not in ("", "identity"):
        if response.status_code != 200:
            return RawResponse(response.status_code, headers, b"", framed=False)  # the status says enough
        raise MalformedResponse("The answer is compressed, which we did not ask for.")
    body = bytearray()
    while chunk := response.raw.read1(CHUNK):
        body += chunk
        if len(body) > cap:
            raise MalformedResponse(f"The answer is larger than {cap // 1024 // 1024} MB.")
    if announced not in (None, len(body)):
        raise OSError("cut")
    return RawResponse(response.status_code, headers, bytes(body), framed=framed)
