"""Emptying the databases after a test by DELETE: truncating all tables takes longer than most tests.

All tables of a database are emptied by one function in it, whose plans PostgreSQL keeps for each connection. So the
connections of a test are kept for the next one, where Django would open new ones; session settings of the test
are reset.
"""

from collections.abc import Sequence
from itertools import count
from typing import Any

import psycopg
from django.core.management.commands import flush
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql.operations import DatabaseOperations
from django.test import TransactionTestCase
from psycopg.pq import TransactionStatus

TRUNCATED_EVERY = 50  # flushes, to limit bloat from deleted rows
KEPT = {"django_content_type", "auth_permission"}  # written only by migrations; flush would require writing them again

_flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]
_truncate = DatabaseOperations.sql_flush
_times = count(1)
_able: dict[str, bool] = {}


def install_fast_flush() -> None:
    """Make Django empty databases this way from now on, if the role may disable triggers."""
    TransactionTestCase._fixture_teardown = _fixture_teardown  # type: ignore[attr-defined]
    TransactionTestCase._should_reload_connections = _close_unclean_connections  # type: ignore[attr-defined]
    DatabaseOperations.sql_flush = _sql_flush  # type: ignore[assignment, method-assign]
    flush.emit_post_migrate_signal = lambda *_args, **_options: None  # type: ignore[attr-defined]


def empty_tables(alias: str = DEFAULT_DB_ALIAS) -> None:
    """Delete all rows without waiting for readers, as truncating would."""
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("SELECT tests_empty_tables()")


def make_able(alias: str) -> bool:
    """Whether the role may disable triggers; if so, install the function in the database."""
    connection = connections[alias]
    name = str(connection.settings_dict["NAME"])
    if name not in _able:
        with connection.cursor() as cursor:
            cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
            _able[name] = cursor.fetchone()[0]
            if _able[name]:
                cursor.execute(_function(connection))
    return _able[name]


def _function(connection: BaseDatabaseWrapper) -> str:
    tables = sorted(set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - KEPT)
    deletes = "".join(f"DELETE FROM {connection.ops.quote_name(table)};\n" for table in tables)  # noqa: S608
    body = f"BEGIN\n{deletes}END"
    return f"CREATE OR REPLACE FUNCTION tests_empty_tables() RETURNS void LANGUAGE plpgsql AS $${body}$$"


def _fixture_teardown(case: Any) -> None:
    aliases = case._databases_names(include_mirrors=False)
    if next(_times) % TRUNCATED_EVERY == 0 or not all(make_able(alias) for alias in aliases):
        _flush(case)
        return
    for alias in aliases:
        empty_tables(alias)


def _close_unclean_connections(case: Any) -> bool:
    """Close this thread's connections that cannot be cleaned for the next test; False: Django is to close no others."""
    for connection in connections.all(initialized_only=True):
        if not _is_cleaned(connection):
            connection.close()
    return False


def _is_cleaned(connection: Any) -> bool:
    """Whether the session keeps nothing of a test: no setting, lock, cursor, temporary table or open transaction."""
    own = connection.connection
    if own is None:
        return True
    if (
        connection.errors_occurred
        or connection.in_atomic_block
        or connection.run_on_commit
        or not connection.autocommit
        or own.info.transaction_status != TransactionStatus.IDLE
    ):
        return False
    try:
        # Not by Django, which knows databases that the test may not use.
        own.execute(
            "CLOSE ALL; DISCARD TEMP; RESET ALL; SELECT pg_advisory_unlock_all(), set_config('TimeZone', %s, false)",
            [connection.timezone_name],
        )
    except psycopg.Error:
        return False
    return True


def _sql_flush(operations: DatabaseOperations, style: Any, tables: Sequence[str], **options: Any) -> list[str]:
    return list(_truncate(operations, style, [table for table in tables if table not in KEPT], **options))
