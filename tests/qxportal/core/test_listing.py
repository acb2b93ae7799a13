"""Pages of lists: a cursor that somebody made up shows the first page, and a known number costs no query."""

import base64
import json

import pytest
from django.db.models import Value
from django.http import QueryDict

from directory.models import Person
from qxportal.accounts.roles import Role
from qxportal.core.listing import BELIEVED, Count, paged, read_filters
from tests.support.mirrored_rows import browser, organisation, people

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "values", [["a", "\ud800", 3], ["a", "b\x00", 3], ["a", "b", 10**30], ["a", 3, "b"], ["b", "", -1], ["c"], 3]
)
def test_a_made_up_cursor_is_harmless(values):
    org = organisation()
    people(org, 3)
    cursor = base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")

    answer = browser(org, Role.READER).get(f"/o/{org.slug}/people/", {"cursor": cursor})

    assert answer.status_code == 200


@pytest.mark.parametrize("at", ["\ud83d", "9999-99-99", "2026-11-24T00:00:00+00:00", "0001-01-01T00:00:00+14:00", "x"])
def test_a_made_up_time_is_harmless(at):
    org = organisation()
    cursor = base64.urlsafe_b64encode(json.dumps(["a", at, 3]).encode()).decode().rstrip("=")

    answer = browser(org, Role.AUDITOR).get(f"/o/{org.slug}/log/", {"cursor": cursor})

    assert answer.status_code == 200


def test_known_number_costs_no_query_and_stays_on_the_next_pages(django_assert_num_queries):
    people(organisation(), 5)
    asked = []

    def page(cursor, listed):
        rows, query = Person.objects.all(), QueryDict(f"cursor={cursor}")
        with django_assert_num_queries(1) as queries:
            found = paged(rows, query, by=("sort_name", "pk"), known=Value(listed), columns=("pk", "sort_name"), size=2)
        asked.append("known_rows" in queries.captured_queries[0]["sql"])
        return found

    first = page("", BELIEVED + 1)
    second = page(first.next, BELIEVED + 2)

    assert (first.counted, second.counted) == (Count(BELIEVED + 1), Count(BELIEVED + 1))
    assert [person.pk for person in first.rows] != [person.pk for person in second.rows]
    assert asked == [True, False]


def test_filters_that_are_on_narrow_the_columns_they_stand_for():
    first, _second = people(organisation(), 2)
    query = QueryDict(mutable=True)
    query.update({"address": first.email, "department": "unknown"})

    listing = read_filters(query, address=("Address", {first.email: "First"}), department=("Department", {}))

    assert list(listing.apply(Person.objects.all(), address="email", department="department")) == [first]
