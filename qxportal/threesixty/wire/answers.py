"""Parsing of responses, whatever their format."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Never
from xml.etree.ElementTree import Element

from qxportal.threesixty.calls.base import AnswerKind, Call
from qxportal.threesixty.csv import read_csv, read_rows
from qxportal.threesixty.errors import (
    ANSWERED_ERROR,
    BadCredential,
    MalformedResponse,
    OutcomeUnknown,
    Rejected,
    ThreeSixtyError,
    TransientError,
    gettext_noop,
    not_readable,
)
from qxportal.threesixty.lazy_rows import RowBytes, as_rows, cut_rows
from qxportal.threesixty.strict_json import Json, read_json
from qxportal.threesixty.values import Raw, as_map
from qxportal.threesixty.wire.markup import parse_xml, read_envelope, read_html_table
from qxportal.threesixty.wire.pdf import Link, check_pdf, pdf_in

Content = Json | Raw | list[RowBytes] | list[dict[str, str]] | list[list[str]] | bytes | Link | Element
MIB = 1024 * 1024
ANSWER_CAP = 16 * MIB
WAIT_LEAST, WAIT_MOST = 1.0, 360.0
JSON_TYPES = ("application/json", "text/json", "text/javascript")
XML_TYPES = ("text/xml", "application/xml")
LOCKED = "ESRV2"  # codes for a locked account; with Retry-After for a while, without until it is unlocked by hand
CSV_TYPES = ("application/vnd.msexcel", "application/vnd.ms-excel", "text/csv")


@dataclass(frozen=True)
class RawResponse:
    """A raw response with a complete body, as its framing confirms.

    >>> from qxportal.threesixty.calls.persons import GetPersons
    >>> body = b'{"Meta": {"Status": "Success"}, "Result": {"Persons": [{"PersonID": "P_1"}]}}'
    >>> answer = RawResponse(200, {"content-type": "application/json; charset=utf-8"}, body)
    >>> answer.type
    'application/json'
    >>> GetPersons().read(read_answer(GetPersons(), answer))[0].vendor_id
    'P_1'
    """

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    framed: bool = True  # by Content-Length or chunks, so that a cut is noticed

    @property
    def type(self) -> str:
        """The content type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


def read_answer(call: Call[object], answer: RawResponse) -> Content:
    """The content of a response: the envelope's Result, the table's rows, the PDF's bytes or the Link to it.

    What a response proves: for a call that changes data, 400, 401, 403, 404, 429 and 503 with Retry-After
    prove that nothing was done; so does a 500 whose envelope names a business error (ESEC…, ESRV18); any
    other failure leaves the outcome unknown. For a reading call, 429 and 5xx are worth a retry. So is a 401 with ESRV2
    and Retry-After: the account is locked for a while, and the token may be right.
    """
    if answer.status == 200 and answer.headers.get("requeststatus", "").lower() != "failure":
        try:
            return _read_success(call, answer)
        except MalformedResponse as problem:
            if call.mutates:
                raise not_readable(problem) from None
            raise
    raise _failure(call, answer, _meta(answer))


def _read_success(call: Call[object], answer: RawResponse) -> Content:
    if answer.type not in JSON_TYPES and not answer.framed:
        raise MalformedResponse("The answer does not say where it ends; it may be cut.")
    return READERS[call.answer](call, answer)


def _read_envelope(call: Call[object], answer: RawResponse) -> Json:
    """The Result of an envelope in JSON or XML."""
    if answer.type in JSON_TYPES:
        return _result(call, answer, read_json(answer.body))
    if answer.type in XML_TYPES:
        return _result(call, answer, read_envelope(parse_xml(answer.body)))
    raise _unexpected(call, answer)


def _read_rows(call: Call[object], answer: RawResponse) -> list[RowBytes]:
    """The rows of a listing in an envelope, undecoded if it is JSON."""
    if answer.type in JSON_TYPES:
        return cut_rows(answer.body, call.under, partial(_result, call, answer))
    return as_rows(_read_envelope(call, answer), call.under)


def _read_table(call: Call[object], answer: RawResponse) -> list[dict[str, str]]:
    """The rows of a CSV table, keyed by column title."""
    if answer.type in CSV_TYPES:
        return read_csv(answer.body, call.columns, most_columns=call.most_columns, free=call.free_columns)
    return _refuse_envelope(call, answer)


def _read_pdf(call: Call[object], answer: RawResponse) -> bytes | Link:
    """The PDF's bytes, or the Link to it in an envelope."""
    sent_as_pdf = answer.type == "application/pdf" or answer.body.startswith(b"%PDF-")
    if sent_as_pdf and answer.type not in JSON_TYPES:
        return check_pdf(answer.body)
    return pdf_in(_read_envelope(call, answer))


def _read_survey(call: Call[object], answer: RawResponse) -> Element:
    """The root element of a survey's XML."""
    if answer.type in XML_TYPES:
        root = parse_xml(answer.body)
        if root.find("Meta") is None:
            return root
    return _refuse_envelope(call, answer)


def _read_responses(call: Call[object], answer: RawResponse) -> Raw | list[list[str]] | Element:
    """The map, rows or XML of responses, with or without an envelope."""
    if answer.type in JSON_TYPES:
        found = read_json(answer.body)
        bare = not (isinstance(found, dict) and "Meta" in found)
        return as_map(found if bare else _result(call, answer, found), "responses")
    if answer.type in CSV_TYPES:
        return read_rows(answer.body)
    if answer.type == "text/html":
        return read_html_table(answer.body)
    if answer.type in XML_TYPES:
        root = parse_xml(answer.body)
        if root.find("Meta") is None:
            return root
        return as_map(_result(call, answer, read_envelope(root)), "responses")
    raise _unexpected(call, answer)


READERS: Mapping[AnswerKind, Callable[[Call[object], RawResponse], Content]] = {
    AnswerKind.ENVELOPE: _read_envelope,
    AnswerKind.ROWS: _read_rows,
    AnswerKind.CSV: _read_table,
    AnswerKind.PDF: _read_pdf,
    AnswerKind.SURVEY: _read_survey,
    AnswerKind.RESPONSES: _read_responses,
}


def _unexpected(call: Call[object], answer: RawResponse) -> MalformedResponse:
    return MalformedResponse(
        f"The answer has {answer.type or 'no content type'} where {call.answer.value} was expected."
    )


def _refuse_envelope(call: Call[object], answer: RawResponse) -> Never:
    """Raise the error of an envelope that came in place of the expected format."""
    _read_envelope(call, answer)
    raise MalformedResponse(f"The answer is an envelope where {call.answer.value} was expected.")


def _result(call: Call[object], answer: RawResponse, envelope: Json) -> Json:
    """The Result of a successful envelope; raises the error of any other."""
    meta = envelope.get("Meta") if isinstance(envelope, dict) else None
    if not isinstance(envelope, dict) or not isinstance(meta, dict) or "Status" not in meta:
        raise MalformedResponse("The answer has no status.")
    if meta["Status"] != "Success":
        if meta["Status"] == "Error" or _code(meta) or _words(meta):
            raise _failure(call, answer, meta)
        raise MalformedResponse(f"The answer has the status {meta['Status']}.")
    return envelope.get("Result")


def _failure(call: Call[object], answer: RawResponse, meta: Mapping[str, Json]) -> ThreeSixtyError:
    code = _code(meta)
    status = _status(answer, meta)
    quoted = bool(_words(meta))
    words = _words(meta) or ANSWERED_ERROR
    details = " ".join(filter(None, [f"HTTP {status} to {call.request}", code]))
    unsaid = "" if quoted else details
    wait = retry_after(answer.headers.get("retry-after"))
    if status == 401 and code == LOCKED and wait is not None:
        # the token is right: wrong ones locked the account
        return TransientError(words, retry_after=wait, details=details, quoted=quoted)
    if status == 401:
        return BadCredential(words, code=code or "401", status=401, quoted=quoted)
    if status in (200, 400) or (status == 500 and (code.startswith("ESEC") or code == "ESRV18")):
        if not call.refusal_proves:
            return OutcomeUnknown(words, details=details, quoted=quoted)
        return Rejected(words, code=code or str(status), status=status, details=unsaid, quoted=quoted)
    if status in (403, 404):
        return Rejected(words, code=code or str(status), status=status, details=unsaid, quoted=quoted)
    if status == 429 or (status == 503 and wait is not None):
        return TransientError(gettext_noop("The server is busy."), retry_after=wait, details=details)
    if call.mutates:
        return OutcomeUnknown(ANSWERED_ERROR, details=details)
    if status >= 500:
        return TransientError(words, retry_after=wait, details=details, quoted=quoted)
    return MalformedResponse(f"The answer is HTTP {status} to {call.request}.")


def _status(answer: RawResponse, meta: Mapping[str, Json]) -> int:
    """The HTTP status; if that reports success and the envelope does not, the envelope's status."""
    said = str(meta.get("ErrorCode") or "")
    return int(said) if answer.status == 200 and re.fullmatch(r"[45]\d\d", said, re.ASCII) else answer.status


def _code(meta: Mapping[str, Json]) -> str:
    return str(meta.get("QualtricsErrorCode") or "")


def _meta(answer: RawResponse) -> Mapping[str, Json]:
    """The Meta of a failure in JSON or XML; empty if it is missing or unreadable."""
    try:
        if answer.type in JSON_TYPES:
            envelope = read_json(answer.body)
            meta = envelope.get("Meta") if isinstance(envelope, dict) else None
            return meta if isinstance(meta, dict) else {}
        if answer.type in XML_TYPES and len(answer.body) <= MIB:
            found = parse_xml(answer.body).find("Meta")
            return {} if found is None else {item.tag: item.text or "" for item in found}
    except Exception:  # whatever is wrong with the body, the status reports a failure
        return {}
    return {}


def _words(meta: Mapping[str, Json]) -> str:
    return str(meta.get("ErrorMessage") or "")


def retry_after(value: str | None, *, now: datetime | None = None) -> float | None:
    """Seconds to wait, between 1 s and 6 min; None if the header is missing or invalid."""
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
