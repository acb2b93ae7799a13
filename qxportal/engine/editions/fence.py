"""After a restore that loses given editions, no new edition is made until an operator confirms.

The database counts the editions that it gave. A file outside it holds the highest count ever reached by the database
with this instance id; a lower count in the database means that it was restored. Limit: if the file is lost or restored
together with the database, the restore goes unnoticed.
"""

import fcntl
import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings

from qxportal.engine.http.errors import Conflict
from qxportal.engine.models import EditionFence


def count_one() -> EditionFence:
    """Count an edition that is being made; raises Conflict if this database lacks editions that were given."""
    fence = row()
    told = _told().get(str(fence.instance), 0)
    if told > fence.given:
        raise Conflict(
            "ETS12",
            "The database was put back to an earlier time: reports given since are missing in it. "
            "No new figures are made until an operator confirms: manage.py engine editions confirm.",
        )
    fence.given += 1
    fence.save(update_fields=["given"])
    return fence


def tell(fence: EditionFence) -> None:
    """Write the count of given editions to the file outside the database; call before sending any figure."""
    path = _path()
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        told = _read(file.read())
        if told.get(str(fence.instance), 0) >= fence.given:
            return
        told[str(fence.instance)] = fence.given
        file.seek(0)
        file.write(json.dumps(told))
        file.truncate()
        file.flush()
        os.fsync(file.fileno())


def missing() -> int:
    """Number of given editions that are missing in this database."""
    fence = row()
    return max(0, _told().get(str(fence.instance), 0) - fence.given)


def confirm() -> int:
    """Allow new editions although some are missing; returns the number of missing ones."""
    lacking = missing()
    fence = row()
    fence.given += lacking
    fence.save(update_fields=["given"])
    return lacking


def row() -> EditionFence:
    """The single row, locked until the transaction ends; created in a new database."""
    found = EditionFence.objects.select_for_update().order_by("pk").first()
    return found or EditionFence.objects.create()


def _path() -> Path:
    return Path(settings.EDITIONS)


def _told() -> dict[str, int]:
    try:
        return _read(_path().read_text("utf-8"))
    except FileNotFoundError:
        return {}


def _read(text: str) -> dict[str, int]:
    found: Any = json.loads(text or "{}")
    return {str(instance): int(given) for instance, given in found.items()}
