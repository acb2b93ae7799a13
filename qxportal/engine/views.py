"""The one address of the API."""

from collections.abc import Iterator
from os import SEEK_END
from typing import IO

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, StreamingHttpResponse
from django.http.response import HttpResponseBase

from qxportal.engine.answers import Form, failure
from qxportal.engine.dispatch import Reply, handle
from qxportal.engine.incoming import read
from qxportal.engine.problems import Problem, UnknownRequest

PIECE = 256 * 1024


def api(request: HttpRequest) -> HttpResponseBase:
    """Answer one call; the length is always announced."""
    if request.method not in ("GET", "POST"):
        return HttpResponseNotAllowed(["GET", "POST"])
    try:
        reply = handle(read(request))
    except Problem as problem:  # not even the parameters could be read
        reply = Reply(failure(problem, "", Form()))
    return _response(request, reply)


def elsewhere(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer calls to any other address."""
    return _response(request, Reply(failure(UnknownRequest("Nothing is here."), "", Form())))


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer what is no proper HTTP."""
    return _response(request, Reply(failure(Problem(400, "ESRV35|Request", "The call is malformed."), "", Form())))


def broken(request: HttpRequest) -> HttpResponseBase:
    """Answer when even answering failed."""
    return _response(request, Reply(failure(Problem(500, "ESRV500", "An unknown error occurred."), "", Form())))


def _response(request: HttpRequest, reply: Reply) -> HttpResponseBase:
    answer = reply.answer
    length = len(answer.body) if isinstance(answer.body, bytes) else answer.body.seek(0, SEEK_END)
    headers = {"Content-Length": str(length), **answer.headers}
    body: bytes | Iterator[bytes] = answer.body if isinstance(answer.body, bytes) else _pieces(answer.body)
    if reply.cut_at is not None and reply.cut_at < length:
        body = _cut(_first(answer.body, reply.cut_at), request)
    kind = HttpResponse if isinstance(body, bytes) else StreamingHttpResponse
    return kind(body, status=answer.status, content_type=answer.content_type, headers=headers)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    """A large body, which nobody holds whole."""
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
    """Send less than was announced and hang up."""
    yield body
    connection = request.META.get("gunicorn.socket")
    if connection is not None:
        connection.shutdown(2)
