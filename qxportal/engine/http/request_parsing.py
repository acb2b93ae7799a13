"""Reads a call's parameters from query, form, multipart or JSON body, which may be mixed."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, UnreadablePostError
from django.http.multipartparser import MultiPartParserError

from qxportal.engine.http import urlencoded
from qxportal.engine.http.addresses import address_of
from qxportal.engine.http.errors import Invalid, Problem
from qxportal.threesixty.catalogue import UPLOAD_LIMIT

TOO_LARGE = "The call is larger than 8 MB."
SLACK = 64 * 1024  # allowance for parameters and multipart boundaries around a file of the full size
DRAIN_LIMIT = 64 * 1024 * 1024
MOST_NESTED = 400_000  # lists and objects of a JSON body, which cost the most memory
BRACKETS = re.compile(r"([^\[\]]+)\[([^\[\]]*)\]")
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
JSON_TYPES = ("application/json", "text/json")


@dataclass(frozen=True)
class Way:
    """Method, host, path, query and network address of a call."""

    method: str = "POST"
    host: str = ""  # as in the Host header
    path: str = ""
    query: str = ""  # undecoded
    address: str = ""  # of the caller, see `addresses.py`


@dataclass(frozen=True)
class Incoming:
    """An unchecked call; values are texts, or structures from a JSON body or brackets."""

    values: Mapping[str, object]
    file: bytes | None = None
    way: Way = Way()


def read(request: HttpRequest) -> Incoming:
    """All parameters; the body takes precedence over the query, and the last of several values with one name."""
    return replace(_read(request), way=way(request))


def way(request: HttpRequest) -> Way:
    """A call's `Way`, independent of its content."""
    host, query = str(request.META.get("HTTP_HOST", "")), str(request.META["QUERY_STRING"])
    return Way(str(request.method), host, request.path, query, address_of(request))


def _read(request: HttpRequest) -> Incoming:
    _refuse_too_much(request)
    pairs: list[tuple[str, object]] = list(_pairs(request.GET.lists()))
    try:
        if request.method != "POST":
            return Incoming(_gather(pairs))
        if request.content_type in JSON_TYPES:
            return Incoming(_gather(pairs) | _json(request.body))
        if request.content_type == MULTIPART:
            pairs += _pairs(request.POST.lists())
            return Incoming(_gather(pairs), _file(request))
        if request.content_type == FORM and not _has_lines(request.body):
            pairs += urlencoded.fields(request.body.strip(), settings.DATA_UPLOAD_MAX_NUMBER_FIELDS)
            return Incoming(_gather(pairs))
        return Incoming(_gather(pairs), request.body or None)  # a file posted as the body, with any content type
    except RequestDataTooBig as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "ESRV35|FileContents", TOO_LARGE) from error
    except (TooManyFieldsSent, TooManyFilesSent) as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "ESRV35|Request", "The call has too many parameters or files.") from error
    except (MultiPartParserError, SuspiciousOperation, UnreadablePostError) as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "ESRV35|FileContents", "The body cannot be read.") from error


def _has_lines(body: bytes) -> bool:
    """Whether a body has line ends and so is no form, although many tools label every POST as one."""
    return b"\n" in body.strip()


def _refuse_too_much(request: HttpRequest) -> None:
    announced = request.META.get("CONTENT_LENGTH") or "0"
    length = int(announced) if announced.isdecimal() else 0
    if length <= UPLOAD_LIMIT + SLACK:
        return
    if length <= DRAIN_LIMIT:  # read the rest: otherwise the sender would see a reset instead of our response
        while request.read(1 << 20):
            pass
    raise Problem(HTTPStatus.BAD_REQUEST, "ESRV35|FileContents", TOO_LARGE)


def _file(request: HttpRequest) -> bytes | None:
    upload = request.FILES.get("FileContents")
    if upload is None:
        return None
    if upload.size is None or upload.size > UPLOAD_LIMIT:
        raise Invalid("FileContents", "The file is larger than 8 MB.")
    return bytes(upload.read())


def _json(body: bytes) -> dict[str, object]:
    if body.count(b"{") + body.count(b"[") > MOST_NESTED:
        raise Problem(HTTPStatus.BAD_REQUEST, "ESRV35|Request", "The JSON body has too many lists and objects.")
    try:
        given = json.loads(body or b"{}", parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "ESRV35|Request", "The JSON body cannot be read.") from error
    if not isinstance(given, dict):
        raise Problem(HTTPStatus.BAD_REQUEST, "ESRV35|Request", "The JSON body is not an object.")
    if len(given) > settings.DATA_UPLOAD_MAX_NUMBER_FIELDS:
        raise TooManyFieldsSent
    return given


def _refuse_constant(word: str) -> object:
    raise ValueError(f"{word} is no JSON")


def _pairs(lists: Iterable[tuple[str, list[str]]]) -> Iterable[tuple[str, object]]:
    return ((name, value) for name, values in lists for value in values)


def _gather(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    """Fold `Name[key]=value` into maps and `Name[]=value` into lists, as PHP does."""
    values: dict[str, object] = {}
    for name, value in pairs:
        brackets = BRACKETS.fullmatch(name)
        if brackets is None:
            values[name] = value
            continue
        base, key = brackets.groups()
        if key:
            inner = values.get(base)
            values[base] = (inner if isinstance(inner, dict) else {}) | {key: value}
        else:
            items = values.get(base)
            values[base] = [*(items if isinstance(items, list) else []), value]
    return values
