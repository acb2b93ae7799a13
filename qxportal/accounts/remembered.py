"""Django cache in the database, for sign-in throttling and used one-time codes.

Throttling must hold while the broker is full, hung or away, and across all machines; so it is not stored there.
Times are the database's own. A row from the future, written before a clock was put back, counts as expired.
"""

import json
from typing import Any

from django.conf import settings
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import connection

TABLE = "accounts_remembered"
NOW = "clock_timestamp()"
AHEAD = "interval '1 minute'"  # tolerated difference between two machines
LIVES = f"expires_at > {NOW} AND set_at < {NOW} + {AHEAD}"
ENDED = f"(r.expires_at <= {NOW} OR r.set_at >= {NOW} + {AHEAD})"
WRITE = f"""
    INSERT INTO {TABLE} AS r (key, value, set_at, expires_at)
    VALUES (%s, %s::jsonb, {NOW}, {NOW} + make_interval(secs => %s))
    ON CONFLICT (key) DO UPDATE
    SET value = excluded.value, set_at = excluded.set_at, expires_at = excluded.expires_at
"""  # noqa: S608
LONG = 365 * 86400.0
USED_CODE = "allauth.mfa.totp.used"  # allauth forgets it after one period, but accepts it for longer


class Remembered(BaseCache):
    """JSON values by key with a timeout."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Store a value unless the key is taken: of two concurrent callers, one gets True."""
        if key.startswith(USED_CODE) and isinstance(timeout, int | float):
            timeout *= 2 * settings.MFA_TOTP_TOLERANCE + 1
        return self._write(f"{WRITE} WHERE {ENDED}", key, value, timeout, version)

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        """Store a value."""
        self._write(WRITE, key, value, timeout, version)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """The cached value, unless it has expired."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT value::text FROM {TABLE} WHERE key = %s AND {LIVES}",  # noqa: S608
                [self.make_key(key, version=version)],
            )
            row = cursor.fetchone()
        return default if row is None else json.loads(row[0])

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Extend a value's timeout."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {TABLE} SET expires_at = {NOW} + make_interval(secs => %s) WHERE key = %s AND {LIVES}",  # noqa: S608
                [self._span(timeout), self.make_key(key, version=version)],
            )
            return bool(cursor.rowcount)

    def delete(self, key: str, version: int | None = None) -> bool:
        """Delete a value."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM {TABLE} WHERE key = %s",  # noqa: S608
                [self.make_key(key, version=version)],
            )
            return bool(cursor.rowcount)

    def clear(self) -> None:
        """Delete all values."""
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {TABLE}")  # noqa: S608

    def _write(self, sql: str, key: str, value: Any, timeout: Any, version: int | None) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(sql, [self.make_key(key, version=version), json.dumps(value), self._span(timeout)])
            return bool(cursor.rowcount)

    def _span(self, timeout: Any) -> float:
        seconds = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        return LONG if seconds is None else float(seconds)


def forget_ended() -> int:
    """Delete expired values; returns their number."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {TABLE} AS r WHERE {ENDED}")  # noqa: S608
        return int(cursor.rowcount)
