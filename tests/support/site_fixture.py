"""The engine's site as a running process, and a browser without JavaScript that walks its pages.

def test_something(engine, visitor):
    anna = visitor(person)          # opened the link and typed the address
    page = anna.get("/tasks/")
    page = anna.submit(page, {"QID1": "4"})
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from html.parser import HTMLParser
from pathlib import Path

import pytest
import requests
from django.db import connections
from django.test import override_settings

from qxportal.engine.models import Person
from qxportal.engine.people.personal_links import link_for
from tests.support.cannot_go_on import starting
from tests.support.engine_fixture import Engine
from tests.support.ports import free_port
from tests.support.server_process import run_server


class Forms(HTMLParser):
    """The forms of a page with what they would send as they stand."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[dict[str, object]] = []
        self._name = self._list = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append({"action": given.get("action", ""), "method": given.get("method", "get"), "fields": {}})
            return
        if tag == "option" and self._list:
            chosen: dict[str, str] = self.forms[-1]["fields"]  # type: ignore[assignment]
            if "selected" in given or self._list not in chosen:  # a list without an answer sends its first one
                chosen[self._list] = given.get("value", "")
            return
        if not self.forms or not given.get("name"):
            return
        fields: dict[str, str] = self.forms[-1]["fields"]  # type: ignore[assignment]
        name, kind = given["name"], given.get("type", "text")
        if tag == "input" and (kind not in ("radio", "checkbox") or "checked" in given):
            fields[name] = given.get("value", "")
        elif tag == "textarea":
            fields[name], self._name = "", name
        elif tag == "select":
            self._list = name

    def handle_data(self, data: str) -> None:
        if self._name:
            self.forms[-1]["fields"][self._name] = data  # type: ignore[index]

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._name = ""
        elif tag == "select":
            self._list = ""


class Visitor:
    """A browser without JavaScript."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False  # nobody looks for proxies

    def get(self, path: str, **kwargs: object) -> requests.Response:
        """Open a page, following redirects."""
        return self.session.get(path if path.startswith("http") else self.url + path, timeout=120, **kwargs)  # type: ignore[arg-type]

    def submit(
        self, page: requests.Response, given: Mapping[str, str], *, action: str = "", button: str = ""
    ) -> requests.Response:
        """Fill in and send a form of the page: that with the action, else the first one in its content."""
        forms = [one for one in Forms(page.text).forms if one["method"] == "post"]
        form = next(
            one for one in forms if (action in str(one["action"]) if action else "language" not in str(one["action"]))
        )
        fields = {**form["fields"], **given, **({button: "1"} if button else {})}  # type: ignore[dict-item]
        to = str(form["action"]) or page.url
        return self.session.post(
            to if to.startswith("http") else self.url + to, fields, headers={"Referer": page.url}, timeout=120
        )


@pytest.fixture(scope="session")
def site_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the running site writes its log."""
    return tmp_path_factory.mktemp("site") / "site.log"


@pytest.fixture(scope="session")
def site_url(engine_thread: Callable[..., object], site_log: Path) -> Iterator[str]:
    """The address of the running site."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    database = (
        os.environ["QXP_ENGINE_DATABASE_URL"].rpartition("/")[0] + f"/{connections['engine'].settings_dict['NAME']}"
    )
    gunicorn = ["-m", "gunicorn", "-c", "python:qxportal.gunicorn_conf", "qxportal.engine.site.wsgi:application"]
    command = ["-m", "tests.support.quick_hashes", *gunicorn]  # PINs of letters are hashed, too
    environment = {
        "QXP_PROCESS": "site",
        "QXP_SITE_URL": url,
        "QXP_WEB_BIND": f"127.0.0.1:{port}",
        "QXP_WEB_WORKERS": "1",
        "QXP_ENGINE_DATABASE_URL": database,
    }
    with ExitStack() as running:
        with starting("The site"):
            running.enter_context(run_server(site_log, command, port, **environment))
        yield url


@pytest.fixture
def link_of(engine: Engine, site_url: str) -> Callable[..., str]:
    """Makes personal links."""

    def make(person: Person, task: str = "") -> str:
        with override_settings(SITE_URL=site_url):
            return engine.run(link_for, person, task=task)

    return make


@pytest.fixture
def visitor(site_url: str, link_of: Callable[..., str]) -> Callable[..., Visitor]:
    """A visitor of the site: opens a personal link and types the address; without a person a stranger."""

    def let_in(person: Person | None = None, *, task: str = "") -> Visitor:
        browser = Visitor(site_url)
        if person is not None:
            page = browser.get(link_of(person, task))
            answer = browser.submit(page, {"address": person.email})
            assert answer.status_code == 200, answer.text
            assert "enter" not in answer.url
        return browser

    return let_in


def words(page: requests.Response) -> str:
    """The text of a page without its markup."""
    body = re.sub(r"<(script|style|head)\b.*?</\1>", " ", page.text, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())
