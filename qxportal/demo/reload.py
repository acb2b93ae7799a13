"""Tells `./portal dev` which processes to restart after a Python file was saved.

Templates are no part of this: with QXP_DEBUG they are read anew for every page.
"""

import os
from collections.abc import Iterator
from pathlib import Path

APPS = ("qxportal", "directory", "surveys", "assessments")
PORTAL_ONLY = ("qxportal/accounts/", "qxportal/ledger/", "directory/", "surveys/", "assessments/")


class Watcher:
    """The Python files below `root`, and when each was last changed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.stamps = dict(self._read())

    def stale(self) -> set[str]:
        """Names of the processes whose code was changed, added or removed since the last call."""
        before, self.stamps = self.stamps, dict(self._read())
        changed = {name for name, _stamp in before.items() ^ self.stamps.items()}
        return {process for name in changed for process in users(name)}

    def _read(self) -> Iterator[tuple[str, int]]:
        for app in APPS:
            for folder, _folders, files in os.walk(self.root / app):
                for file in files:
                    if file.endswith(".py"):
                        path = Path(folder, file)
                        try:
                            yield path.relative_to(self.root).as_posix(), path.stat().st_mtime_ns
                        except FileNotFoundError:  # an editor replaces it at this moment
                            continue


def users(name: str) -> set[str]:
    """The processes that run a file, named as from the project's folder."""
    if name.startswith("qxportal/engine/"):
        return {"engine"}
    if name.startswith(PORTAL_ONLY):
        return {"web", "worker"}
    return {"web", "engine", "worker", "beat"}
