"""Migrations of apps that lie in another database are noted as applied, and not gone through."""

from collections.abc import Iterator, Sequence

import pytest
from django.db import connections, router
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation


def operations(those: Sequence[Operation]) -> Iterator[Operation]:
    for one in those:
        yield one
        if isinstance(one, SeparateDatabaseAndState):
            yield from operations(one.database_operations)


def test_every_operation_asks_the_router() -> None:
    """Django's own ones do: where an app does not belong, they change nothing."""
    migrations = MigrationLoader(None).disk_migrations.values()
    kinds = {type(one) for migration in migrations for one in operations(migration.operations)}

    assert len(kinds) > 10
    assert {kind for kind in kinds if not kind.__module__.startswith("django.")} == set()


@pytest.mark.parametrize("alias", ["default", "engine"])
@pytest.mark.django_db(databases=["default", "engine"])
def test_all_migrations_are_applied_and_tables_lie_in_one_database(alias: str) -> None:
    executor = MigrationExecutor(connections[alias])
    tables = set(connections[alias].introspection.table_names())

    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []
    models = executor.loader.project_state().apps.get_models(include_auto_created=True)
    managed = [model for model in models if model._meta.managed and not model._meta.proxy]
    assert len(managed) > 60
    for model in managed:
        wanted = router.allow_migrate(alias, model._meta.app_label)
        assert (model._meta.db_table in tables) is wanted, model._meta.label
