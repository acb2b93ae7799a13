"""Kept connections, and statements that are planned once."""

import pytest
from django.db import connection, connections, models, transaction
from django.db.backends.postgresql import base as usual
from django.db.models import QuerySet
from django.db.models.functions import Upper

from qxportal.accounts.models import Member, Organisation, User
from qxportal.core.postgresql import base
from qxportal.core.postgresql.prepared import Prepared

pytestmark = pytest.mark.django_db


def members(values) -> QuerySet[Member]:
    found = Member.objects.select_related("org", "user").annotate(loud=Upper("user__email"))
    return found.filter(org=values["org"], user__email=values["email"], user__is_active=True)


@pytest.fixture
def two(org: Organisation) -> list[Member]:
    users = [User.objects.create_user(f"{name}@marlstone.example") for name in ("ann", "ben")]
    return [Member.objects.create(org=org, user=user, role="reader") for user in users]


def row(one: models.Model | None) -> dict[str, object]:
    assert one is not None
    return {name: value for name, value in vars(one).items() if name != "_state"}


def test_a_prepared_reading_gives_what_its_query_set_gives(org, two, django_assert_num_queries):
    prepared = Prepared(members, org=int, email=str)
    for one in two:
        values = {"org": org.pk, "email": one.user.email}
        (usual,) = members(values)
        with django_assert_num_queries(1) as queries:
            found = prepared.first(**values)
            assert found is not None
            assert (found.org.slug, found.user.email) == (org.slug, one.user.email)
        assert f"= '{one.user.email}'" in queries.captured_queries[0]["sql"]

        cached = {name: getattr(found, name) for name in ("org", "user")}
        assert {name: row(one) for name, one in cached.items()} == {"org": row(usual.org), "user": row(usual.user)}
        assert (found.pk, found.loud, found._state.db) == (usual.pk, one.user.email.upper(), "default")  # type: ignore[attr-defined]
        assert found._state.adding is False
    assert prepared.all(org=org.pk + 1, email=two[0].user.email) == []
    assert prepared.first(org=org.pk, email="nobody@marlstone.example") is None


def test_a_value_that_would_be_changed_in_python_is_refused():
    with pytest.raises(ValueError, match="not in the statement"):
        Prepared(lambda values: User.objects.filter(email=values["email"].upper() + "!"), email=str).all(email="a")


def test_prepared_reading_passes_what_watches_all_statements(org):
    prepared = Prepared(lambda values: Organisation.objects.filter(pk=values["pk"]), pk=int)
    seen = []

    def note(execute, sql, params, many, context):
        seen.append((sql.split(" ", 1)[0], params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        assert prepared.first(pk=org.pk) == org

    assert seen == [("SELECT", [org.pk])]


@pytest.mark.django_db(transaction=True)
def test_rows_are_locked_in_a_transaction_only(org):
    prepared = Prepared(lambda values: Organisation.objects.select_for_update().filter(pk=values["pk"]), pk=int)
    with transaction.atomic():
        assert prepared.first(pk=org.pk) == org
    with pytest.raises(transaction.TransactionManagementError):
        prepared.first(pk=org.pk)


def test_a_broken_transaction_is_told_as_usual(org):
    prepared = Prepared(lambda values: Organisation.objects.filter(pk=values["pk"]), pk=int)
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(transaction.TransactionManagementError):
            prepared.first(pk=org.pk)


class Asked:
    """What was asked of PostgreSQL beside Django's own cursors."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.times = 0
        is_usable = usual.DatabaseWrapper.is_usable

        def counted(wrapper: base.DatabaseWrapper) -> bool:
            self.times += 1
            return bool(is_usable(wrapper))

        monkeypatch.setattr(usual.DatabaseWrapper, "is_usable", counted)


@pytest.fixture
def own(db):
    """A connection beside that of the test."""
    made = connection.copy()
    made.connect()
    yield made
    made.close()


def test_a_connection_in_steady_use_is_not_asked(own, monkeypatch):
    asked = Asked(monkeypatch)
    assert own.is_usable()
    assert asked.times == 0
    own._usable_at -= base.FRESH + 1
    assert own.is_usable()
    assert own.is_usable()
    assert asked.times == 1
    own.errors_occurred = True
    assert own.is_usable()
    assert asked.times == 2


def test_a_connection_that_its_server_ended_is_not_usable(own):
    pid = own.connection.info.backend_pid
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])  # gives when it is gone

    assert not own.is_usable()


def test_what_was_never_opened_or_is_closed_is_not_usable(own):
    own.connection.close()
    assert not own.is_usable()
    own.connection = None
    assert not own.is_usable()
