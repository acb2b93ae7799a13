"""One person who answers: the link, the address, saves as the page's script sends them, and the end."""

import json
import re
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from tests.answering.http_load import Reply, Session

FORM_TYPE = "application/x-www-form-urlencoded;charset=UTF-8"
AGAIN = 0.25  # seconds until a request without an answer is sent again
CSRF = re.compile(rb'name="csrfmiddlewaretoken" value="([^"]+)"')
FORM = re.compile(rb'name="form" value="([^"]+)"')
SINCE = re.compile(rb'data-since="([^"]+)"')
Asked = Generator[bytes | float, Reply, Reply]


class UnexpectedReplyError(Exception):
    """The site said something else than it says to a person who does nothing wrong."""


@dataclass
class Rater:
    """A person at one device, with an evaluation; `acknowledged` is what the site said it has kept."""

    evaluation: int
    task: str  # the evaluation's public id
    link: str
    address: str
    acknowledged: dict[str, int] = field(default_factory=dict)  # question -> value
    submitted: bool = False
    _cookies: dict[str, str] = field(default_factory=dict)
    _csrf: str = ""
    _form: str = ""
    _since: str = ""

    def other_device(self) -> "Rater":
        """The same person elsewhere."""
        return Rater(self.evaluation, self.task, self.link, self.address, self.acknowledged)

    # -- what the person does

    def open(self) -> Session:
        """Open the link, type the address, read what the task is, and open the page of questions."""
        yield from self._get(urlsplit(self.link).path, 302)
        page = yield from self._get("/enter/", 200, 302)
        if page.status == 200:
            self._read(page)
            yield from self._post("/enter/", {"address": self.address}, 302)
        yield from self._get(f"/tasks/{self.task}/", 200)
        led = yield from self._get(f"/tasks/{self.task}/go-on/", 302)
        self._read((yield from self._get(urlsplit(led.location).path, 200)))
        if not self._form:
            raise UnexpectedReplyError(f"There is no form behind {led.location}.")

    def save(self, answers: Iterable[tuple[str, int]]) -> Session:
        """Give answers, each in a request of its own."""
        for name, value in answers:
            yield from self.save_one(name, value)

    def save_one(self, name: str, value: int, *, age: int = 0, kept: bool = True) -> Asked:
        """Give one answer, `age` milliseconds ago, until it is acknowledged; `kept`: whether it must count."""
        path = f"/tasks/{self.task}/save/"
        reply = yield from self._until_answered(self.save_request(path, name, value, age), 200)
        said = json.loads(reply.body)
        if said["refused"] or (kept and said["kept"] != [name]):
            raise UnexpectedReplyError(f"{name}={value}: {said}")
        self._since = said["until"]
        if said["kept"]:
            self.acknowledged[name] = value
        return reply

    def submit(self) -> Session:
        """Look at what is missing, and finish; an evaluation that was finished by an unheard request is finished."""
        page = yield from self._get(f"/tasks/{self.task}/submit/", 200, 409)
        if page.status == 200:
            self._read(page)
            yield from self._post(f"/tasks/{self.task}/submit/", {}, 302, 409)
        self.submitted = True

    def probe(self, path: str, times: int, name: str) -> Session:
        """Send what a save sends to another view."""
        for number in range(times):
            yield from self.probe_one(path, name, 1 + number % 5)

    def probe_one(self, path: str, name: str, value: int) -> Asked:
        """Send one answer to another view until that acknowledges it."""
        return (yield from self._until_answered(self.save_request(path, name, value, 0), 200))

    # -- the requests

    def save_request(self, path: str, name: str, value: int, age: int) -> bytes:
        """A save as the page's script sends it."""
        fields = {"csrfmiddlewaretoken": self._csrf, "form": self._form, "since": self._since}
        fields |= {name: str(value), f"age.{name}": str(age)}
        return self._request("POST", path, urlencode(fields).encode(), FORM_TYPE)

    def _request(self, method: str, path: str, body: bytes = b"", kind: str = "") -> bytes:
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept-Language: en"]
        if self._cookies:
            lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in self._cookies.items()))
        if kind:
            lines += [f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def _get(self, path: str, *statuses: int) -> Asked:
        reply = yield from self._until_answered(self._request("GET", path), *statuses)
        self._cookies |= reply.cookies
        return reply

    def _post(self, path: str, given: dict[str, str], *statuses: int) -> Asked:
        body = urlencode({"csrfmiddlewaretoken": self._csrf, **given}).encode()
        request = self._request("POST", path, body, "application/x-www-form-urlencoded")
        reply = yield from self._until_answered(request, *statuses)
        self._cookies |= reply.cookies
        return reply

    def _until_answered(self, request: bytes, *statuses: int) -> Asked:
        """Send again what got no answer, or the answer of a server in trouble, as the page's script does."""
        reply = yield request
        while reply.status == 0 or reply.status >= 500:
            yield AGAIN
            reply = yield request
        if reply.status not in statuses:
            raise UnexpectedReplyError(f"{request[:60]!r}: {reply.status} {reply.body[-300:]!r}")
        return reply

    def _read(self, page: Reply) -> None:
        for name, pattern in (("_csrf", CSRF), ("_form", FORM), ("_since", SINCE)):
            if found := pattern.search(page.body):
                setattr(self, name, found[1].decode())
