"""Databases are emptied after each test but for what migrations alone write."""

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connections

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
