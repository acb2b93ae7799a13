"""How a change may be repeated is stored as a word, also of changes that earlier releases recorded."""

import uuid

import pytest
from django.db import connection

from assessments.any_request import record_call
from qxportal.ledger.models import Change
from qxportal.threesixty.calls.base import RetryPolicy
from qxportal.threesixty.calls.every import KNOWN_CALLS
from qxportal.threesixty.calls.persons import CreatePerson
from tests.qxportal.ledger.test_job_kinds import migrate

LETTERS = {"R": "read", "S": "state", "N": "natural-key", "C": "create", "D": "destructive"}


@pytest.mark.django_db(transaction=True, databases=["default", "engine"])
def test_letters_of_earlier_releases_become_words(connected):
    names = {}
    for number, letter in enumerate(LETTERS):
        call = CreatePerson(email=f"anna.{number}@marlstone.example", first_name="Anna", last_name="Berg")
        names[record_call(connected.org, call, by=connected.admin, intent=uuid.uuid4()).pk] = letter
    try:
        migrate("0018_quarantined_rows")
        with connection.cursor() as cursor:
            kinds = "SELECT kind FROM ledger_change"
            cursor.execute(kinds)
            assert {kind for (kind,) in cursor.fetchall()} == {"C"}
            for pk, letter in names.items():
                cursor.execute("UPDATE ledger_change SET kind = %s WHERE id = %s", [letter, pk])
    finally:
        migrate()

    kept = dict(Change.objects.values_list("pk", "retry_policy"))
    assert kept == {pk: LETTERS[letter] for pk, letter in names.items()}


def test_every_policy_fits_its_column():
    longest = Change._meta.get_field("retry_policy").max_length or 0

    assert set(LETTERS.values()) == set(RetryPolicy)
    assert all(len(policy) <= longest for policy in RetryPolicy)
    assert {call.retry_policy for call in KNOWN_CALLS.values() if isinstance(call.retry_policy, RetryPolicy)} == set(
        RetryPolicy
    )
