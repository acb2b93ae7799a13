"""Rows of earlier releases are carried on: migrations bring their jobs and changes to the tables of today."""

import uuid

import pytest
from django.db import connection, router
from django.db.migrations.executor import MigrationExecutor

from assessments.any_request import record_call
from directory.commands import create_person
from directory.job_kinds import SYNC
from qxportal.ledger.jobs.run import start
from qxportal.ledger.models import Change, Job
from qxportal.ledger.tasks import work
from qxportal.threesixty.calls.persons import CreatePerson

LETTERS = {"R": "read", "S": "state", "N": "natural-key", "C": "create", "D": "destructive"}


def migrate(name=None):
    """Bring the ledger's tables to this migration, or them and those that lean on them to the last one."""
    executor = MigrationExecutor(connection)
    leaves = executor.loader.graph.leaf_nodes
    own = [leaf for leaf in leaves() if router.allow_migrate(connection.alias, leaf[0])]
    executor.loader.graph.leaf_nodes = lambda app=None: leaves(app) if app else own  # to make others' models takes long
    executor.migrate([("ledger", name)] if name else [*leaves("ledger"), *leaves("assessments")])


@pytest.mark.thorough  # every run does so with rows of the engine
@pytest.mark.django_db(transaction=True, databases=["default", "engine"])
def test_tasks_are_carried_out_and_letters_become_words(connected):
    person = {"first_name": "Anna", "last_name": "Berg", "email": "anna@marlstone.example"}
    change = create_person(
        connected.org, by=connected.admin, intent=uuid.uuid4(), external=False, metadata={}, **person
    )
    sync = start(connected.org, SYNC, by=connected.admin)
    names = {}
    for number, letter in enumerate(LETTERS):
        call = CreatePerson(email=f"anna.{number}@marlstone.example", first_name="Anna", last_name="Berg")
        names[record_call(connected.org, call, by=connected.admin, intent=uuid.uuid4()).pk] = letter
    try:
        migrate("0012_partly")
        with connection.cursor() as cursor:
            cursor.execute("UPDATE ledger_job SET task = 'assessments.tasks.sync_organisation'")
            cursor.execute("UPDATE ledger_change SET task = 'assessments.tasks.send_changes'")
            cursor.execute("SELECT kind FROM ledger_change")
            assert {kind for (kind,) in cursor.fetchall()} == {"C"}
            for pk, letter in names.items():
                cursor.execute("UPDATE ledger_change SET kind = %s WHERE id = %s", [letter, pk])
    finally:
        migrate()

    letters = Change.objects.filter(pk__in=names)
    assert dict(letters.values_list("pk", "retry_policy")) == {pk: LETTERS[letter] for pk, letter in names.items()}
    letters.delete()
    work()
    change.refresh_from_db()
    sync.refresh_from_db()
    assert (change.state, sync.state) == (Change.State.DONE, Job.State.DONE)
