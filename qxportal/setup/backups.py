"""Backups of both databases, by PostgreSQL's own tools, and putting one back into an empty database."""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from django.db import connections
from django.db.backends.postgresql.client import DatabaseClient
from django.utils import timezone
from django.utils.translation import gettext as _

from qxportal.embedded import EmbeddedError
from qxportal.embedded.binaries import postgres_binaries

ALIASES = {"portal": "default", "engine": "engine"}
SUFFIX = ".dump"
VERSION = re.compile(r"\(PostgreSQL\) ([0-9]+)")
PRIVATE = 0o600


class BackupError(Exception):
    """No backup was made, or none put back; the text says why."""


def make_backup(name: str, folder: Path) -> Path:
    """Dump one of `ALIASES` into a new file of the folder, which appears there whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = folder / f"{name}-{timezone.now():%Y%m%dT%H%M%SZ}{SUFFIX}"
    part = target.with_suffix(".part")
    part.touch(mode=PRIVATE)
    try:
        _run(name, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={part}")
        _run(name, "pg_restore", "--list", str(part), connect=False)  # reads back what was written
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)
    return target


def delete_old(name: str, folder: Path, *, keep: timedelta) -> int:
    """Delete backups older than `keep`, but never the newest; gives how many."""
    found = sorted(folder.glob(f"{name}-*{SUFFIX}"))
    oldest = (timezone.now() - keep).timestamp()
    old = [path for path in found[:-1] if path.stat().st_mtime < oldest]
    for path in old:
        path.unlink()
    return len(old)


def restore_backup(name: str, file: Path) -> None:
    """Put a backup into the database that the settings name, which must be empty; all of it or nothing."""
    if not file.is_file():
        raise BackupError(_("There is no file %(file)s.") % {"file": file})
    if connections[ALIASES[name]].introspection.table_names():
        raise BackupError(
            _("The database %(name)s is not empty. Create an empty one and name it in the settings first.")
            % {"name": connections[ALIASES[name]].settings_dict["NAME"]}
        )
    listed = _run(name, "pg_restore", "--list", str(file), connect=False)
    ours = "engine_brand" if name == "engine" else "accounts_organisation"
    if f" {ours} " not in listed:
        raise BackupError(_("%(file)s is no backup of the database %(name)s.") % {"file": file, "name": name})
    options = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges")
    _run(name, "pg_restore", *options, str(file))


def _run(name: str, tool: str, *options: str, connect: bool = True) -> str:
    """Run one of PostgreSQL's tools on the database; the password goes by the environment, where nobody lists it."""
    command = [str(_tool(tool)), *options]
    environment = dict(os.environ)
    if connect:
        settings = connections[ALIASES[name]].settings_dict
        parameters: Sequence[str]
        parameters, around = DatabaseClient.settings_to_cmd_args_env(settings, [])
        database = parameters[-1]
        command[1:1] = [*parameters[1:-1], "--no-password", f"--dbname={database}"]
        environment |= around or {}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"{tool}: {done.returncode}"]
        raise BackupError(" ".join(said[:2]))
    return done.stdout


def _tool(tool: str) -> Path:
    """The newest one of the machine's own and of the embedded PostgreSQL's: it must not be older than the server."""
    found = [Path(path) for path in [shutil.which(tool)] if path]
    with suppress(EmbeddedError):
        found.append(postgres_binaries(None) / "bin" / tool)
    if not found:
        raise BackupError(
            _("%(tool)s is missing. Install PostgreSQL's client programs (Debian: postgresql-client).") % {"tool": tool}
        )
    return max(found, key=_version)


def _version(tool: Path) -> int:
    said = subprocess.run([str(tool), "--version"], capture_output=True, text=True, check=False).stdout
    number = VERSION.search(said)
    return int(number[1]) if number else 0
