"""An engine process that prints reports, one after the other, as HR would ask for them."""

import time
from contextlib import ExitStack
from http.client import HTTPConnection
from itertools import cycle, islice
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

from tests.answering.rounds import Round
from tests.bench.engine import PATH
from tests.support.server_process import run_engine


class Printing:
    """The running engine; a context manager."""

    def __init__(self, log: Path, database_url: str, made: Round) -> None:
        self._log, self._database, self._made = log, database_url, made
        self._running = ExitStack()

    def __enter__(self) -> Self:
        server = self._running.enter_context(run_engine(self._log, self._database))
        self._connection = HTTPConnection("127.0.0.1", server.port, timeout=120)
        for subject in self._made.subjects:
            self._ask("setSubjectStatus", SubjectID=subject, Status="Done")
        self._one(self._made.subjects[0])  # an engine reads the fonts once
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()
        self._running.close()

    def print(self, reports: int) -> float:
        """So many reports; gives the seconds that they took."""
        begun = time.perf_counter()
        for subject in islice(cycle(self._made.subjects), reports):
            self._one(subject)
        return time.perf_counter() - begun

    def _one(self, subject: str) -> None:
        body = self._ask("getSubjectReportPDF", PersonID=subject, Viewer="Admin")
        if not body.startswith(b"%PDF"):
            raise RuntimeError(f"No report of {subject}: {body[:300]!r}")

    def _ask(self, request: str, **words: str) -> bytes:
        said = {"Request": request, "Version": "2.5", "Format": "JSON", "ThreeSixtyID": self._made.assessment}
        said |= {"User": self._made.user, "Token": self._made.token, **words}
        self._connection.request("POST", PATH, urlencode(said), {"Content-Type": "application/x-www-form-urlencoded"})
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{request}: {answer.status} {body[:300]!r}")
        return body
