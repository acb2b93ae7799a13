"""The file outside the database that tells an installation from its copies: its epoch, and the log position."""

import os
import secrets
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings


@dataclass(frozen=True)
class Remembered:
    """Contents of the file; an empty epoch if there is none."""

    epoch: str
    log_at: int = 0


NOTHING = Remembered("")


def read_file(path: Path | None = None) -> Remembered:
    """Contents of the portal's file, or of another file in this format."""
    try:
        epoch, log_at = (path or Path(settings.INSTANCE)).read_text().split()
        return Remembered(uuid.UUID(epoch).hex, int(log_at))
    except (OSError, ValueError):
        return NOTHING


def write_file(remembered: Remembered, *, replace: bool = True, path: Path | None = None) -> None:
    """Write the file atomically; with an existing file that must not be replaced, do nothing."""
    path = path or Path(settings.INSTANCE)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(f"{remembered.epoch} {remembered.log_at}\n")
        out.flush()
        os.fsync(out.fileno())
    try:
        if replace:
            part.replace(path)
        else:
            with suppress(FileExistsError):
                path.hardlink_to(part)
    finally:
        part.unlink(missing_ok=True)
