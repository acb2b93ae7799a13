"""A copy of the engine's database sends no mail until an operator resumes it.

As for the portal's database (`security.instance`), a row and a file outside the database share an epoch. The row also
records the cluster, database and transaction that wrote it, and the file the position of the database's log.
"""

import uuid
from pathlib import Path

from django.conf import settings
from django.db import connections, transaction
from django.db.models.expressions import RawSQL
from django.utils import timezone

from qxportal.engine.models import EngineInstance, Mail, Mailing, Why
from qxportal.mail.queue import cancel_all
from qxportal.security.instance import HERE, LOG_AT, WRITER
from qxportal.security.instance_file import Remembered, read_file, write_file

TABLE = EngineInstance._meta.db_table


def may_send() -> bool:
    """Whether this is the original installation. The first call adopts a new database; a copy is marked as held.

    The file is read before the row: other processes update it, so later it could be newer than the row that was read.
    """
    file = read_file(_path())
    row = EngineInstance.objects.annotate(
        here=RawSQL(HERE, []),  # noqa: S611  # none of these has a word of anybody's in it
        writer=RawSQL(f'"{TABLE}"."xmin"::text::bigint', []),  # noqa: S611
        log_at=RawSQL(LOG_AT, []),  # noqa: S611
    ).first()
    if row is None:
        _adopt(file.epoch)
        return True
    if row.held_at:
        return False
    if not file.epoch:  # perhaps a concurrent first start, which writes the file before the row
        file = Remembered(read_file(_path()).epoch)
    own = (row.place, row.written_by) == (row.here, row.writer)
    if not own or file.epoch != row.epoch.hex or file.log_at > row.log_at:
        EngineInstance.objects.filter(epoch=row.epoch).update(held_at=timezone.now())
        return False
    write_file(Remembered(file.epoch, row.log_at), path=_path())
    return True


def is_held() -> bool:
    """Whether this database was recognised as a copy."""
    return EngineInstance.objects.filter(held_at__isnull=False).exists()


def resume(*, keep_queue: bool = False) -> int:
    """Make this database an installation of its own; returns the number of cancelled mails.

    The original has sent them or will; `keep_queue` keeps them for a copy that replaces the original.
    """
    epoch = uuid.uuid4()
    with transaction.atomic(using="engine"):
        cancelled = 0
        if not keep_queue:
            cancelled = cancel_all(Mail.objects.all(), why=Why.HELD)
            now = timezone.now()
            Mailing.objects.filter(sent_at=None, cancelled_at=None, scheduled_at__lte=now).update(cancelled_at=now)
        EngineInstance.objects.all().delete()
        _insert(epoch)
        write_file(Remembered(epoch.hex), path=_path())  # before the commit: until then others still see a copy
    return cancelled


def _adopt(known: str) -> None:
    """First start: store the file's epoch in the row, or a new one in both; the fastest of several processes wins."""
    if not known:
        write_file(Remembered(uuid.uuid4().hex), replace=False, path=_path())
        known = read_file(_path()).epoch
    _insert(uuid.UUID(known))


def _insert(epoch: uuid.UUID) -> None:
    with connections["engine"].cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {TABLE} (id, epoch, place, written_by)"  # noqa: S608
            f" VALUES (1, %s, {HERE}, {WRITER}) ON CONFLICT DO NOTHING",
            [epoch],
        )


def _path() -> Path:
    return Path(settings.ENGINE_INSTANCE)
