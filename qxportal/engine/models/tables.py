"""The engine's tables: created in an empty database, only checked in others."""

from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from qxportal.core.migrating import migrate

ENGINE = "engine"  # the alias and the app


class StaleTablesError(Exception):
    """The tables are of an older release."""


def prepare_tables() -> None:
    """Create the tables in an empty database; raises StaleTablesError if migrations are missing."""
    executor = MigrationExecutor(connections[ENGINE])
    if not executor.migration_plan(executor.loader.graph.leaf_nodes(ENGINE)):
        return
    if any(app == ENGINE for app, _ in executor.loader.applied_migrations):
        raise StaleTablesError("The engine's tables are older than this release: manage.py migrate --database engine")
    migrate(ENGINE)
