"""A listing is merged with a handful of statements, and absence alone removes nobody."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assessments.mirror import mirror_subjects
from directory.models import Person
from qxportal.accounts.models import Member, Organisation, User
from qxportal.ledger.mirror import deletions
from qxportal.ledger.mirror.merge import Merged, _Table, merge
from qxportal.ledger.mirror.rows import MirrorRow, read_rows
from qxportal.ledger.mirror.sync_runs import complete_sync, confirm_held
from qxportal.ledger.models import ResourceSync
from qxportal.threesixty.records import SubjectRecord
from qxportal.ui.stored_messages import technical_details
from tests.support.mirrored_rows import assessment

pytestmark = pytest.mark.django_db

NAMES = [("Amara", "Okafor"), ("Jonas", "Lindqvist"), ("Mei", "Tanaka"), ("Lucía", "Fernández"), ("Piotr", "Nowak")]


@pytest.fixture
def org():
    return Organisation.objects.create(name="Harbour Optics", slug="harbour-optics")


def person(number, **columns):
    first, last = NAMES[number % len(NAMES)]
    kept = {
        "first_name": first,
        "last_name": f"{last} {number}",
        "email": f"{first}.{number}@harbour-optics.example".lower(),
        "metadata": {"Department": "Optics"},
    }
    return MirrorRow(f"P_{number:015d}", kept | columns, {"PersonID": f"P_{number:015d}"})


def pull(org, rows, *, as_of=None, problem=""):
    as_of = as_of or timezone.now()
    return complete_sync(
        Person, org, "persons", merge(Person, org, rows, as_of=as_of), as_of=as_of, problem=problem, confirm=list
    )


def test_a_first_listing_is_written_whole(org):
    merged = merge(Person, org, [person(n) for n in range(50)], as_of=timezone.now())

    assert (merged.added, merged.changed) == (50, 0)
    assert Person.objects.get(vendor_id="P_000000000000002").metadata == {"Department": "Optics"}


def test_an_unchanged_listing_writes_no_row(org):
    rows = [person(n) for n in range(50)]
    merge(Person, org, rows, as_of=timezone.now())
    before = list(Person.objects.values_list("pk", "seen_at").order_by("pk"))

    with CaptureQueriesContext(
        connection,
    ) as queries:
        merged = merge(Person, org, rows, as_of=timezone.now())

    assert (merged.added, merged.changed) == (0, 0)
    assert list(Person.objects.values_list("pk", "seen_at").order_by("pk")) == before
    assert not [q for q in queries if "INSERT" in q["sql"]]


def test_only_what_differs_is_written_and_the_number_of_statements_stays(org):
    def statements(count):
        rows = [person(n) for n in range(count)]
        merge(Person, org, rows, as_of=timezone.now())
        rows[3] = person(3, last_name="Married-Nowak")
        with CaptureQueriesContext(connection) as queries:
            merged = merge(Person, org, rows, as_of=timezone.now())
        assert merged.changed == 1 if count == 20 else True
        return len(queries)

    assert statements(20) == statements(400)


def test_an_older_reading_never_overwrites_a_newer_one(org):
    now = timezone.now()
    merge(Person, org, [person(1, last_name="Newest")], as_of=now)

    merge(Person, org, [person(1, last_name="Older")], as_of=now - timedelta(seconds=5))

    assert Person.objects.get().last_name == "Newest"


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"first_name": "Zo\x00e"}, "NUL"),
        ({"first_name": "Zo\ud800e"}, "surrogate"),
        ({"first_name": "Z" * 201}, "longer than 200"),
        ({"metadata": {"Team": "a\x00b"}}, "NUL"),
    ],
)
def test_a_row_that_cannot_be_stored_is_quarantined_alone(org, columns, reason):
    result = pull(org, [person(1), person(2, **columns), person(3)])

    assert Person.objects.count() == 2
    told = result.quarantine[0]["reason"]
    assert reason in f"{told} {technical_details(told)}"


def test_a_quarantined_row_counts_as_seen(org):
    pull(org, [person(1), person(2), person(3)])

    for _ in range(3):
        pull(org, [person(1), person(2, first_name="Zo\x00e"), person(3)])

    assert Person.objects.get(vendor_id=person(2).key).missing_since is None


def test_half_a_list_removes_nobody(org):
    pull(org, [person(n) for n in range(10)])

    for _ in range(3):
        pull(org, [person(n) for n in range(9)], problem="cut")

    assert not Person.objects.exclude(missing_since=None).exists()


def test_an_empty_list_removes_nobody(org):
    pull(org, [person(n) for n in range(3)])

    for _ in range(3):
        result = pull(org, [])

    assert "empty" in str(result.problem)
    assert not Person.objects.exclude(missing_since=None).exists()


def test_missing_once_waits_missing_twice_is_gone_and_a_sighting_revives(org):
    everyone = [person(n) for n in range(10)]
    pull(org, everyone)
    key = everyone[4].key

    def leaver() -> Person:
        return Person.objects.get(vendor_id=key)

    without = [row for row in everyone if row.key != key]

    pull(org, without)
    assert leaver().missing_since is not None and leaver().gone_at is None

    pull(org, without)
    assert leaver().gone_at is not None

    pull(org, everyone)
    assert leaver().gone_at is None and leaver().missing_since is None


def test_too_many_missing_are_held_for_a_person(org):
    pull(org, [person(n) for n in range(40)])

    for _ in range(3):
        result = pull(org, [person(n) for n in range(20)])

    assert result.held == 20
    assert Person.objects.filter(gone_at=None, missing_since=None).count() == 40


def test_the_same_row_twice_makes_the_listing_unsound(org):
    result = pull(org, [person(1), person(1), person(2)])

    assert "twice" in str(result.problem)
    assert Person.objects.count() == 2


def test_two_organisations_with_the_same_vendor_id_keep_their_own_rows(org):
    rival = Organisation.objects.create(name="Tidewater", slug="tidewater")
    pull(org, [person(1, last_name="Ours")])

    pull(rival, [person(1, last_name="Theirs")])

    assert Person.objects.get(org=org).last_name == "Ours"
    assert ResourceSync.objects.get(org=org).rows == 1


def test_a_number_too_large_to_keep_is_quarantined_alone(org):
    review = assessment(org)
    records = [SubjectRecord(person_id=f"P_{n:015d}", received=n) for n in (3, 2**31, 5)]

    merged = mirror_subjects(review, records, as_of=timezone.now())

    assert (merged.added, len(merged.quarantine)) == (2, 1)


def test_rows_confirmed_in_two_rounds_are_both_gone(org):
    member = Member.objects.create(org=org, user=User.objects.create_user("ida@harbour-optics.example"), role="admin")
    everybody = [person(n) for n in range(60)]
    for _ in range(2):
        pull(org, everybody)

    confirm_held(pull(org, everybody[20:]), by=member)
    confirm_held(pull(org, everybody[40:]), by=member)
    held = pull(org, everybody[40:])

    assert held.held == 0
    assert Person.objects.filter(gone_at=None).count() == 20


def written(table="directory_person"):
    """Rows inserted and updated in this transaction so far."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT n_tup_ins + n_tup_upd FROM pg_stat_xact_user_tables WHERE relname = %s", [table])
        return cursor.fetchone()[0]


def test_as_many_rows_are_written_as_changed(org):
    rows = [person(n) for n in range(300)]
    merge(Person, org, rows, as_of=timezone.now())
    before = written()

    merge(Person, org, rows, as_of=timezone.now())
    assert written() == before

    merge(Person, org, [*rows[:297], *(person(n, title="Director") for n in range(297, 300))], as_of=timezone.now())
    assert written() == before + 3


@pytest.mark.parametrize("sparse", [deletions.SPARSE, 0])  # told apart here, or by the database
class TestWhereverItIsCompared:
    @pytest.fixture(autouse=True)
    def compared_there(self, monkeypatch, sparse):
        monkeypatch.setattr(deletions, "SPARSE", sparse)

    def test_a_known_row_on_two_pages_makes_the_listing_unsound(self, org):
        rows = [person(n) for n in range(20)]
        pull(org, rows)
        as_of = timezone.now()
        merged = merge(Person, org, rows[:11], as_of=as_of)
        merged.add(merge(Person, org, [rows[10], *rows[12:]], as_of=as_of))

        result = complete_sync(Person, org, "persons", merged, as_of=as_of, confirm=list)

        assert "twice" in str(result.problem)
        assert not Person.objects.exclude(missing_since=None).exists()

    def test_a_new_row_on_two_pages_makes_the_listing_unsound(self, org):
        as_of = timezone.now()
        merged = merge(Person, org, [person(1), person(2)], as_of=as_of)
        merged.add(merge(Person, org, [person(2), person(3)], as_of=as_of))

        result = complete_sync(Person, org, "persons", merged, as_of=as_of, confirm=list)

        assert "twice" in str(result.problem)

    def test_who_is_missing_twice_is_gone(self, org):
        rows = [person(n) for n in range(20)]
        for listed in (rows, rows[1:], rows[1:]):
            pull(org, listed)

        assert [row.vendor_id for row in Person.objects.exclude(gone_at=None)] == [person(0).key]

    def test_who_was_added_meanwhile_is_not_missing(self, org):
        rows = [person(n) for n in range(20)]
        pull(org, rows)
        as_of = timezone.now()
        merged = merge(Person, org, rows, as_of=as_of)
        merge(Person, org, [person(77)], as_of=timezone.now())

        complete_sync(Person, org, "persons", merged, as_of=as_of, confirm=list)

        assert not Person.objects.exclude(missing_since=None).exists()


def test_a_row_without_an_identifier_makes_the_listing_unsound(org):
    rows = [person(n) for n in range(5)]
    pull(org, rows)

    result = pull(org, [*rows[:3], MirrorRow("", rows[3].columns, {})])

    assert "identifier" in str(result.problem)
    assert not Person.objects.exclude(missing_since=None).exists()


@pytest.mark.parametrize("key", ["P_\x00", "P_\ud800"])
def test_an_identifier_that_cannot_be_looked_up_is_quarantined_alone(org, key):
    result = pull(org, [person(1), MirrorRow(key, person(2).columns, {}), person(3)])

    assert (Person.objects.count(), result.quarantined, result.rows) == (2, 1, 3)


@pytest.mark.parametrize("key", ['P_"quoted', "P_back\\slash", "P_{1,2}", "P_ü", "P_line\nbreak", "P_'"])
def test_a_strange_identifier_is_found_again(org, key):
    rows = [MirrorRow(key, person(1).columns, {}), person(2)]
    merge(Person, org, rows, as_of=timezone.now())

    again = merge(Person, org, rows, as_of=timezone.now())

    assert (again.added, again.changed, len(again.ids)) == (0, 0, 2)


def test_a_row_that_somebody_adds_at_the_same_moment_is_merged_all_the_same(org):
    batch = read_rows([person(n, title="Director") for n in (1, 2, 3)])
    table = _Table(Person, {"org_id": org.pk}, timezone.now())
    merge(Person, org, [person(1)], as_of=timezone.now() - timedelta(minutes=1))
    merged = Merged()

    table.write(batch, list(batch.digests), [], merged)

    assert (merged.added, merged.changed) == (2, 1)
    assert Person.objects.get(vendor_id=person(1).key).title == "Director"


def test_a_row_that_another_batch_of_the_same_reading_adds_at_that_moment_came_twice(org):
    batch, as_of = read_rows([person(n) for n in (1, 2, 3)]), timezone.now()
    table = _Table(Person, {"org_id": org.pk}, as_of)
    merge(Person, org, [person(1)], as_of=as_of)
    merged = Merged()

    table.write(batch, list(batch.digests), [], merged)

    assert (merged.added, merged.changed, merged.repeated) == (2, 0, 1)


def test_a_confirmed_absence_is_forgotten_when_the_rows_come_back(org):
    member = Member.objects.create(org=org, user=User.objects.create_user("ida@harbour-optics.example"), role="admin")
    everybody = [person(n) for n in range(60)]
    pull(org, everybody)
    confirm_held(pull(org, everybody[20:]), by=member)

    assert pull(org, everybody).held == 0
    assert pull(org, everybody[20:]).held == 20
    assert Person.objects.filter(gone_at=None).count() == 60
