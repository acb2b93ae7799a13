"""Databases are emptied after each test but for what migrations alone write."""

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import OperationalError, connections

from qxportal.accounts.models import Member, Organisation, User
from qxportal.accounts.roles import Role
from qxportal.engine.models import Brand
from tests.support import fast_flush

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])


def fill() -> None:
    org = Organisation.objects.create(name="Ashgrove Optics", slug="ashgrove")
    Member.objects.create(org=org, user=User.objects.create_user("a@ashgrove.example"), role=Role.OWNER)
    Brand.objects.create(name="ashgrove", title="Ashgrove Optics")


def counts() -> tuple[int, int, int, int]:
    return Organisation.objects.count(), Member.objects.count(), User.objects.count(), Brand.objects.count()


def test_all_rows_are_deleted_but_those_of_migrations():
    kept = ContentType.objects.count()
    fill()

    for alias in ("default", "engine"):
        assert fast_flush.make_able(alias)
        fast_flush.empty_tables(alias)

    assert counts() == (0, 0, 0, 0)
    assert ContentType.objects.count() == kept > 0


def test_rows_are_truncated_now_and_then(monkeypatch):
    kept = ContentType.objects.count()
    monkeypatch.setattr(fast_flush, "TRUNCATED_EVERY", 1)
    fill()

    class Case:
        available_apps, serialized_rollback = None, False

        @staticmethod
        def _databases_names(*, include_mirrors: bool) -> list[str]:
            return ["default", "engine"]

    fast_flush._fixture_teardown(Case())

    assert counts() == (0, 0, 0, 0)
    assert ContentType.objects.count() == kept


def test_triggers_work_again_afterwards():
    assert fast_flush.make_able("default")
    fast_flush.empty_tables("default")

    with connections["default"].cursor() as cursor:
        cursor.execute("SHOW session_replication_role")
        assert cursor.fetchone() == ("origin",)


def backend_of_a_kept_connection() -> int:
    fast_flush._close_unclean_connections(None)
    kept = connections["default"].connection
    assert kept is not None
    return int(kept.info.backend_pid)


def test_kept_connection_has_no_setting_and_no_lock_of_the_last_test():
    before = backend_of_a_kept_connection()
    with connections["default"].cursor() as cursor:
        cursor.execute("SET synchronous_commit = local; SET TimeZone = 'Asia/Tokyo'; SELECT pg_advisory_lock(77)")

    assert backend_of_a_kept_connection() == before

    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT current_setting('synchronous_commit'), current_setting('TimeZone')")
        assert cursor.fetchone() == ("off", "UTC")


def test_kept_connection_has_no_temporary_table_and_no_cursor_of_the_last_test():
    before = backend_of_a_kept_connection()
    with connections["default"].cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE left_by_a_test (id int)")
        cursor.execute("DECLARE left_open CURSOR WITH HOLD FOR SELECT 1")

    assert backend_of_a_kept_connection() == before

    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT to_regclass('left_by_a_test'), (SELECT count(*) FROM pg_cursors)")
        assert cursor.fetchone() == (None, 0)


def test_connection_is_closed_with_a_transaction_left_open():
    with connections["default"].cursor() as cursor:
        cursor.execute("BEGIN")

    fast_flush._close_unclean_connections(None)

    assert connections["default"].connection is None


def test_connection_is_closed_after_an_error_in_its_session():
    backend_of_a_kept_connection()
    with connections["default"].cursor() as cursor, pytest.raises(OperationalError):
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    fast_flush._close_unclean_connections(None)

    assert connections["default"].connection is None
