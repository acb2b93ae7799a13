"""Brings databases, static files, keys and demo content up to date; a process of its own, run once Django is set up."""

import sys
from collections.abc import Callable, Iterable
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, DatabaseError

from qxportal.core.migrating import migrate
from qxportal.demo import content
from qxportal.demo.folder import Folder
from qxportal.security import key_ring


def main(engine_url: str) -> int:
    """Do what is due, the portal's part beside the engine's; an expected failure is one sentence."""
    folder = Folder(settings.VAR)
    beside = get_context("fork").Process(target=lambda: sys.exit(_said(lambda: _portal(folder))))
    beside.start()
    status = _said(lambda: _engine(folder, engine_url))
    beside.join()
    return status or beside.exitcode or _said(lambda: content.make(folder, engine_url=engine_url))


def _portal(folder: Folder) -> None:
    migrate(DEFAULT_DB_ALIAS)
    collect_static(folder)
    if not key_ring.keys():
        key_ring.add_key()


def _engine(folder: Folder, engine_url: str) -> None:
    migrate("engine")
    content.make_brands(folder, engine_url=engine_url)


def _said(work: Callable[[], None]) -> int:
    """Do it; what may go wrong on any machine is said in one sentence."""
    try:
        work()
    except content.ContentError as problem:
        words = str(problem)
    except OSError as problem:
        words = f"The disk refused ({problem.filename or settings.VAR}): {problem.strerror or problem}."
    except DatabaseError as problem:
        words = f"The database refused: {str(problem).strip().splitlines()[0]}"
    else:
        return 0
    print(f"portal: {words}", file=sys.stderr)  # noqa: T201
    return 1


def collect_static(folder: Folder) -> None:
    """Collect the static files when one of them changed."""
    found = _fingerprint(_sources())
    if folder.read("static.json") == {"from": found} and settings.STATIC_ROOT.is_dir():
        return
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    folder.write("static.json", f'{{"from": "{found}"}}')


def _sources() -> Iterable[Path]:
    for finder in get_finders():
        for name, storage in finder.list(None):
            yield Path(storage.path(name))


def _fingerprint(paths: Iterable[Path]) -> str:
    seen = sha256()
    for path in sorted(paths):
        state = path.stat()
        seen.update(f"{path} {state.st_size} {state.st_mtime_ns}\n".encode())
    return seen.hexdigest()
