"""Jobs are found by their kind and changes by their request."""

import pytest

from directory.job_kinds import SYNC, SYNC_PEOPLE
from qxportal.celery import app
from qxportal.ledger.job_kinds import APPLY, KINDS, JobKind, register
from qxportal.ledger.jobs.registry import JOB_HANDLERS, job
from qxportal.ledger.models import Job

NAMES_IN_MESSAGES = {
    "qxportal.ledger.tasks.work",
    "qxportal.ledger.tasks.sweep",
    "qxportal.ledger.tasks.tidy",
    "assessments.tasks.sync_due_organisations",
    "assessments.tasks.purge_gone",
}


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
