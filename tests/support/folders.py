"""Data folders of test servers: in memory if there is enough of it.

Tests fill and empty tables all the time, and a disk's file system takes several times as long for files.
"""

import fcntl
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
LEAST = 4 * 2**30  # bytes; a process of a whole run leaves up to 1 GB in its databases until it ends
PREFIX = "qx-tests-"
LOCK = "held-by-tests"  # a file that the folder's process keeps open while it lives


class QuickFolder:
    """A temporary folder of this process; also deletes folders of killed processes."""

    def __init__(self, memory: Path = MEMORY) -> None:
        place = memory if _has_room(memory) else Path(tempfile.gettempdir())
        for older in place.glob(f"{PREFIX}*/{LOCK}"):
            _delete_unless_used(older)
        self._folder = tempfile.TemporaryDirectory(prefix=PREFIX, dir=place, ignore_cleanup_errors=True)
        self.path = Path(self._folder.name)
        unheld = self.path / "unheld"
        self._lock = unheld.open("wb")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        unheld.rename(self.path / LOCK)

    def close(self) -> None:
        """Delete the folder."""
        self._lock.close()
        self._folder.cleanup()


def is_temporary(path: Path) -> bool:
    """Whether a path is within the tests' temporary folders."""
    places = {Path(tempfile.gettempdir()).resolve(), MEMORY.resolve()}
    return not places.isdisjoint(path.resolve().parents)


def _has_room(memory: Path) -> bool:
    try:
        return shutil.disk_usage(memory).free >= LEAST
    except OSError:
        return False


def _delete_unless_used(lock: Path) -> None:
    try:
        with lock.open("rb") as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(lock.parent, ignore_errors=True)
    except OSError:  # its process lives, or another process has just deleted it
        return
