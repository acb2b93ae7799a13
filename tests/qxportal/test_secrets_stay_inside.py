"""A token leaves this process in calls to the vendor alone: no log line, no row and no page holds it."""

import logging

import pytest
from django.db import connection

from assessments import subject_commands
from qxportal.accounts.models import Credential
from qxportal.ledger.jobs.connection_test import ask, start_test
from qxportal.ledger.jobs.run import run
from tests.support.tenants import signed_in

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])

PAGES = ("", "jobs/", "changes/", "log/", "settings/credential/", "settings/")


def everything_stored():
    """Each row of each table, as text."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT "{table}"::text FROM "{table}"')  # noqa: S608
            yield from (row for (row,) in cursor.fetchall())


def test_a_whole_day_of_work_leaves_no_token_behind(connected, caplog):
    caplog.set_level(logging.DEBUG)
    token = connected.engine.api_user.token
    review = connected.engine.assessment("Leadership review")
    connected.engine.subject(review, connected.engine.person("Anna", "Berger"))
    connected.sync()
    subject_commands.set_subject_status(connected.subject(), by=connected.admin, status="Done", close_sessions=False)
    connected.engine.fault("500-before", request="setSubjectStatus")
    connected.send()
    run(start_test(connected.org, by=connected.admin).pk, ask)
    row = type(connected.engine.api_user.row)
    connected.engine.run(lambda: row.objects.update(token_hash="0" * 64))
    connected.sync()

    browser = signed_in(connected.admin.user)
    pages = "".join(browser.get(f"/o/{connected.org.slug}/{page}").content.decode() for page in PAGES)

    assert Credential.objects.get().refused_at
    assert "setSubjectStatus" in caplog.text
    assert "Leadership review" in pages
    for text in (caplog.text, pages, *everything_stored()):
        assert token not in text
        assert token.encode().hex() not in text
