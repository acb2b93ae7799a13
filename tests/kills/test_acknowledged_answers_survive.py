"""Answers that the site acknowledged are there after its processes and PostgreSQL were killed with signal 9."""

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from signal import SIGKILL
from typing import Any

import psycopg
import pytest
import requests

from qxportal.embedded import Embedded
from tests.support.migrated import lay_down
from tests.support.ports import free_port
from tests.support.samples import thorough
from tests.support.server_process import ROOT, ServerProcess, run_server
from tests.support.site_fixture import Forms

pytestmark = pytest.mark.processes

RATERS = 3 if thorough() else 2
PATIENCE = 300  # seconds: other work on the machine is no failure
ANSWERS = 20 if thorough() else 5  # acknowledged to everybody before each kill
FILL = """
import json, django
django.setup()
from tests.answering.rounds import make_round
print(json.dumps([{"link": one.link, "address": one.address, "task": one.task} for one in make_round(%d).raters]))
"""


class Rater:
    """Somebody who changes one answer after the other and remembers what was acknowledged."""

    def __init__(self, known: dict[str, str], url: str) -> None:
        self.task, self.url = known["task"], url
        self.session = requests.Session()
        page = self.session.get(known["link"], timeout=30)
        entry = next(form for form in Forms(page.text).forms if form["action"] == "")
        self.session.post(page.url, {**entry["fields"], "address": known["address"]}, timeout=30)  # type: ignore[dict-item]
        page = self.session.get(f"{url}/tasks/{self.task}/go-on/", timeout=30)
        self.names = list(dict.fromkeys(re.findall(r'type="radio" name="([^"]+)"', page.text)))
        sent: list[Any] = [form["fields"] for form in Forms(page.text).forms]
        fields = next(each for each in sent if "form" in each)
        self.hidden = {name: fields[name] for name in ("form", "csrfmiddlewaretoken")}
        self.acknowledged: dict[str, int] = {}
        self.sent: dict[str, int] = {}
        self.count = self.kept = 0

    def answer(self) -> None:
        """Save one more answer; what got no clear answer may or may not be there."""
        name, value = self.names[self.count % len(self.names)], 1 + self.count // len(self.names) % 5
        self.count += 1
        self.sent[name] = value
        with suppress(requests.RequestException):
            said = self.session.post(
                f"{self.url}/tasks/{self.task}/save/",
                {**self.hidden, name: str(value)},
                timeout=PATIENCE,  # what is given up here may be carried out there after newer ones
            )
            if said.ok and name in said.json()["kept"]:
                self.acknowledged[name] = value
                self.kept += 1


@pytest.fixture
def services() -> Iterator[Embedded]:
    with tempfile.TemporaryDirectory(prefix="qx-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        services = Embedded(Path(folder), durable=True, with_broker=False)
        lay_down(services)
        with services:
            yield services


def test_acknowledged_answers_survive_kills(services: Embedded, tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    around = {**services.environment(), "QXP_PROCESS": "site", "QXP_SITE_URL": url, "QXP_WEB_BIND": f"127.0.0.1:{port}"}
    filled = subprocess.run(
        [sys.executable, "-c", FILL % RATERS],
        cwd=ROOT,
        env={**os.environ, **around, "QXP_PROCESS": "engine"},
        capture_output=True,
        text=True,
        check=True,
    )
    with ExitStack() as stack:
        gunicorn = ["-m", "gunicorn", "-c", "python:qxportal.gunicorn_conf", "qxportal.engine.site.wsgi:application"]
        site = stack.enter_context(run_server(tmp_path / "site.log", gunicorn, port, **around, QXP_WEB_WORKERS="2"))
        raters = [Rater(each, url) for each in json.loads(filled.stdout)]
        over = threading.Event()
        threads = [threading.Thread(target=_go_on, args=(rater, over), daemon=True) for rater in raters]
        for thread in threads:
            thread.start()
        _more_answers(raters)
        _kill_workers(site)
        _more_answers(raters)
        assert services.postgres is not None
        os.kill(services.postgres.pid, SIGKILL)
        services.postgres.wait(10)
        services.mend()
        _more_answers(raters)
        over.set()
        for thread in threads:
            thread.join(PATIENCE)
        os.kill(services.postgres.pid, SIGKILL)
        services.postgres.wait(10)
        services.mend()
        for rater in raters:
            there = _stored(services, rater.task)
            assert rater.acknowledged
            for name, value in rater.acknowledged.items():
                assert there[name] in (value, rater.sent[name]), (rater.task, name)


def _go_on(rater: Rater, over: threading.Event) -> None:
    while not over.is_set():
        rater.answer()


def _kill_workers(site: ServerProcess) -> None:
    children = Path(f"/proc/{site.process.pid}/task/{site.process.pid}/children").read_text().split()
    assert children
    for child in children:
        os.kill(int(child), SIGKILL)


def _more_answers(raters: list[Rater]) -> None:
    before = [rater.kept for rater in raters]
    _until(lambda: all(rater.kept > start + ANSWERS for rater, start in zip(raters, before, strict=True)))


def _until(reached: Any) -> None:
    ends = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < ends, "nobody goes on answering"
        time.sleep(0.1)


def _stored(services: Embedded, task: str) -> dict[str, int]:
    with psycopg.connect(services.engine_database_url) as connection:
        rows = connection.execute(
            "SELECT question.public_id, answer.value FROM engine_answer AS answer"
            " JOIN engine_question AS question ON question.id = answer.question_id"
            " JOIN engine_evaluation AS evaluation ON evaluation.id = answer.evaluation_id"
            " WHERE evaluation.public_id = %s",
            [task],
        )
        return dict(rows.fetchall())
