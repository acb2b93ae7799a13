"""Emptying the databases after a test by deleting what is there: truncating all tables takes longer than most tests."""

from collections.abc import Sequence
from itertools import count
from typing import Any

from django.core.management.commands import flush
from django.db.backends.postgresql.operations import DatabaseOperations

TRUNCATED_EVERY = 50  # times, against what deleted rows leave behind
KEPT = {"django_content_type", "auth_permission"}  # written by migrations alone; flush would have them written again

_truncate = DatabaseOperations.sql_flush
_times = count(1)


def install_fast_flush() -> None:
    """Let Django empty databases this way from now on, where the role may switch triggers off."""
    DatabaseOperations.sql_flush = _sql_flush  # type: ignore[assignment, method-assign]
    flush.emit_post_migrate_signal = lambda *_args, **_options: None  # type: ignore[attr-defined]


def _sql_flush(
    operations: DatabaseOperations,
    style: Any,
    tables: Sequence[str],
    *,
    reset_sequences: bool = False,
    allow_cascade: bool = False,
) -> list[str]:
    tables = [table for table in tables if table not in KEPT]
    names = [operations.quote_name(table) for table in tables]
    if reset_sequences or next(_times) % TRUNCATED_EVERY == 0 or not names:
        return list(_truncate(operations, style, tables, reset_sequences=reset_sequences, allow_cascade=allow_cascade))
    with operations.connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if not cursor.fetchone()[0]:
            return list(_truncate(operations, style, tables, allow_cascade=allow_cascade))
        looks = (f"SELECT {n} WHERE EXISTS (SELECT 1 FROM {name})" for n, name in enumerate(names))  # noqa: S608
        cursor.execute(" UNION ALL ".join(looks))
        full = [names[n] for (n,) in cursor.fetchall()]
    without_triggers = "SET LOCAL session_replication_role = replica"
    return [without_triggers, *(f"DELETE FROM {name}" for name in full)] if full else []  # noqa: S608
