"""Answers as the API writes them: envelopes in JSON, JSONP and XML, raw CSV and PDF."""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO
from xml.sax.saxutils import escape, quoteattr

from qxportal.engine.problems import Problem

UNSET = "0000-00-00 00:00:00"
CSV = "application/vnd.msexcel; charset=utf-8"
CALLBACK = re.compile(r"[A-Za-z_$][A-Za-z0-9_$.]{0,99}", re.ASCII)
XML_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*", re.ASCII)
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Raw:
    """A result that goes out without an envelope."""

    body: bytes | IO[bytes]  # a large one is a file, read from its beginning
    content_type: str


@dataclass(frozen=True)
class Answer:
    """Everything that goes back for one call."""

    status: int
    body: bytes | IO[bytes]
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)
    code: str = ""  # the QualtricsErrorCode of a failure


@dataclass(frozen=True)
class Form:
    """In which format to answer."""

    name: str = "JSON"  # XML, JSON, JSONP, PPJSON, CSV or HTML; failures of the last two are told in JSON
    callback: str = ""
    pretty: bool = False
    oldest: bool = False  # the oldest protocol tells success in a header too


def success(result: object, form: Form) -> Answer:
    """Wrap a result, or pass a raw one through."""
    if isinstance(result, Raw):
        return Answer(200, result.body, result.content_type, {"RequestStatus": "Success"})
    headers = {"RequestStatus": "Success"} if form.oldest else None
    return _enveloped(200, {"Status": "Success", "Debug": ""}, result, form, headers)


def failure(problem: Problem, request_name: str, form: Form) -> Answer:
    """Say why not."""
    meta = {
        "Status": "Error",
        "RequestType": request_name,
        "ErrorCode": problem.status,
        "QualtricsErrorCode": problem.code,
        "ErrorMessage": problem.message,
        "Debug": "",
    }
    headers = {"RequestStatus": "Failure", "Status": str(problem.status)}
    return _enveloped(problem.status, meta, None, form, headers, problem.code)


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Raw:
    """Give a CSV answer; every line ends with CRLF."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows(rows)
    return Raw(out.getvalue().encode(), CSV)


def stamp(moment: datetime | None) -> str:
    """Write a time as the API does, in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if moment else UNSET


def php_map(value: Mapping[str, object]) -> object:
    """A map; an empty one is written as an empty list."""
    return dict(value) or []


def _enveloped(
    status: int,
    meta: Mapping[str, object],
    result: object,
    form: Form,
    headers: Mapping[str, str] | None = None,
    code: str = "",
) -> Answer:
    if form.name == "XML":
        body = f'<?xml version="1.0" encoding="UTF-8"?>\n{element("XML", {"Meta": meta, "Result": result})}\n'
        return Answer(status, body.encode(), "text/xml; charset=utf-8", headers or {}, code)
    pretty = form.pretty or form.name == "PPJSON"
    text = json.dumps(
        {"Meta": meta, "Result": result},
        ensure_ascii=False,
        indent=4 if pretty else None,
        separators=None if pretty else (",", ":"),
    )
    if form.name == "JSONP":
        safe = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
        return Answer(status, f"{form.callback}({safe});".encode(), "application/javascript", headers or {}, code)
    return Answer(status, text.encode(), "application/json", headers or {}, code)


def element(name: str, value: object) -> str:
    """One XML element by its name."""
    return f"<{name}>{_inner(value)}</{name}>"


def _inner(value: object) -> str:
    """What an element holds: of a list numbered `element` nodes, of a map an element per key."""
    if isinstance(value, Mapping):
        return "".join(_inner(item).join(tags(key)) for key, item in value.items())
    if isinstance(value, list | tuple):
        return "".join(f'<element id="{index}">{_inner(item)}</element>' for index, item in enumerate(value))
    if isinstance(value, bool):
        return "1" if value else "0"
    return "" if value is None else xml_text(str(value))


def tags(key: str) -> tuple[str, str]:
    """Start and end of a key's element; a key that is no XML name becomes an attribute."""
    if XML_NAME.fullmatch(key):
        return f"<{key}>", f"</{key}>"
    return f"<element key={_quoted(key)}>", "</element>"


def xml_text(text: str) -> str:
    """Text as XML holds it; what it cannot hold is replaced."""
    return escape(NOT_XML.sub("\ufffd", text), {"\r": "&#13;"})


def _quoted(text: str) -> str:
    return quoteattr(NOT_XML.sub("\ufffd", text))
