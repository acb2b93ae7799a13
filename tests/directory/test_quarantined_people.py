"""People whom the mirror cannot keep are named with the reason, where the age of the list is shown, and on Home."""

from random import Random

import pytest
from django.utils import timezone

from directory.mirror import mirror_persons
from directory.models import Person
from qxportal.accounts.roles import Role
from qxportal.ledger.mirror.sync_runs import complete_sync
from qxportal.threesixty.records import PersonRecord
from tests.support.mirrored_rows import assessment, browser, organisation, text

pytestmark = pytest.mark.django_db
GOOD = PersonRecord(vendor_id="P_000000000000001", first_name="Amara", last_name="Okoro")


def listed(org, *records):
    as_of = timezone.now()
    merged = mirror_persons(org, records, as_of=as_of)
    complete_sync(Person, org, "persons", merged, as_of=as_of, confirm=list)


@pytest.mark.parametrize(
    ("name", "reason", "details"),
    [
        ("Lind\x00qvist", "It contains a character that cannot be stored.", "NUL"),
        ("L" * 201, "A value is longer than 200 characters.", "last_name"),
    ],
)
def test_somebody_who_cannot_be_kept_is_named_with_the_reason(name, reason, details):
    org = organisation()
    assessment(org)
    listed(org, GOOD, PersonRecord(vendor_id="P_000000000000002", first_name="Bastian", last_name=name))
    reader = browser(org, Role.READER)

    people, home = reader.get("/o/halden/people/"), reader.get("/o/halden/")

    assert "Okoro" in text(people)
    assert "The last sync skipped 1 record that cannot be stored" in text(people)
    assert f"{reason} P_000000000000002 · {details}" in text(people)
    assert 'href="/o/halden/people/#quarantined"' in home.content.decode()


def test_a_consistent_reading_shows_nobody_quarantined():
    org = organisation()
    listed(org, GOOD)

    assert "cannot be stored" not in text(browser(org, Role.READER).get("/o/halden/people/"))


def test_a_person_whose_columns_together_are_too_long_to_search_is_kept():
    org = organisation()
    metadata = dict.fromkeys(("Department", "Title", "Location"), "ß" * 200)
    listed(org, PersonRecord(vendor_id="P_3", first_name="ß" * 200, last_name="ß" * 200, metadata=metadata))

    assert Person.objects.get().first_name == "ß" * 200


def test_somebody_of_the_longest_words_is_kept_and_found():
    """An index takes no row of more than a third of a page, and these cannot be compressed."""
    chance = Random(3)

    def words():
        return "".join(chr(chance.randrange(0x4E00, 0x9FFF)) for _ in range(200))

    org, first, last = organisation(), words(), words()
    metadata = {"Department": words(), "Title": words(), "Location": words()}
    record = PersonRecord(vendor_id="P_000000000000003", first_name=first, last_name=last, metadata=metadata)

    listed(org, record)

    row = Person.objects.get()
    assert (row.first_name, row.last_name, row.department) == (first, last, metadata["Department"])
    assert last[:50] in text(browser(org, Role.READER).get("/o/halden/people/", {"q": first[:20]}))
