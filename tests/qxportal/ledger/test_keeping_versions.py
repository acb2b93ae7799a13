"""What a mirrored row said earlier is kept, whoever writes the row, and only when it says something else."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assessments.mirror import mirror_subjects
from assessments.models import Assessment, Evaluation, Subject
from directory.models import Person
from qxportal.accounts.models import Member, Organisation, User
from qxportal.ledger.history.external_changes import open_alarms
from qxportal.ledger.history.versions import forget, purge_versions
from qxportal.ledger.mirror.mirrored import mirrored_models
from qxportal.ledger.mirror.sync_runs import complete_sync, confirm_held
from qxportal.ledger.models import ResourceSync, Version
from qxportal.threesixty.records import SubjectRecord
from tests.qxportal.ledger.test_merging_a_listing import person, pull
from tests.support.mirrored_rows import assessment

pytestmark = pytest.mark.django_db


@pytest.fixture
def org():
    return Organisation.objects.create(name="Harbour Optics", slug="harbour-optics")


def events(**fields):
    rows = Version.objects.filter(**fields).order_by("pk")
    return [(row.event, row.vendor_id[-3:], row.after) for row in rows]


def test_the_first_reading_keeps_no_version(org):
    pull(org, [person(n) for n in range(50)])

    assert not Version.objects.exists()
    assert Person.objects.filter(first_seen_at__gt=timezone.now() - timedelta(minutes=1)).count() == 50


def test_an_unchanged_reading_writes_no_version(org):
    rows = [person(n) for n in range(50)]
    pull(org, rows)

    with CaptureQueriesContext(connection) as queries:
        pull(org, rows)

    assert not Version.objects.exists()
    assert not [q for q in queries if "ledger_version" in q["sql"] and not q["sql"].startswith("SELECT")]


def test_a_changed_row_keeps_what_it_said_and_the_others_nothing(org):
    rows = [person(n) for n in range(50)]
    pull(org, rows)
    rows[3] = person(3, last_name="Fernández-Ruiz", metadata={"Department": "Sales"})

    pull(org, rows)

    row = Version.objects.get()
    assert row.vendor_id == rows[3].key == row.columns["vendor_id"]
    assert (row.columns["last_name"], row.columns["metadata"]) == ("Fernández 3", {"Department": "Optics"})
    assert row.after == {"last_name": "Fernández-Ruiz", "metadata": {"Department": "Sales"}}
    assert row.valid_from == Person.objects.get(vendor_id=row.vendor_id).first_seen_at < row.valid_to
    assert (row.source, row.change) == (Version.Source.VENDOR, None)


def test_versions_of_a_row_follow_each_other_without_a_gap(org):
    for name in ("Okafor", "Okafor-Lind", "Lind", "Okafor"):
        pull(org, [person(0, last_name=name), person(1)])

    first, second, third = Version.objects.order_by("pk")

    assert [row.columns["last_name"] for row in (first, second, third)] == ["Okafor", "Okafor-Lind", "Lind"]
    assert first.valid_to == second.valid_from
    assert second.valid_to == third.valid_from


def test_the_number_of_statements_does_not_grow_with_what_changed(org):
    def statements(count):
        pull(org, [person(n) for n in range(count)])
        with CaptureQueriesContext(connection) as queries:
            pull(org, [person(n, last_name=f"Married {n}") for n in range(count)])
        assert Version.objects.filter(source=Version.Source.VENDOR).count() == count
        for table in (Version, Person, ResourceSync):
            table.objects.all().delete()
        return len(queries)

    assert statements(10) == statements(600)


def test_an_addition_after_the_first_reading_is_noted_once(org):
    pull(org, [person(n) for n in range(5)])

    for _ in range(2):
        pull(org, [person(n) for n in range(7)])

    assert events() == [("added", "005", {}), ("added", "006", {})]


def test_an_addition_found_by_a_reading_that_broke_off_is_noted_too(org):
    pull(org, [person(n) for n in range(5)])

    pull(org, [person(n) for n in range(7)], problem="cut")
    pull(org, [person(n) for n in range(8)])

    assert [vendor_id for _event, vendor_id, _after in events()] == ["005", "006", "007"]


def test_a_first_reading_in_pieces_adds_nothing(org):
    pull(org, [person(n) for n in range(5)], problem="cut")
    pull(org, [person(n) for n in range(9)])
    pull(org, [person(n) for n in range(9)])

    assert not Version.objects.exists()


def test_half_a_list_ends_no_version(org):
    pull(org, [person(n) for n in range(10)])

    for _ in range(3):
        pull(org, [person(n) for n in range(9)], problem="cut")

    assert not Version.objects.exists()


def test_who_left_and_came_back_has_a_version_for_each(org):
    everybody = [person(n) for n in range(10)]
    pull(org, everybody)
    for _ in range(2):
        pull(org, everybody[:9])
    pull(org, everybody)

    left, back = Version.objects.order_by("pk")
    assert (left.event, left.gone, back.event, back.gone) == ("gone", False, "back", True)
    assert left.valid_to == back.valid_from
    assert left.columns == back.columns


def test_a_quarantined_row_ends_no_version(org):
    pull(org, [person(1), person(2)])

    for _ in range(3):
        pull(org, [person(1), person(2, first_name="Zo\x00e")])

    assert not Version.objects.exists()


def test_a_stamp_or_a_link_of_ours_is_no_difference(org):
    pull(org, [person(1)])

    Person.objects.update(seen_at=timezone.now(), row_hash=b"", raw={"any": "thing"}, search="okafor", sort_name="o")

    assert not Version.objects.exists()


def test_answering_is_marked_as_progress_and_a_status_is_not(org):
    review = assessment(org)
    record = SubjectRecord(person_id="P_000000000000001", first_name="Mei", last_name="Tanaka", status="Waiting")

    for said in (record, replace(record, completed=1), replace(record, completed=2, status="Done")):
        mirror_subjects(review, [said], as_of=timezone.now())

    assert list(Version.objects.order_by("pk").values_list("progress", flat=True)) == [True, False]
    assert set(Version.objects.values_list("assessment_id", "person_key")) == {(review.pk, record.person_id)}


def test_a_disappearance_that_a_person_confirmed_alarms_nobody(org):
    review, listing = assessment(org), "subjects:TS_1"
    by = Member.objects.create(org=org, user=User.objects.create_user("ida@harbour-optics.example"), role="admin")
    records = [SubjectRecord(person_id=f"P_{n:015d}", first_name="Mei", last_name="Tanaka") for n in range(30)]

    def read(count):
        as_of, scope = timezone.now(), {"assessment_id": review.pk}
        merged = mirror_subjects(review, records[:count], as_of=as_of)
        return complete_sync(Subject, org, listing, merged, as_of=as_of, scope=scope, confirm=list)

    read(30)
    confirm_held(read(10), by=by)
    for _ in range(2):
        read(9)

    assert Version.objects.filter(event="gone", alarm="subject-gone").count() == 21
    assert [row.vendor_id for row in open_alarms(by)] == [records[9].person_id]


def test_versions_are_forgotten_with_their_row_and_on_demand(org):
    pull(org, [person(n) for n in range(4)])
    pull(org, [person(n, last_name="Nowak") for n in range(4)])
    first, second, *_others = Person.objects.order_by("pk")

    first.delete()
    forget(Person, [second.pk])

    assert Version.objects.count() == 2
    assert not Version.objects.filter(row_id__in=[first.pk, second.pk]).exists()


def test_versions_are_kept_for_as_long_as_is_set(org, settings):
    settings.HISTORY_KEEP = timedelta(days=30)
    for name in ("Okafor", "Lind", "Nowak"):
        pull(org, [person(1, last_name=name)])
    older, newer = Version.objects.order_by("pk")
    Version.objects.filter(pk=older.pk).update(valid_to=timezone.now() - timedelta(days=31))

    assert purge_versions() == 1
    assert Version.objects.get() == newer


def test_two_organisations_keep_their_own(org):
    rival = Organisation.objects.create(name="Tidewater", slug="tidewater")
    for name in ("Okafor", "Lind"):
        pull(org, [person(1, last_name=name)])
        pull(rival, [person(1, last_name="Theirs")])

    assert Version.objects.get().org == org


def test_every_mirrored_table_has_its_triggers():
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal")
        found = set(cursor.fetchall())

    assert set(mirrored_models()) >= {"person", "survey", "assessment", "subject", "evaluation"}
    for model in mirrored_models().values():
        for trigger in ("keep_versions", "forget_versions"):
            assert (model._meta.db_table, trigger) in found
    assert {Assessment, Subject, Evaluation} <= set(mirrored_models().values())
