"""The views of the API's server."""

import ctypes
import errno
import os
import time
from collections.abc import Iterator
from os import SEEK_END
from typing import IO

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, StreamingHttpResponse
from django.http.response import HttpResponseBase

from qxportal.engine.http import memory
from qxportal.engine.http.api_responses import OutputFormat, failure
from qxportal.engine.http.errors import Problem, UnknownRequest
from qxportal.engine.http.races import no_room
from qxportal.engine.http.request_parsing import read, way
from qxportal.engine.models import Fault
from qxportal.engine.requests.dispatch import Reply, handle, refuse

PIECE = 256 * 1024
DRIPS = 20  # a second
NOWHERE = bytes(16)  # AF_UNSPEC: connecting to it resets the connection


def api(request: HttpRequest) -> HttpResponseBase:
    """Handle one call; every response has a Content-Length."""
    if request.method not in ("GET", "POST"):
        return HttpResponseNotAllowed(["GET", "POST"])
    try:
        reply = handle(read(request))
    except Problem as problem:
        reply = refuse(way(request), problem)
    except OSError as error:  # a large body is received into a file
        if (full := no_room(error)) is None:
            raise
        reply = refuse(way(request), full)
    if _announced(request) > memory.LARGE:
        memory.give_back()
    return _response(request, reply)


def _announced(request: HttpRequest) -> int:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isdecimal() else 0


def elsewhere(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Respond to any other URL."""
    return _response(request, Reply(failure(UnknownRequest("Nothing is here."), "", OutputFormat())))


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Respond to malformed requests (Django's handler400)."""
    return _response(
        request, Reply(failure(Problem(400, "ESRV35|Request", "The call is malformed."), "", OutputFormat()))
    )


def broken(request: HttpRequest) -> HttpResponseBase:
    """Respond to errors in the view itself (Django's handler500)."""
    return _response(request, Reply(failure(Problem(500, "ESRV500", "An unknown error occurred."), "", OutputFormat())))


def _response(request: HttpRequest, reply: Reply) -> HttpResponseBase:
    answer = reply.answer
    length = len(answer.body) if isinstance(answer.body, bytes) else answer.body.seek(0, SEEK_END)
    headers = {"Content-Length": str(length), **answer.headers}
    body: bytes | Iterator[bytes] = answer.body if isinstance(answer.body, bytes) else _pieces(answer.body)
    fault = reply.fault
    match fault.kind if fault else None:
        case Fault.Kind.CUT if fault and (end := fault.end(length)) < length:
            body = _cut(_first(answer.body, end), request)
        case Fault.Kind.RESET if fault:
            body = _reset(_first(answer.body, fault.end(length)), request)
        case Fault.Kind.DRIP if fault:
            body = _drip(_first(answer.body, length), fault.seconds)
    kind = HttpResponse if isinstance(body, bytes) else StreamingHttpResponse
    return kind(body, status=answer.status, content_type=answer.content_type, headers=headers)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    """A large body in pieces."""
    with file:
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


def _first(body: bytes | IO[bytes], count: int) -> bytes:
    if isinstance(body, bytes):
        return body[:count]
    with body:
        body.seek(0)
        return body.read(count)


def _cut(body: bytes, request: HttpRequest) -> Iterator[bytes]:
    """Send less than the announced length and close the connection."""
    yield body
    connection = request.META.get("gunicorn.socket")
    if connection is not None:
        connection.shutdown(2)


def _reset(body: bytes, request: HttpRequest) -> Iterator[bytes]:
    """Send a part, then reset the connection."""
    if body:
        yield body
    connection = request.META.get("gunicorn.socket")
    if connection is not None:
        ctypes.CDLL(None).connect(connection.fileno(), NOWHERE, len(NOWHERE))
    raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))


def _drip(body: bytes, seconds: float) -> Iterator[bytes]:
    """Send a few bytes at a time."""
    drips = max(1, min(len(body), round(seconds * DRIPS)))
    size = -(-len(body) // drips) or 1
    for start in range(0, len(body), size):
        time.sleep(seconds / drips)
        yield body[start : start + size]
