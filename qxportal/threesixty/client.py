"""Sends calls; the only importer of `requests`."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType, TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urljoin, urlsplit

import requests
import structlog
from requests.adapters import HTTPAdapter

from qxportal.threesixty.calls.base import AnswerKind, Call
from qxportal.threesixty.calls.persons import GetPersons
from qxportal.threesixty.errors import OutcomeUnknown, Rejected, Temporary, ThreeSixtyError, UnexpectedShape
from qxportal.threesixty.hosts import allowed_url, check_host, resolves_to_public
from qxportal.threesixty.records import PersonRecord
from qxportal.threesixty.secret import Secret
from qxportal.threesixty.wire import ANSWER_CAP, PDF_CAP, Answer, Link, check_pdf, read_answer, request_body

log = structlog.get_logger(__name__)

T = TypeVar("T")
PATH = "/WRAPI/ThreeSixty/api.php"
CONNECT_SECONDS, READ_SECONDS = 5.0, 30.0
TOTAL_SECONDS, PDF_SECONDS = 60.0, 120.0
REDIRECTS = 3
CHUNK = 64 * 1024


@dataclass(frozen=True)
class Page:
    """One page of the directory; `sound` is false when the listing shifted under our hands."""

    records: tuple[PersonRecord, ...]
    sound: bool


class ThreeSixty:
    """A server of the API, with the right to ask it. Use it as a context manager."""

    def __init__(
        self,
        host: str,
        user: str,
        token: Secret,
        version: str = "2.5",
        names: Mapping[str, str] = MappingProxyType({}),
        *,
        allow_loopback: bool = False,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        self.root = check_host(host, allow_loopback=allow_loopback)
        self.user = user
        self.version = version
        self.names = names
        self.allow_loopback = allow_loopback
        self.total_seconds = total_seconds
        self._token = token
        self._session = requests.Session()
        self._session.trust_env = False  # neither proxies nor netrc from the environment
        self._session.max_redirects = 0
        self._session.mount("https://", HTTPAdapter(max_retries=0))
        self._session.mount("http://", HTTPAdapter(max_retries=0))

    def __repr__(self) -> str:
        return f"ThreeSixty({self.root}, {self.version})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()

    def call(self, call: Call[T]) -> T:
        """Send one call and give its typed answer; raises one of `errors.py`."""
        request = call.request_for(self.version)
        begun = time.monotonic()
        outcome = "answered"
        answer: Answer | None = None
        try:
            answer = self._send(call, request)
            found = read_answer(call, answer)
            if isinstance(found, Link):
                found = self._fetch_link(call, found)
            return self._read(call, found)
        except ThreeSixtyError as problem:
            outcome = type(problem).__name__
            raise
        finally:
            log.info(
                "vendor_call",
                request=request,
                status=answer.status if answer else None,
                size=len(answer.body) if answer else 0,
                ms=round((time.monotonic() - begun) * 1000),
                outcome=outcome,
            )

    def pages(self, first: GetPersons, *, size: int) -> Iterator[Page]:
        """Walk the directory in pages of `size`, each asking again for the last row of the one before.

        A page that does not begin with that row tells that the listing shifted; it and all later ones are not sound.
        """
        start, last, sound = first.start_index, "", True
        while True:
            overlap = 1 if last else 0
            records = self.call(replace(first, start_index=start - overlap, record_limit=size + overlap))
            if overlap:
                sound &= bool(records) and records[0].vendor_id == last
                fresh = tuple(record for record in records if record.vendor_id != last)
            else:
                fresh = records
            yield Page(fresh, sound)
            if len(records) < size + overlap:
                return
            start += len(records) - overlap
            last = records[-1].vendor_id

    def _read(self, call: Call[T], found: Any) -> T:
        try:
            return call.read(found)
        except UnexpectedShape as problem:
            if call.mutates:
                raise OutcomeUnknown(f"The answer could not be read: {problem}") from None
            raise

    def _send(self, call: Call[Any], request: str) -> Answer:
        content_type, body = request_body(
            call, user=self.user, token=self._token, version=self.version, request=self.names.get(request, request)
        )
        pdf = call.answer is AnswerKind.PDF
        deadline = time.monotonic() + (max(PDF_SECONDS, self.total_seconds) if pdf else self.total_seconds)
        url = self.root + PATH
        for _ in range(REDIRECTS + 1):
            answer = self._post(call, url, content_type, body, deadline, PDF_CAP if pdf else ANSWER_CAP)
            if answer.status not in (301, 302, 303, 307, 308):
                return answer
            url = urljoin(url, answer.headers.get("location", ""))
            if answer.status not in (302, 307) or not allowed_url(url, allow_loopback=self.allow_loopback):
                raise Rejected(
                    "The vendor sent us to an address that is not allowed.", code="redirect", status=answer.status
                )
        raise Rejected("The vendor sent us from address to address.", code="redirect", status=302)

    def _post(self, call: Call[Any], url: str, content_type: str, body: bytes, deadline: float, cap: int) -> Answer:
        headers = {"Content-Type": content_type, "Accept-Encoding": "identity", "User-Agent": "QXPortal"}
        self._check_address(url)
        try:
            response = self._session.post(
                url, data=body, headers=headers, timeout=self._timeouts(deadline), allow_redirects=False, stream=True
            )
        except (requests.exceptions.ConnectTimeout, requests.exceptions.SSLError):
            raise Temporary("The vendor could not be reached.") from None
        except requests.exceptions.ConnectionError as problem:
            if _never_connected(problem):
                raise Temporary("The vendor could not be reached.") from None
            raise _unanswered(call, "The connection broke before an answer came.") from None
        except requests.RequestException:
            raise _unanswered(call, "No answer came in time.") from None
        with response:
            try:
                return self._receive(response, deadline, cap)
            except (requests.RequestException, TimeoutError, OSError):
                raise _unanswered(call, "The answer broke off.") from None
            except UnexpectedShape as problem:
                if call.mutates:
                    raise OutcomeUnknown(str(problem)) from None
                raise

    def _receive(self, response: requests.Response, deadline: float, cap: int) -> Answer:
        headers = {name.lower(): value for name, value in response.headers.items()}
        if headers.get("content-encoding", "identity").lower() not in ("", "identity"):
            raise UnexpectedShape("The answer is compressed, which we did not ask for.")
        announced = headers.get("content-length")
        if announced is None and headers.get("transfer-encoding", "").lower() != "chunked":
            raise UnexpectedShape("The answer does not say where it ends.")
        body = bytearray()
        while chunk := response.raw.read1(CHUNK) if hasattr(response.raw, "read1") else response.raw.read(CHUNK):
            body += chunk
            if len(body) > cap:
                raise UnexpectedShape(f"The answer is larger than {cap // 1024 // 1024} MB.")
            if time.monotonic() > deadline:
                raise TimeoutError
        if announced is not None and announced.isdigit() and int(announced) != len(body):
            raise TimeoutError
        return Answer(response.status_code, headers, bytes(body))

    def _fetch_link(self, call: Call[Any], link: Link) -> bytes:
        """Fetch a PDF from where the answer points, without credentials, if that host is allowed."""
        if not allowed_url(link.url, allow_loopback=self.allow_loopback):
            raise UnexpectedShape("The answer points to an address that is not allowed.")
        self._check_address(link.url)
        deadline = time.monotonic() + PDF_SECONDS
        try:
            with self._session.get(
                link.url,
                headers={"Accept-Encoding": "identity"},
                timeout=self._timeouts(deadline),
                allow_redirects=False,
                stream=True,
            ) as response:
                answer = self._receive(response, deadline, PDF_CAP)
        except (requests.RequestException, TimeoutError, OSError):
            raise _unanswered(call, "The report could not be fetched.") from None
        if answer.status != 200:
            raise Temporary(f"The report's address answered {answer.status}.")
        return check_pdf(answer.body)

    def _check_address(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme == "http":
            return  # an engine on this machine, which the settings allow
        try:
            public = resolves_to_public(parts.hostname or "")
        except OSError:
            raise Temporary("The vendor's host name is not known to the network.") from None
        if not public:
            raise Rejected("The vendor's host name leads into a private network.", code="address")

    def _timeouts(self, deadline: float) -> tuple[float, float]:
        left = max(0.1, deadline - time.monotonic())
        return min(CONNECT_SECONDS, left), min(READ_SECONDS, left)


def _never_connected(problem: requests.exceptions.ConnectionError) -> bool:
    """Whether not a byte was sent: no name, no route, refused."""
    words = repr(problem)
    return "NewConnectionError" in words or "NameResolutionError" in words


def _unanswered(call: Call[Any], words: str) -> ThreeSixtyError:
    return OutcomeUnknown(words) if call.mutates else Temporary(words)
