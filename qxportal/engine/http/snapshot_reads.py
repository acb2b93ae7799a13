"""Fault injection: reads that return the state of some seconds ago.

While such a fault exists, one thread of one process takes a snapshot of the database now and then and keeps it open,
so that PostgreSQL itself still shows that moment. The first calls, before the first snapshot, see the present.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import DatabaseError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Max
from django.utils import timezone

from qxportal.engine.models import Fault, PastState

log = logging.getLogger(__name__)

SNAPSHOTS = 8  # kept open at once, a connection each
SHORTEST = 0.05
LOCK = 0x57A1E


@contextmanager
def some_time_ago(seconds: float) -> Iterator[None]:
    """Context in which queries see the database as it was then, or as of the oldest snapshot."""
    _keep()
    then = timezone.now() - timedelta(seconds=seconds)
    past = PastState.objects.filter(at__lte=then).order_by("-at").first() or PastState.objects.order_by("at").first()
    with transaction.atomic(using="engine"):
        if past is not None:
            _look_at(past)
        yield


def _look_at(past: PastState) -> None:
    try:
        with transaction.atomic(using="engine", savepoint=False), connections["engine"].cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute(f"SET TRANSACTION SNAPSHOT '{past.snapshot}'")
    except DatabaseError as problem:  # its keeper ended
        log.info("A past state is gone: %s", problem)
        raise


def _keep() -> None:
    """Start the snapshot thread unless a process runs one; it ends with the last such fault."""
    with connections["engine"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s", [LOCK])
        if cursor.fetchone()[0]:
            return
    threading.Thread(target=_take_snapshots, name="past-states", daemon=True).start()


def _take_snapshots() -> None:
    kept: list[tuple[PastState, BaseDatabaseWrapper]] = []
    try:
        with connections["engine"].cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
            if not cursor.fetchone()[0]:
                return
        PastState.objects.all().delete()  # of a keeper that ended
        while (seconds := _furthest()) is not None:
            kept.append(_snapshot())
            while len(kept) > SNAPSHOTS:
                _let_go(*kept.pop(0))
            threading.Event().wait(max(SHORTEST, seconds / (SNAPSHOTS - 2)))
    except DatabaseError:
        log.exception("No more snapshots are taken")
    finally:
        for past, connection in kept:
            _let_go(past, connection)
        connections.close_all()


def _furthest() -> float | None:
    found = Fault.objects.filter(kind=Fault.Kind.STALE).aggregate(most=Max("seconds"))["most"]
    return None if found is None else float(found)


def _snapshot() -> tuple[PastState, BaseDatabaseWrapper]:
    connection = connections["engine"].copy()
    connection.set_autocommit(False)
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT pg_export_snapshot()")
        name = cursor.fetchone()[0]
    return PastState.objects.create(snapshot=name), connection


def _let_go(past: PastState, connection: BaseDatabaseWrapper) -> None:
    try:
        past.delete()
    finally:
        connection.close()
