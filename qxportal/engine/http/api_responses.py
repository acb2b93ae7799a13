"""Responses of the API: envelopes in JSON, JSONP and XML, and raw CSV and PDF."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import IO
from xml.sax.saxutils import escape, quoteattr

import msgspec

from qxportal.engine.http.errors import Problem

UNSET = "0000-00-00 00:00:00"
# as recorded: clients compare the whole header, so no character set is named; it is UTF-8
CSV = "application/vnd.msexcel"
XML = "text/xml"
CALLBACK = re.compile(r"(?!.{101})[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*", re.ASCII)
XML_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*", re.ASCII)
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Raw:
    """A result sent without an envelope."""

    body: bytes | IO[bytes]  # a large one is a file, read from its beginning
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ApiResponse:
    """The complete HTTP response to one call."""

    status: int
    body: bytes | IO[bytes]
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)
    code: str = ""  # the QualtricsErrorCode of a failure


@dataclass(frozen=True)
class OutputFormat:
    """The requested output format of a response."""

    name: str = "JSON"  # XML, JSON, JSONP, PPJSON, CSV or HTML; errors in the last two are sent as JSON
    callback: str = ""
    pretty: bool = False
    oldest: bool = False  # the oldest protocol repeats the status in a header

    @property
    def indented(self) -> bool:
        """Whether JSON is pretty-printed."""
        return self.pretty or self.name == "PPJSON"


def success(result: object, format: OutputFormat) -> ApiResponse:
    """Build a success envelope around a result; a `Raw` result is sent as it is."""
    if isinstance(result, Raw):
        return ApiResponse(200, result.body, result.content_type, {"RequestStatus": "Success", **result.headers})
    headers = {"RequestStatus": "Success"} if format.oldest else None
    return _enveloped(200, {"Status": "Success", "Debug": ""}, result, format, headers)


def failure(problem: Problem, request_name: str, format: OutputFormat) -> ApiResponse:
    """Build an error envelope."""
    meta = {
        "Status": "Error",
        "RequestType": request_name,
        "ErrorCode": problem.status,
        "QualtricsErrorCode": problem.code,
        "ErrorMessage": problem.message,
        "Debug": "",
    }
    headers = {"RequestStatus": "Failure", "Status": str(problem.status)}
    if problem.retry_after is not None:
        headers["Retry-After"] = str(problem.retry_after)
    return _enveloped(problem.status, meta, None, format, headers, problem.code)


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Raw:
    """A CSV result; every line ends with CRLF."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows(rows)
    return Raw(out.getvalue().encode(), CSV)


def stamp(moment: datetime | None) -> str:
    """A time in UTC in the API's format."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if moment else UNSET


def php_map(value: Mapping[str, object]) -> object:
    """The map as PHP encodes it: an empty one becomes an empty list."""
    return dict(value) or []


def _enveloped(
    status: int,
    meta: Mapping[str, object],
    result: object,
    format: OutputFormat,
    headers: Mapping[str, str] | None = None,
    code: str = "",
) -> ApiResponse:
    if format.name == "XML":
        body = f'<?xml version="1.0" encoding="UTF-8"?>\n{element("XML", {"Meta": meta, "Result": result})}\n'
        return ApiResponse(status, body.encode(), XML, headers or {}, code)
    text = json_bytes({"Meta": meta, "Result": result}, format)
    if format.name == "JSONP":
        text = b"%s(%s);" % (format.callback.encode(), text)
        return ApiResponse(status, text, "application/javascript", headers or {}, code)
    return ApiResponse(status, text, "application/json", headers or {}, code)


def json_bytes(value: object, format: OutputFormat) -> bytes:
    """A value as JSON; for scripts, the two line separators of Unicode are escaped."""
    text = msgspec.json.encode(value)
    if format.indented:
        text = msgspec.json.format(text, indent=4)
    if format.name == "JSONP":
        text = text.replace("\u2028".encode(), b"\\u2028").replace("\u2029".encode(), b"\\u2029")
    return text


def element(name: str, value: object) -> str:
    """An XML element with its content."""
    return f"<{name}>{inner(value)}</{name}>"


def inner(value: object) -> str:
    """An element's content: numbered `element` nodes for a list, one element per key for a map."""
    if isinstance(value, str):
        return xml_text(value)
    if isinstance(value, Mapping):
        return "".join(inner(item).join(tags(key)) for key, item in value.items())
    if isinstance(value, list | tuple):
        return "".join(f'<element id="{index}">{inner(item)}</element>' for index, item in enumerate(value))
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, msgspec.Raw):
        return inner(msgspec.json.decode(value))
    return "" if value is None else xml_text(str(value))


@lru_cache(1_000)
def tags(key: str) -> tuple[str, str]:
    """Start and end tag for a key; a key that is no XML name, or is "element", becomes an attribute."""
    if XML_NAME.fullmatch(key) and key != "element":
        return f"<{key}>", f"</{key}>"
    return f"<element key={_quoted(key)}>", "</element>"


def xml_text(text: str) -> str:
    """Text escaped for XML; characters that XML cannot contain are replaced."""
    if text.isascii() and text.isprintable() and not any(mark in text for mark in "&<>"):
        return text  # as most are
    return escape(NOT_XML.sub("\ufffd", text), {"\r": "&#13;"})


def _quoted(text: str) -> str:
    return quoteattr(NOT_XML.sub("\ufffd", text))
