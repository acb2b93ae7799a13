"""What background work says is read by each member in the member's own language; rows of the old form stay readable."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone, translation

from qxportal.accounts.audit import note
from qxportal.accounts.credentials import NoCredential
from qxportal.accounts.models import User
from qxportal.accounts.roles import Role
from qxportal.ledger.job_kinds import APPLY
from qxportal.ledger.models import Change, Job, JobItem, ResourceSync
from qxportal.ledger.problems import reason_of
from qxportal.security.errors import SealingError
from qxportal.threesixty.errors import (
    ANSWERED_ERROR,
    BadCredential,
    MalformedResponse,
    OutcomeUnknown,
    Rejected,
    TransientError,
)
from qxportal.ui.stored_messages import StoredMessage, gettext_stored, technical_details
from tests.support.mirrored_rows import browser, organisation

SEALED = "The portal cannot open something that it keeps sealed. Contact the operator of this site."
TABLES = ("ledger_change", "ledger_job", "ledger_jobitem", "ledger_pull")


@pytest.fixture
def org():
    return organisation()


def work(org, message):
    """A bulk change of one item, all of whose sentences are the message."""
    job = Job.objects.create(
        org=org, kind=APPLY.name, target="one", title=message, state="running", step=message, outcome=message, total=1
    )
    JobItem.objects.create(job=job, position=1, label=message, ok=False, message=message)
    Change.objects.create(
        org=org,
        request="setSubjectStatus",
        target=str(uuid.uuid4()),
        title=message,
        job=job,
        state="person",
        status_message=message,
        expires_at=timezone.now() + timedelta(hours=1),
    )
    ResourceSync.objects.create(
        org=org, resource="persons", problem=message, quarantined=1, quarantine=[{"id": "P_1", "reason": message}]
    )
    note(org, by=None, verb="job.paused", words=message)
    return job


def pages(org, language):
    """The pages that show all of it, as a member with that language sees them."""
    client = browser(org, Role.OWNER)
    User.objects.update(language=language)
    job, change = Job.objects.get(), Change.objects.get()
    own = [f"jobs/{job.pk}/", f"changes/{change.pk}/"]
    addresses = ["jobs/", "changes/", "changes/export/", "log/", "people/", *own]
    with translation.override("en"):  # and back to it, whatever language the pages switch to
        answers = [client.get(f"/o/halden/{address}") for address in addresses]
        assert {answer.status_code for answer in answers} == {200}
        return ["".join(part.decode() for part in answer) for answer in answers]


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "word", "others"), [("en", "Monday", "Montag"), ("de", "Montag", "Monday")])
def test_work_is_told_in_the_language_of_the_reader(org, language, word, others):
    with translation.override("de"):  # whoever starts it
        work(org, gettext_stored("Monday"))

    for page in pages(org, language):
        assert word in page
        assert others not in page


@pytest.mark.django_db
def test_work_of_the_old_form_is_shown_as_it_is(org):
    work(org, "Somebody wrote 100 % of this")

    for page in pages(org, "de"):
        assert "Somebody wrote 100 % of this" in page


@pytest.mark.django_db
def test_long_names_are_stored_whole(org):
    message = gettext_stored("Close “%(name)s”", name="Führung " * 50)

    work(org, message)

    assert Job.objects.get().step == Change.objects.get().title == message
    assert str(JobItem.objects.get()) == str(message)


@pytest.mark.django_db
def test_columns_of_messages_are_not_rewritten(org):
    loader = MigrationLoader(connection)
    migration = loader.get_migration("ledger", "0017_messages")
    before = loader.project_state(("ledger", "0016_job_kinds_registered"))
    with connection.schema_editor(atomic=False) as editor:
        migration.unapply(before.clone(), editor)
    work(org, "old")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        files = filenodes(cursor)

        with connection.schema_editor(atomic=False) as editor:
            migration.apply(before.clone(), editor)

        assert filenodes(cursor) == files
    assert Change.objects.get().title == "old"
    assert ResourceSync.objects.get().quarantine == [{"id": "P_1", "reason": "old"}]


def filenodes(cursor):
    """The files of the tables; a rewrite makes new ones."""
    cursor.execute("SELECT relname, relfilenode FROM pg_class WHERE relname = ANY(%s)", [list(TABLES)])
    return dict(cursor.fetchall())


@pytest.mark.parametrize(
    ("problem", "words", "details"),
    [
        (
            Rejected("It is locked.", code="ESRV9", quoted=True),
            "The survey service refused this: “It is locked.”",
            "ESRV9",
        ),
        (Rejected("A value cannot be sent.", code="encoding", details="x"), "A value cannot be sent.", "x (encoding)"),
        (
            BadCredential("No", code="ESRV2", quoted=True),
            "The survey service did not accept the API token.",
            "No (ESRV2)",
        ),
        (
            TransientError("We rest.", quoted=True, details="HTTP 503"),
            "The survey service answered: “We rest.”",
            "HTTP 503",
        ),
        (OutcomeUnknown(ANSWERED_ERROR, details="HTTP 500"), "The server answered with an error.", "HTTP 500"),
        (MalformedResponse("No row."), "The answer from the survey service could not be read.", "No row."),
        (NoCredential(gettext_stored("Monday")), "Monday", ""),
        (TransientError(gettext_stored("Monday")), "Monday", ""),
        (SealingError("Key 7"), SEALED, "Key 7"),
        (ValueError("no file"), "no file", ""),
    ],
)
def test_reasons_are_sentences_with_technical_details(problem, words, details):
    reason = reason_of(problem)

    assert (str(reason), technical_details(reason)) == (words, details)


def test_reasons_of_the_client_are_translated_later():
    problem = TransientError("Monday", details="HTTP 502")

    with translation.override("de"):
        assert str(reason_of(problem)) == "Montag"
    assert str(problem) == "Monday (HTTP 502)"
    assert reason_of(problem) == StoredMessage("Monday", details="HTTP 502")
