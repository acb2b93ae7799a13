"""Jobs are found by their kind and changes by their request, those of earlier releases too."""

import uuid

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from directory.commands import create_person
from directory.job_kinds import SYNC, SYNC_PEOPLE
from qxportal.celery import app
from qxportal.ledger.job_kinds import APPLY, KINDS, JobKind, register
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
    """Bring the ledger's tables to this migration, or them and those that lean on them to the last one."""
    executor = MigrationExecutor(connection)
    leaves = executor.loader.graph.leaf_nodes
    executor.migrate([("ledger", name)] if name else [*leaves("ledger"), *leaves("assessments")])


@pytest.mark.django_db(transaction=True, databases=["default", "engine"])
def test_rows_with_a_task_are_carried_out(connected):
    person = {"first_name": "Anna", "last_name": "Berg", "email": "anna@marlstone.example"}
    change = create_person(
        connected.org, by=connected.admin, intent=uuid.uuid4(), external=False, metadata={}, **person
    )
    sync = start(connected.org, SYNC, by=connected.admin)
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

    assert set(JOB_HANDLERS) == set(KINDS) - {APPLY.name, SYNC_PEOPLE.name}
    with pytest.raises(ValueError, match=r"assessments\.sync already"):
        job(SYNC)(lambda job: "Done.")


def test_kinds_are_entered_once_and_fit_their_column():
    longest = Job._meta.get_field("kind").max_length or 0

    assert {"sync", "sync-assessment", "fetch-report", "probe", "apply"} < set(KINDS)
    assert [kind.name for kind in KINDS.values() if not str(kind.label) or len(kind.name) > longest] == []
    with pytest.raises(ValueError, match="sync"):
        register(JobKind(name="sync", label="Another"))


def test_kind_without_an_app_is_shown_by_its_name():
    job = Job(kind="of-a-removed-app")

    assert str(job) == "of-a-removed-app"
    assert not job.purpose.for_editors


def test_messages_under_way_find_their_tasks():
    app.loader.import_default_modules()

    assert set(app.tasks) >= NAMES_IN_MESSAGES
