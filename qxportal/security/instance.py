"""Tells this installation from a copy or an older state of it, which must send nothing.

An epoch is stored in the database and in a file outside. The row also knows which cluster, timeline, database and
transaction wrote it, and the file how far the database's log had come. So a restored dump, a cloned cluster, a
recovery to an earlier point and a disk that was set back are all detected, even if the file was copied along. A copy is
held until an operator resumes it: `manage.py instance`.
"""

import uuid
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models.expressions import RawSQL
from django.utils import timezone

from qxportal.core.failpoints import failpoint
from qxportal.core.postgresql.prepared import Prepared
from qxportal.security.instance_file import NOTHING, Remembered, read_file, write_file
from qxportal.security.models import Instance

log = structlog.get_logger(__name__)

HERE = """(SELECT concat_ws('/', system_identifier, (SELECT timeline_id FROM pg_control_checkpoint()),
    (SELECT oid FROM pg_database WHERE datname = current_database())) FROM pg_control_system())"""
WRITER = "pg_current_xact_id()::xid::text::bigint"
LOG_AT = "(pg_current_wal_lsn() - '0/0')::bigint"
MOST_FORMER = 50
ROWS = Prepared(
    lambda _values: Instance.objects.annotate(
        here=RawSQL(HERE, []),  # noqa: S611  # none of these has a word of anybody's in it
        writer=RawSQL('"accounts_instance"."xmin"::text::bigint', []),
        log_at=RawSQL(LOG_AT, []),  # noqa: S611
    ).order_by()
)


class Standing(Enum):
    """Relation of this process to its database."""

    NEW = "new"  # no row yet: the first call adopts
    OWN = "own"
    STRANGER = "stranger"  # the database is in its original place, but this machine has no file
    COPY = "copy"  # the database was copied, restored or set back, or the file belongs to another one


@dataclass(frozen=True)
class InstanceCheck:
    """The row, its present location, and the contents of the file."""

    standing: Standing
    row: Instance | None = None
    same_place: bool = True  # the row is in the place where it was written, by the transaction that wrote it
    set_back: bool = False  # the file shows that the database's log had already come further
    log_at: int = 0
    file: Remembered = NOTHING

    @property
    def foreign(self) -> bool:
        """Whether the file belongs to another installation."""
        return (
            self.row is not None
            and self.file.epoch != ""
            and self.file.epoch not in (self.row.epoch.hex, *self.row.former)
        )

    @property
    def may_call(self) -> bool:
        """Whether the vendor may be called."""
        return self.standing in (Standing.NEW, Standing.OWN)


def check() -> InstanceCheck:
    """Relation of this process to its database now: one query and one small file.

    The file is read first. As other processes update it, a later read could be ahead of the row that the query
    returned.
    """
    file = read_file()
    row: Any = ROWS.first()
    if row is None:
        return InstanceCheck(Standing.NEW, file=file)
    if not file.epoch:  # perhaps a first start happened in between: it writes the file before the row
        file = Remembered(read_file().epoch)
    found = InstanceCheck(
        Standing.OWN if file.epoch else Standing.STRANGER,
        row,
        same_place=(row.place, row.written_by) == (row.here, row.writer),
        set_back=file.epoch == row.epoch.hex and file.log_at > row.log_at,
        log_at=row.log_at,
        file=file,
    )
    if row.held_at or not found.same_place or found.set_back or found.foreign:
        return replace(found, standing=Standing.COPY)
    return found


def may_call() -> bool:
    """Whether the vendor may be called. The first start adopts the database; later calls update the file."""
    found = check()
    if found.standing is Standing.NEW and not connection.in_atomic_block:
        _adopt(found.file.epoch)
    elif found.standing is Standing.OWN and found.row:
        write_file(Remembered(found.row.epoch.hex, max(found.log_at, found.file.log_at)))
    return found.may_call


def note_held() -> bool:
    """Record that this database is a copy, in the transaction that holds open changes; returns whether that is new."""
    return bool(Instance.objects.filter(held_at=None).update(held_at=timezone.now()))


def begin_again() -> None:
    """Turn this database into an installation of its own, with a new epoch; the file follows after the commit."""
    row = Instance.objects.select_for_update().get()
    epoch = uuid.uuid4()
    _execute(
        f"UPDATE accounts_instance SET epoch = %s, former = array_to_json(%s::text[])::jsonb, place = {HERE},"  # noqa: S608
        f" written_by = {WRITER}, held_at = NULL, resumed_at = now()",
        [epoch, [*row.former, row.epoch.hex][-MOST_FORMER:]],
    )
    failpoint("instance.resuming")
    transaction.on_commit(partial(_tell_file, epoch))
    log.warning("instance_resumed", epoch=epoch.hex)


def join() -> bool:
    """Let this machine join the installation in the database; False if the database is a copy."""
    found = check()
    if found.row is None or not found.same_place or found.row.held_at:
        return False
    write_file(Remembered(found.row.epoch.hex))
    return True


def _tell_file(epoch: uuid.UUID) -> None:
    failpoint("instance.resumed")
    write_file(Remembered(epoch.hex))


def _adopt(epoch: str) -> None:
    """First start: the row gets the file's epoch, or both get a new one."""
    if not epoch:
        write_file(Remembered(uuid.uuid4().hex), replace=False)
        epoch = read_file().epoch
    made = _execute(
        "INSERT INTO accounts_instance (id, epoch, former, place, written_by)"  # noqa: S608
        f" VALUES (1, %s, '[]', {HERE}, {WRITER}) ON CONFLICT DO NOTHING",
        [uuid.UUID(epoch)],
    )
    if not made:  # another machine was faster
        write_file(Remembered(Instance.objects.get().epoch.hex))


def _execute(sql: str, values: list[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)
