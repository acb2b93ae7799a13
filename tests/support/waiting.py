"""Tells when another session waits for a lock that the test's own transaction holds."""

import time
from concurrent.futures import Future
from typing import Any

from django.db import connections

WAITING_FOR_US = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"


def until_it_waits_for_us(work: Future[Any], alias: str = "engine") -> None:
    """Return once a session waits for this thread's transaction; fails if the work ends without having waited."""
    with connections[alias].cursor() as cursor:
        while not cursor.execute(WAITING_FOR_US).fetchone()[0]:
            assert not work.done(), "It did not wait."
            time.sleep(0.01)
