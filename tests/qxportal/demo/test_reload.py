"""What `./portal dev` reloads when a file was saved."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from qxportal.demo import wsgi
from qxportal.demo.reload import Watcher, users


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("qxportal/engine/http/text.py", "qxportal/accounts/models.py", "assessments/views/home.py"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("")
    return tmp_path


def test_watcher_names_nothing_while_nothing_is_saved(project: Path) -> None:
    watcher = Watcher(project)

    assert watcher.stale() == set()


def test_watcher_names_a_changed_file_once(project: Path) -> None:
    watcher = Watcher(project)
    (project / "assessments/views/home.py").write_text("changed = True")

    assert watcher.stale() == {"web", "worker"}
    assert watcher.stale() == set()


def test_watcher_sees_new_and_removed_files(project: Path) -> None:
    watcher = Watcher(project)
    (project / "qxportal/engine/http/text.py").unlink()
    assert watcher.stale() == {"engine"}

    (project / "qxportal/new.py").write_text("")
    assert watcher.stale() == {"web", "engine", "worker", "beat"}


def test_watcher_leaves_templates_and_caches_alone(project: Path) -> None:
    watcher = Watcher(project)
    (project / "qxportal/page.html").write_text("")
    (project / "qxportal/page.cpython-311.pyc").write_text("")

    assert watcher.stale() == set()


@pytest.mark.parametrize(
    ("name", "processes"),
    [
        ("qxportal/engine/seed/brands.py", {"engine"}),
        ("qxportal/ledger/jobs/run.py", {"web", "worker"}),
        ("directory/models.py", {"web", "worker"}),
        ("qxportal/threesixty/wire/answers.py", {"web", "engine", "worker", "beat"}),
        ("qxportal/settings.py", {"web", "engine", "worker", "beat"}),
    ],
)
def test_users_are_the_processes_that_run_a_file(name: str, processes: set[str]) -> None:
    assert users(name) == processes


def test_code_that_cannot_run_shows_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(environ: object, start_response: object) -> list[bytes]:
        raise NameError("nonsense")

    answered: list[str] = []

    def start_response(status: str, headers: object, problem: object = None, /) -> Any:
        answered.append(status)

    monkeypatch.setattr(wsgi, "portal", broken)
    body = wsgi.application({"wsgi.errors": StringIO()}, start_response)

    assert b"NameError: nonsense" in b"".join(body)
    assert answered == ["500 Internal Server Error"]
