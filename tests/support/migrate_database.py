"""Migrates an empty database of the portal or of the engine in half the time of `manage.py migrate`.

python -m tests.support.migrate_database ALIAS

Django carries out every migration in each database, and makes all models anew for every step. Here those that the
router lets do nothing in this database are entered as applied afterwards, and no step has to make their models.
"""

import os
import sys

import django
from django.core.management import call_command
from django.db import connections, router
from django.db.migrations.executor import MigrationExecutor


def migrate(alias: str) -> None:
    """Leave what `manage.py migrate --database ALIAS` leaves."""
    executor = MigrationExecutor(connections[alias])
    executor.recorder.ensure_schema()
    own = [node for node in executor.loader.graph.leaf_nodes() if router.allow_migrate(alias, node[0])]
    executor.migrate(own)
    for app, name in set(executor.loader.disk_migrations) - set(executor.recorder.applied_migrations()):
        assert not router.allow_migrate(alias, app), f"{app}.{name} was left out"
        executor.recorder.record_applied(app, name)
    call_command("migrate", verbosity=0, database=alias)  # content types and permissions


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "qxportal.settings"
    django.setup()
    migrate(sys.argv[1])
