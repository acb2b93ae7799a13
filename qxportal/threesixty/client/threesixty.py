"""The client of the API; with `sessions` the only module that imports `requests`."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from copy import copy
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http.cookiejar import DefaultCookiePolicy
from types import MappingProxyType, TracebackType
from typing import Any, Literal, Self, TypeVar
from urllib.parse import urlsplit

import requests
import structlog
from urllib3.exceptions import HTTPError

from qxportal.threesixty.calls.base import AnswerKind, Call
from qxportal.threesixty.calls.persons import GetPersons
from qxportal.threesixty.catalogue import API_PATH
from qxportal.threesixty.client.pagination import Paginator
from qxportal.threesixty.client.sessions import Adapter, Session, joined, receive
from qxportal.threesixty.client.transport import Guard
from qxportal.threesixty.errors import (
    ANSWERED_ERROR,
    PRIVATE_ADDRESS,
    BadCredential,
    MalformedResponse,
    OutcomeUnknown,
    Rejected,
    ThreeSixtyError,
    TransientError,
    gettext_noop,
    not_readable,
    unknown_request,
)
from qxportal.threesixty.hosts import allowed_url, check_host, is_engine, resolves_to_public
from qxportal.threesixty.records import PersonRecord
from qxportal.threesixty.secret import Secret
from qxportal.threesixty.wire.answers import ANSWER_CAP, RawResponse, read_answer
from qxportal.threesixty.wire.body import request_body
from qxportal.threesixty.wire.pdf import PDF_CAP, Link, check_pdf

log = structlog.get_logger(__name__)

T = TypeVar("T")
Gate = Callable[[], AbstractContextManager[None]]  # wraps every call; may delay or refuse it
CONNECT_SECONDS, READ_SECONDS = 5.0, 30.0
TOTAL_SECONDS = 60.0  # twice that for a PDF, which the server renders first
REDIRECTS = 3
HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "QXPortal"}


@dataclass(frozen=True)
class DirectoryPage:
    """One page of the directory; `consistent` is False if the listing shifted during the read.

    >>> DirectoryPage((), consistent=True).consistent
    True
    """

    records: tuple[PersonRecord, ...]
    consistent: bool


@dataclass(frozen=True)
class Heard:
    """The server's last response to a request under the name in use.

    >>> Heard("getPersonList", "unknown", "Unknown request", datetime(2026, 3, 1, tzinfo=UTC), works="getPersons").works
    'getPersons'
    """

    name: str
    outcome: Literal["answered", "refused", "unknown", "unreadable"]  # unknown: the server has no request of that name
    words: str
    at: datetime
    works: str = ""  # another name that was answered while this one is unknown


class ThreeSixty:
    """A server of the API with a credential. Use it as a context manager.

    `token` is the user's token, or with the version `OLDEST` the user's password.

    Here `host` is an engine on this machine, such as `http://127.0.0.1:8001`. A data centre is named like
    `eu.qualtrics.com`, without `allow_loopback`; an engine on another machine like `engine.acme.example`, which then
    stands in `engines`. Its certificate is verified, by the authorities in the file `engine_ca` where one is given.

    >>> from qxportal.threesixty.calls.persons import GetPersons
    >>> with ThreeSixty(host, "hr@acme.example#acme", Secret(token), allow_loopback=True) as threesixty:
    ...     people = threesixty.call(GetPersons(record_limit=2))
    ...     pages = [len(page.records) for page in threesixty.pages(GetPersons(), size=100)]
    >>> [person.email for person in people]
    ['anna@acme.example', 'boris@acme.example']
    >>> pages
    [2, 0]
    >>> threesixty.heard["getPersons"].outcome
    'answered'
    """

    def __init__(
        self,
        host: str,
        user: str,
        token: Secret,
        version: str = "2.5",
        names: Mapping[str, str] = MappingProxyType({}),
        *,
        allow_loopback: bool = False,
        engines: Collection[str] = (),
        engine_ca: str = "",
        total_seconds: float = TOTAL_SECONDS,
        gate: Gate = nullcontext,
    ) -> None:
        self.root = check_host(host, allow_loopback=allow_loopback, engines=engines)
        self.engines = engines if is_engine(self.root, engines) else ()  # vendors never redirect to them
        self.engine_ca = engine_ca if self.engines else ""
        self.user = user
        self.version = version
        self.names = names
        self.allow_loopback = allow_loopback
        self.total_seconds = total_seconds
        self.gate = gate
        self.heard: dict[str, Heard] = {}  # by request
        self.received = 0  # bytes of the last response
        self._token = token
        self._connect()

    def _connect(self) -> None:
        self._session = Session()
        self._session.trust_env = False  # neither proxies nor netrc from the environment
        self._session.verify = self.engine_ca or True
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._guard = Guard()
        self._session.mount("https://", Adapter(self._guard, self.engines))
        self._session.mount("http://", Adapter(self._guard, self.engines))

    def __repr__(self) -> str:
        return f"ThreeSixty({self.root}, {self.version})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def call(self, call: Call[T], *, format: str | None = None, before: Callable[[], None] = lambda: None) -> T:
        """Send one call and return its typed result; raises one of `errors.py`. `format` overrides the Format.

        `before` is called right before the call is sent; an exception from it prevents that.
        """

        def read(answer: RawResponse, deadline: float) -> T:
            found = read_answer(call, answer)
            if isinstance(found, Link):
                found = self._fetch_link(call, found, deadline)
            return self._read(call, found)

        return self._converse(call, format, read, before)

    def ask(self, call: Call[Any], *, format: str | None = None) -> RawResponse:
        """Send one call and return the raw response, whatever its status."""
        return self._converse(call, format, lambda answer, deadline: answer)

    def _converse(
        self,
        call: Call[Any],
        format: str | None,
        read: Callable[[RawResponse, float], T],
        before: Callable[[], None] = lambda: None,
    ) -> T:
        request = call.request_for(self.version)
        with self.gate():
            before()
            return self._talk(call, request, format, read)

    def _talk(self, call: Call[Any], request: str, format: str | None, read: Callable[[RawResponse, float], T]) -> T:
        begun = time.monotonic()
        deadline = begun + self.total_seconds * (2 if call.answer is AnswerKind.PDF else 1)
        outcome = "answered"
        answer: RawResponse | None = None
        try:
            answer = self._send(call, request, format, deadline)
            found = read(answer, deadline)
        except ThreeSixtyError as problem:
            problem.tidy(self._token)
            outcome = type(problem).__name__
            self._hear(request, problem)
            raise
        else:
            self._hear(request, None)
        finally:
            self.received = len(answer.body) if answer else 0
            log.info(
                "vendor_call",
                request=request,
                status=answer.status if answer else None,
                size=self.received,
                ms=round((time.monotonic() - begun) * 1000),
                outcome=outcome,
            )
        return found

    def _hear(self, request: str, problem: ThreeSixtyError | None) -> None:
        name, now = self.names.get(request, request), datetime.now(UTC)
        if problem is None:
            self.heard[request] = Heard(name, "answered", "", now)
        elif isinstance(problem, MalformedResponse):
            self.heard[request] = Heard(name, "unreadable", str(problem), now)
        elif isinstance(problem, Rejected) and problem.status and not isinstance(problem, BadCredential):
            outcome: Literal["unknown", "refused"] = "unknown" if unknown_request(problem) else "refused"
            self.heard[request] = Heard(name, outcome, str(problem), now)

    def clone(self) -> "ThreeSixty":
        """A client with the same credential and connections of its own, for another thread."""
        other = copy(self)
        other._connect()
        return other

    def renamed(self, request: str, name: str) -> "ThreeSixty":
        """A client with another name for one request; it shares the connections and must not be closed."""
        other = copy(self)
        other.names, other.heard = {**self.names, request: name}, {}
        return other

    def verify(self, call: Call[Any]) -> bool | None:
        """Whether the vendor shows that `call` was carried out; None if no request can tell."""
        reading = call.read_back()
        if reading is None:
            return None
        try:
            return call.shows(self.call(reading))
        except BadCredential:
            raise
        except Rejected as refusal:
            return call.shows(refusal)

    def pages(self, first: GetPersons, *, size: int) -> Iterator[DirectoryPage]:
        """Read the directory in pages of `size`; the last page is empty and says whether the whole pass was consistent.

        `consistent` covers all pages up to that one: see `pagination.py`.
        """
        paginator = Paginator(size)
        while page := paginator.next_request():
            records = self.call(replace(first, start_index=page.start, record_limit=page.limit))
            since = paginator.take(page, [record.vendor_id for record in records], len(records)).since
            if since is not None:
                yield DirectoryPage(records[since:], paginator.consistent)
        yield DirectoryPage((), paginator.consistent)

    def _read(self, call: Call[T], found: Any) -> T:
        try:
            return call.read(found)
        except MalformedResponse as problem:
            if call.mutates:
                raise not_readable(problem) from None
            raise

    def _send(self, call: Call[Any], request: str, format: str | None, deadline: float) -> RawResponse:
        content_type, body = request_body(
            call,
            user=self.user,
            token=self._token,
            version=self.version,
            request=self.names.get(request, request),
            format=format,
        )
        headers = {**HEADERS, "Content-Type": content_type}
        return self._follow(call, requests.Request("POST", self.root + API_PATH, headers=headers, data=body), deadline)

    def _fetch_link(self, call: Call[Any], link: Link, deadline: float) -> bytes:
        """Download a PDF from the response's link, without credentials, if its host is allowed."""
        if not allowed_url(link.url, allow_loopback=self.allow_loopback, engines=self.engines):
            raise MalformedResponse("The answer points to an address that is not allowed.")
        answer = self._follow(call, requests.Request("GET", link.url, headers=HEADERS), deadline)
        if answer.status != 200:
            raise TransientError(gettext_noop("The report could not be downloaded."), details=f"HTTP {answer.status}")
        if not answer.framed:
            raise MalformedResponse("The report does not say where it ends.")
        return check_pdf(answer.body)

    def _follow(self, call: Call[Any], request: requests.Request, deadline: float) -> RawResponse:
        """Send a request and follow 302 and 307, which both prove that nothing was done."""
        for _ in range(REDIRECTS + 1):
            answer = self._exchange(call, request, deadline)
            if answer.status not in (301, 302, 303, 307, 308):
                return answer
            if answer.status not in (302, 307) and call.mutates:
                raise OutcomeUnknown(ANSWERED_ERROR, details=f"HTTP {answer.status} to {call.request}")
            target = joined(request.url, answer.headers.get("location", ""))
            if answer.status not in (302, 307) or not allowed_url(
                target, allow_loopback=self.allow_loopback, engines=self.engines
            ):
                raise Rejected(
                    gettext_noop("The server redirected the request to an address that is not allowed."),
                    code="redirect",
                    status=answer.status,
                )
            request.url = target
        raise Rejected(gettext_noop("The server redirected the request too often."), code="redirect", status=302)

    def _exchange(self, call: Call[Any], request: requests.Request, deadline: float) -> RawResponse:
        self._check_address(request.url)
        cap = PDF_CAP if call.answer is AnswerKind.PDF else ANSWER_CAP
        with self._guard.until(deadline):
            try:
                response = self._session.send(
                    request.prepare(),  # without the session's own headers and cookies
                    timeout=self._timeouts(deadline),
                    allow_redirects=False,
                    stream=True,
                )
            except (requests.RequestException, HTTPError, OSError):
                if not self._guard.sent:
                    raise TransientError(gettext_noop("The server could not be reached.")) from None
                raise self._unanswered(
                    call, gettext_noop("The connection was lost before an answer arrived.")
                ) from None
            with response:
                try:
                    return receive(response, cap)
                except (requests.RequestException, HTTPError, OSError):
                    if response.status_code == 401:  # must not be retried, whatever the body said
                        return RawResponse(401, {}, b"")
                    raise self._unanswered(call, gettext_noop("The connection was lost during the answer.")) from None
                except MalformedResponse as problem:
                    if call.mutates:
                        raise not_readable(problem) from None
                    raise

    def _unanswered(self, call: Call[Any], words: str) -> ThreeSixtyError:
        words = gettext_noop("No complete answer arrived in time.") if self._guard.late else words
        return OutcomeUnknown(words) if call.mutates else TransientError(words)

    def _check_address(self, url: str) -> None:
        """Resolve the name and check it before connecting; the guard checks the actual peer again."""
        parts = urlsplit(url)
        if parts.scheme == "http":
            return  # an engine on this machine, which the settings allow
        if is_engine(url, self.engines):
            return  # an engine on another machine, which an operator allowed by name
        try:
            public = resolves_to_public(parts.hostname or "")
        except OSError:
            raise TransientError(gettext_noop("The host name of the server is unknown to the network.")) from None
        if not public:
            raise Rejected(PRIVATE_ADDRESS, code="address")

    def _timeouts(self, deadline: float) -> tuple[float, float]:
        left = max(0.1, deadline - time.monotonic())
        return min(CONNECT_SECONDS, left), min(READ_SECONDS, left)
