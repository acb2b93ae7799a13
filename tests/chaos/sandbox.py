"""Where a storm may run: databases that are thrown away, an engine of its own, and nothing else."""

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qxportal.embedded import Embedded
from tests.support.folders import is_temporary
from tests.support.migrated import lay_down

ROOT = Path(__file__).resolve().parent.parent.parent
PACE = {
    "QXP_VERIFY_FIRST": "200ms",
    "QXP_VERIFY_EVERY": "700ms",
    "QXP_VERIFY_SPAN": "6s",  # longer than the longest delay, late execution and staleness of the storm together
    "QXP_RETRY_SECONDS": "0.05",
    "QXP_BREAKER_SECONDS": "0.3",
}


class NoPlace(Exception):
    """A storm may not run here; the text says why."""


@contextmanager
def own_place() -> Iterator[Embedded]:
    """Start services below a temporary folder and point this process at them, before Django reads its settings."""
    with tempfile.TemporaryDirectory(prefix="qx-storm-", ignore_cleanup_errors=True) as folder:
        var = Path(folder)
        var.chmod(0o711)  # PostgreSQL may run under another account
        (var / "static").mkdir()
        services = Embedded(var, durable=False)
        lay_down(services)
        with services:
            os.environ.update(services.environment())
            os.environ.update(
                QXP_VAR=folder,
                QXP_SECRET_KEY=secrets.token_hex(40),
                QXP_URL="http://127.0.0.1:8000",
                QXP_ENGINE_ALLOWED="1",
                QXP_TESTS="1",
                QXP_LOG_LEVEL="ERROR",
                DJANGO_SETTINGS_MODULE="qxportal.settings",
            )
            yield services


def check_place() -> None:
    """Raise NoPlace unless both databases lie on a PostgreSQL of ours below a temporary folder."""
    from django.conf import settings  # read only once they are made

    sockets = (settings.VAR / "run").resolve()
    hosts = {Path(each["HOST"]).resolve() for each in settings.DATABASES.values()}
    if not (settings.TESTS and hosts == {sockets} and is_temporary(settings.VAR)):
        raise NoPlace("A storm destroys what it finds: it runs only in databases that it started itself.")
