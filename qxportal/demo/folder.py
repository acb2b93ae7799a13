"""The folder that one demo lives in: who holds it, its secrets, how it is emptied."""

import fcntl
import json
import os
import secrets
import shutil
import time
from pathlib import Path
from typing import Any

from qxportal.private import make_private

LATE_SECONDS = 20.0  # how long the services of a killed start may need to end
OURS = (
    "demo.json",
    "editions",
    "instance",
    "keys",
    "log",
    "mail",
    "postgres",
    "reports",
    "run",
    "secret_key",
    "services.json",
    "static",
    "static.json",
    "valkey",
)


class FolderError(Exception):
    """The folder cannot be used; the text says why and what to do."""


class Folder:
    """The folder that QXP_VAR names."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock: int | None = None

    def make(self) -> None:
        """Make it, or close what an earlier release left open in it.

        Strangers may pass through it at most, which PostgreSQL's account must do when we are root.
        """
        if not self.path.exists():
            self.path.mkdir(parents=True)
            self.path.chmod(0o711 if os.geteuid() == 0 else 0o700)
        make_private(self.path)

    def hold(self) -> None:
        """Take the folder for ourselves; waits for what a killed start left behind to end."""
        handle = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        end = time.monotonic() + LATE_SECONDS
        while not _locked(handle):
            holder = os.pread(handle, 400, 0).decode(errors="replace").strip()
            if _runs(holder):
                os.close(handle)
                raise FolderError(
                    f"{self.path} is in use by another start (process {holder}). "
                    "Stop it, or set QXP_VAR to another folder."
                )
            if time.monotonic() > end:
                os.close(handle)
                raise FolderError(
                    f"{self.path} is still in use by what an earlier start left behind. Set QXP_VAR to another folder."
                )
            time.sleep(0.1)
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        self.lock = handle

    def secret_key(self) -> None:
        """Make the key that signs cookies and links, once."""
        if not (self.path / "secret_key").exists():
            self.write("secret_key", secrets.token_urlsafe(50))

    def write(self, name: str, text: str) -> None:
        """Replace a file that only we may read."""
        part = self.path / f"{name}.part"
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(text + "\n")
            out.flush()
            os.fsync(out.fileno())
        part.replace(self.path / name)

    def read(self, name: str) -> dict[str, Any] | None:
        """What a JSON file of ours says, or None."""
        try:
            known: dict[str, Any] = json.loads((self.path / name).read_text())
        except (FileNotFoundError, ValueError):
            return None
        return known

    def empty(self) -> None:
        """Delete what we made, and the folder when nothing else lies in it."""
        cluster = self.path / "postgres"
        if cluster.is_symlink():
            shutil.rmtree(cluster.resolve().parent, ignore_errors=True)
        for path in [*(self.path / name for name in OURS), *self.path.glob("beat*"), *self.path.glob("*.part")]:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        (self.path / "lock").unlink(missing_ok=True)
        if not any(self.path.iterdir()):
            self.path.rmdir()


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _runs(holder: str) -> bool:
    """Whether the process that wrote its number into the lock is still there."""
    if not holder.isdecimal():
        return False
    try:
        return b"qxportal.demo" in Path(f"/proc/{holder}/cmdline").read_bytes()
    except OSError:
        return False
