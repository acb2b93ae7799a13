"""Pages of the directory are cut into rows; only whom the mirror has otherwise is read."""

import json

import pytest
from django.utils import timezone

from directory.mirror import mirror_lazy_persons
from directory.models import Person
from qxportal.threesixty.calls.persons import GetLazyPersons
from qxportal.threesixty.errors import MalformedResponse, Rejected
from qxportal.threesixty.lazy_rows import read_row
from qxportal.threesixty.wire.answers import RawResponse, read_answer
from qxportal.ui.stored_messages import technical_details
from tests.support.mirrored_rows import organisation

pytestmark = pytest.mark.django_db


@pytest.fixture
def org():
    return organisation()


def somebody(number, **fields):
    return {
        "PersonID": f"P_{number:015d}",
        "FirstName": "Sofia",
        "LastName": f"Garcia {number}",
        "Email": f"sofia.garcia.{number}@halden.example",
        "External": 0,
        "MetaData": {"Department": "Optics"},
        **fields,
    }


def page(result, *, status="Success"):
    """What the client makes of an answer with this result, a value or JSON text."""
    body = result if isinstance(result, str) else json.dumps(result)
    meta = json.dumps({"Status": status, "Debug": ""})
    call = GetLazyPersons(include_metadata=True)
    whole = f'{{"Meta": {meta}, "Result": {body}}}'.encode()
    return call.read(read_answer(call, RawResponse(200, {"content-type": "application/json"}, whole)))


def mirror(org, rows):
    return mirror_lazy_persons(org, page({"Persons": rows}), as_of=timezone.now())


def test_the_first_page_is_kept_and_the_same_page_changes_nothing(org):
    rows = [somebody(n) for n in range(30)]
    first = mirror(org, rows)
    stamps = list(Person.objects.values_list("pk", "seen_at").order_by("pk"))
    again = mirror(org, rows)

    assert (first.added, again.added, again.changed, again.rows) == (30, 0, 0, 30)
    assert list(Person.objects.values_list("pk", "seen_at").order_by("pk")) == stamps
    assert Person.objects.get(vendor_id=somebody(7)["PersonID"]).department == "Optics"


def test_who_changed_is_read_anew(org):
    rows = [somebody(n) for n in range(30)]
    mirror(org, rows)
    rows[4]["LastName"] = "Garcia-Moreno"

    assert mirror(org, rows).changed == 1
    assert Person.objects.get(vendor_id=rows[4]["PersonID"]).last_name == "Garcia-Moreno"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"FirstName": "So\x00fia"}, "NUL"),
        ({"MetaData": {"Team": "\ud800"}}, "surrogate"),
        ({"LastName": "G" * 201}, "longer than 200"),
        ({"MetaData": "Optics"}, "metadata"),
    ],
)
def test_one_row_that_cannot_be_kept_is_quarantined_alone(org, fields, reason):
    merged = mirror(org, [somebody(1), somebody(2, **fields), somebody(3)])

    assert (merged.added, merged.quarantined, merged.rows) == (2, 1, 3)
    told = merged.quarantine[0]["reason"]
    assert reason in f"{told} {technical_details(told)}"


def test_a_key_given_twice_in_one_row_quarantines_that_row(org):
    doubled = json.dumps(somebody(2)).replace('"External": 0', '"Email": "other@halden.example"')
    rows = f'{{"Persons": [{json.dumps(somebody(1))}, {doubled}]}}'

    merged = mirror_lazy_persons(org, page(rows), as_of=timezone.now())

    assert (merged.added, merged.quarantined) == (1, 1)
    assert "could not be read" in str(merged.quarantine[0]["reason"])
    assert "twice" in technical_details(merged.quarantine[0]["reason"])


def test_a_number_as_identifier_is_its_digits(org):
    mirror(org, [somebody(1, PersonID=42), somebody(2)])

    assert Person.objects.filter(vendor_id="42").exists()


def test_a_row_without_identifier_is_counted():
    unread = page({"Persons": [somebody(1), {"FirstName": "Sofia"}, somebody(3, PersonID=None)]})

    assert (len(unread), unread.keyless, len(unread.keys)) == (3, 2, 1)


@pytest.mark.parametrize(
    "result",
    [[somebody(1), somebody(2)], {"Persons": {"a": somebody(1), "b": somebody(2)}}],
    ids=["bare list", "map"],
)
def test_a_listing_in_another_form_is_read_all_the_same(org, result):
    merged = mirror_lazy_persons(org, page(result), as_of=timezone.now())

    assert merged.added == 2


@pytest.mark.parametrize("result", [{"Persons": []}, []], ids=["under its key", "bare"])
def test_an_empty_listing_has_no_rows(result):
    assert len(page(result)) == 0


@pytest.mark.parametrize(
    "result",
    ['{"People": []}', '{"Persons": [{"PersonID": "P_1"}], "Persons": []}', '{"Persons": [{"PersonID": NaN}'],
    ids=["other key", "key twice", "cut"],
)
def test_what_stands_around_the_rows_is_read_strictly(result):
    with pytest.raises(MalformedResponse):
        page(result)


def test_a_refusal_with_rows_is_a_refusal():
    with pytest.raises(Rejected):
        page({"Persons": [somebody(1)]}, status="Error")


@pytest.mark.parametrize(
    "row", ['{"a": 1, "a": 2}', '{"a": NaN}', '{"a": 1234567890123456789}', '{"b": {"a": 1, "a": 2}}']
)
def test_a_row_is_read_as_strictly_as_any_answer(row):
    with pytest.raises(MalformedResponse):
        read_row(row.encode())


def test_a_row_full_of_quotation_marks_is_read_right():
    said = {"Title": 'the ":": and "a":1', "MetaData": {"x": ['"b":', {"c": 1}]}}

    assert read_row(json.dumps(said).encode()) == said
