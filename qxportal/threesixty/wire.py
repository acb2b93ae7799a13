"""Requests and answers as data, without any I/O."""

import base64
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

from qxportal.threesixty.calls.base import AnswerKind, Call, File
from qxportal.threesixty.catalogue import OLDEST
from qxportal.threesixty.csv import read_csv, read_rows
from qxportal.threesixty.errors import (
    BadCredential,
    OutcomeUnknown,
    Rejected,
    Temporary,
    ThreeSixtyError,
    UnexpectedShape,
)
from qxportal.threesixty.markup import parse_xml, read_html_table, read_xml
from qxportal.threesixty.secret import Secret
from qxportal.threesixty.strict_json import read_json
from qxportal.threesixty.unread import cut_rows

MIB = 1024 * 1024
ANSWER_CAP, PDF_CAP = 16 * MIB, 50 * MIB
WAIT_LEAST, WAIT_MOST = 1.0, 900.0
JSON_TYPES = ("application/json", "text/json", "text/javascript")
XML_TYPES = ("text/xml", "application/xml")
CSV_TYPES = ("application/vnd.msexcel", "application/vnd.ms-excel", "text/csv")
FORBIDDEN_IN_PDF = re.compile(rb"/(JavaScript|Launch|EmbeddedFiles?)\b")
HEX_IN_NAME = re.compile(rb"#([0-9A-Fa-f]{2})")


@dataclass(frozen=True)
class Answer:
    """An answer as it came: the body is whole, as its framing says."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    framed: bool = True  # by Content-Length or chunks, so that a cut shows

    @property
    def type(self) -> str:
        """The content type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True)
class Link:
    """The PDF lies elsewhere; the client decides whether to go there."""

    url: str


def request_body(
    call: Call[Any], *, user: str, token: Secret, version: str, request: str, form: str | None = None
) -> tuple[str, bytes]:
    """Content type and body of a POST: a form, or multipart when the call has files. Secrets stand here only."""
    spoken = {"Request": request, "User": user}
    spoken |= {"Password": token.reveal()} if version == OLDEST else {"Token": token.reveal(), "Version": version}
    wanted = form or call.format()
    if wanted:
        spoken["Format"] = "XML" if version == OLDEST and wanted == "JSON" else wanted
    # the catalogue knows the request by its own name, whatever the credential calls it
    fields = [*spoken.items(), *call.parameters(call.request_for(version))]
    try:
        files = call.files()
        if not files:
            return "application/x-www-form-urlencoded", urlencode(fields).encode()
        return _multipart(fields, files)
    except UnicodeEncodeError:
        raise Rejected("A value holds a character that cannot be sent.", code="encoding") from None


def _multipart(fields: list[tuple[str, str]], files: Mapping[str, File]) -> tuple[str, bytes]:
    boundary = f"----{secrets.token_hex(16)}"
    parts = [_part(boundary, f'name="{_quoted(name)}"', value.encode()) for name, value in fields]
    parts += [
        _part(boundary, f'name="{name}"; filename="{file.name}"\r\nContent-Type: {file.type}', file.content)
        for name, file in files.items()
    ]
    return f"multipart/form-data; boundary={boundary}", b"".join(parts) + f"--{boundary}--\r\n".encode()


def read_answer(call: Call[Any], answer: Answer) -> Any:
    """What the answer holds: the envelope's Result, the table's rows, the PDF's bytes or the Link to it.

    An answer proves only so much. Of a call that changes something: 400, 401, 403, 404, 429 and 503 with Retry-After
    say that nothing was done; a 500 whose envelope names a business error (ESEC…, ESRV18) says so too; every
    other failure leaves the outcome unknown. Of a reading: 429 and 5xx are worth asking again.
    """
    if answer.status == 200 and answer.headers.get("requeststatus", "").lower() != "failure":
        try:
            return _read_success(call, answer)
        except UnexpectedShape as problem:
            if call.mutates:
                raise OutcomeUnknown(f"The answer could not be read: {problem}") from None
            raise
    raise _failure(call, answer)


def _read_success(call: Call[Any], answer: Answer) -> Any:
    if answer.type in JSON_TYPES:
        if call.answer is AnswerKind.RESPONSES:
            return _bare(answer)
        if call.answer is AnswerKind.ROWS:
            return cut_rows(answer.body, call.under, _result)
        result = _result(read_json(answer.body))
        return _pdf_in(result) if call.answer is AnswerKind.PDF else result
    if not answer.framed:
        raise UnexpectedShape("The answer does not say where it ends; it may be cut.")
    if call.answer is AnswerKind.CSV and answer.type in CSV_TYPES:
        return read_csv(answer.body, call.columns, most_columns=call.most_columns)
    if call.answer is AnswerKind.PDF and (answer.type == "application/pdf" or answer.body.startswith(b"%PDF-")):
        return check_pdf(answer.body)
    if call.answer is AnswerKind.RESPONSES and answer.type in CSV_TYPES:
        return read_rows(answer.body)
    if call.answer is AnswerKind.RESPONSES and answer.type == "text/html":
        return read_html_table(answer.body)
    if answer.type in XML_TYPES:
        return _xml(call, answer)
    raise UnexpectedShape(
        f"The vendor answered with {answer.type or 'no content type'} where {call.answer.value} was expected."
    )


def _bare(answer: Answer) -> Any:
    """A map without an envelope; an envelope in its place tells of a failure."""
    found = read_json(answer.body)
    if isinstance(found, dict) and "Meta" in found and "Result" in found:
        return _result(found)
    return found


def _xml(call: Call[Any], answer: Answer) -> Any:
    root = parse_xml(answer.body)
    own = root.find("Meta") is None and call.answer in (AnswerKind.SURVEY, AnswerKind.RESPONSES)
    if own:
        return root
    result = _result(read_xml(answer.body))
    return _pdf_in(result) if call.answer is AnswerKind.PDF else result


def _result(envelope: Any) -> Any:
    meta = envelope.get("Meta") if isinstance(envelope, dict) else None
    if not isinstance(meta, dict) or "Status" not in meta:
        raise UnexpectedShape("The answer has no status.")
    if meta["Status"] != "Success":
        raise Rejected(
            _words(meta), code=str(meta.get("QualtricsErrorCode") or meta.get("ErrorCode") or ""), status=200
        )
    return envelope.get("Result")


def _pdf_in(result: Any) -> bytes | Link:
    found = result if isinstance(result, str) else None
    if isinstance(result, dict):
        found = next((value for value in result.values() if isinstance(value, str) and value), None)
    if not found:
        raise UnexpectedShape("The answer holds no report.")
    if found.startswith(("http://", "https://")):
        return Link(found)
    try:
        return check_pdf(base64.b64decode("".join(found.split()), validate=True))
    except ValueError:
        raise UnexpectedShape("The answer holds a text that is no report.") from None


def check_pdf(body: bytes) -> bytes:
    """The same bytes when they are a whole and harmless PDF; raises UnexpectedShape otherwise."""
    if len(body) > PDF_CAP:
        raise UnexpectedShape("The report is larger than 50 MB.")
    if not body.startswith(b"%PDF-"):
        raise UnexpectedShape("The report is no PDF.")
    if not body.rstrip(b"\r\n \t\x00").endswith(b"%%EOF"):
        raise UnexpectedShape("The report is cut.")
    plain = HEX_IN_NAME.sub(lambda found: bytes.fromhex(found[1].decode()), body)  # /J#61vaScript is /JavaScript
    if FORBIDDEN_IN_PDF.search(body) or FORBIDDEN_IN_PDF.search(plain):
        raise UnexpectedShape("The report holds active content; it is not kept.")
    return body


def _failure(call: Call[Any], answer: Answer) -> ThreeSixtyError:
    meta = _meta(answer)
    code = str(meta.get("QualtricsErrorCode") or "")
    words = _words(meta) or f"The vendor answered {answer.status} to {call.request}."
    wait = retry_after(answer.headers.get("retry-after"))
    if answer.status == 200:  # the header alone says that it failed
        return Rejected(words, code=code, status=200)
    if answer.status == 401:
        return BadCredential(words, code=code or "401", status=401)
    if answer.status == 400 and not call.refusal_proves:
        return OutcomeUnknown(f"{words} Something may have been made all the same.")
    if answer.status in (400, 403, 404):
        return Rejected(words, code=code or str(answer.status), status=answer.status)
    if answer.status == 429 or (answer.status == 503 and wait is not None):
        return Temporary(f"The vendor is busy ({answer.status}).", retry_after=wait)
    if answer.status == 500 and (code.startswith("ESEC") or code == "ESRV18"):
        return Rejected(words, code=code, status=500)
    if call.mutates:
        return OutcomeUnknown(f"The vendor answered {answer.status} to {call.request}.")
    if answer.status >= 500:
        return Temporary(words, retry_after=wait)
    return UnexpectedShape(f"The vendor answered {answer.status} to {call.request}.")


def _meta(answer: Answer) -> Mapping[str, Any]:
    """The envelope of a failure in JSON or XML; empty when there is none that can be read."""
    try:
        if answer.type in JSON_TYPES:
            envelope = read_json(answer.body)
            meta = envelope.get("Meta") if isinstance(envelope, dict) else None
            return meta if isinstance(meta, dict) else {}
        if answer.type in XML_TYPES and len(answer.body) <= MIB:
            found = parse_xml(answer.body).find("Meta")
            return {} if found is None else {item.tag: item.text or "" for item in found}
    except Exception:  # whatever is wrong with the body, the status has said that it failed
        return {}
    return {}


def _words(meta: Mapping[str, Any]) -> str:
    return str(meta.get("ErrorMessage") or "")[:500]


def retry_after(value: str | None, *, now: datetime | None = None) -> float | None:
    """Seconds to wait, between 1 s and 15 min; nothing when the header is missing or makes no sense."""
    if value is None:
        return None
    text = value.strip()
    if re.fullmatch(r"-?\d{1,12}(\.\d+)?", text):
        seconds = float(text)
    else:
        try:
            then = parsedate_to_datetime(text)
        except ValueError:
            return None
        then = then if then.tzinfo else then.replace(tzinfo=UTC)
        seconds = (then - (now or datetime.now(UTC))).total_seconds()
    return min(WAIT_MOST, max(WAIT_LEAST, seconds))


def _part(boundary: str, disposition: str, content: bytes) -> bytes:
    return f"--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n".encode() + content + b"\r\n"


def _quoted(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"').replace("\r", " ").replace("\n", " ")
