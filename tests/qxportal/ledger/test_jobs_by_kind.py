"""Jobs are found by their kind and changes by their request, those of earlier releases too."""

import uuid

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from directory.commands import create_person
from qxportal.celery import app
from qxportal.ledger.jobs.registry import JOB_HANDLERS, job
from qxportal.ledger.jobs.run import start
from qxportal.ledger.models import Change, Job
from qxportal.ledger.tasks import work

NAMES_IN_MESSAGES = {
    "qxportal.ledger.tasks.work",
    "qxportal.ledger.tasks.sweep",
    "qxportal.ledger.tasks.tidy",
    "assessments.tasks.sync_due_organisations",
    "assessments.tasks.purge_gone",
}


def migrate(name=None):
    """Bring the ledger's tables to this migration, or to the last one."""
    executor = MigrationExecutor(connection)
    executor.migrate([("ledger", name)] if name else executor.loader.graph.leaf_nodes("ledger"))


@pytest.mark.django_db(transaction=True, databases=["default", "engine"])
def test_rows_with_a_task_are_carried_out(connected):
    person = {"first_name": "Anna", "last_name": "Berg", "email": "anna@marlstone.example"}
    change = create_person(
        connected.org, by=connected.admin, intent=uuid.uuid4(), external=False, metadata={}, **person
    )
    sync = start(connected.org, Job.Kind.SYNC, by=connected.admin)
    try:
        migrate("0012_partly")
        with connection.cursor() as cursor:
            cursor.execute("UPDATE ledger_job SET task = 'assessments.tasks.sync_organisation'")
            cursor.execute("UPDATE ledger_change SET task = 'assessments.tasks.send_changes'")
    finally:
        migrate()

    work()

    change.refresh_from_db()
    sync.refresh_from_db()
    assert (change.state, sync.state) == (Change.State.DONE, Job.State.DONE)


def test_each_kind_but_bulk_changes_has_one_work():
    app.loader.import_default_modules()

    assert set(JOB_HANDLERS) == set(Job.Kind) - {Job.Kind.APPLY, Job.Kind.SYNC_PEOPLE}
    with pytest.raises(ValueError, match=r"assessments\.sync already"):
        job(Job.Kind.SYNC)(lambda job: "Done.")


def test_messages_under_way_find_their_tasks():
    app.loader.import_default_modules()

    assert set(app.tasks) >= NAMES_IN_MESSAGES
