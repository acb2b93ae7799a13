"""The list of people: search, filters, pages."""

import re

import pytest

from directory.models import Person
from qxportal.accounts.roles import Role
from tests.mirrored_rows import browser, organisation, people

pytestmark = pytest.mark.django_db


@pytest.fixture
def org():
    return organisation()


def names(page):
    return [f"{person.last_name} {person.first_name}" for person in page.context["page"].rows]


def test_every_word_must_be_there(org):
    people(org, 30)
    reader = browser(org, Role.READER)

    assert names(reader.get("/o/halden/people/", {"q": "MORETTI  gre"})) == ["Moretti Greta"]
    assert names(reader.get("/o/halden/people/", {"q": "moretti nobody"})) == []


def test_pages_show_everybody_once_and_lead_back(org):
    people(org, 130)
    reader = browser(org, Role.READER)
    seen, query = [], ""
    pages = []
    while True:
        page = reader.get(f"/o/halden/people/{query}")
        assert page.context["page"].count == 130
        seen += names(page)
        pages.append(names(page))
        following = page.context["page"].next
        if not following:
            break
        query = f"?cursor={following}"
    back = reader.get("/o/halden/people/", {"cursor": page.context["page"].previous})

    assert len(seen) == 130
    assert len({(name, place) for place, name in enumerate(seen)}) == 130
    assert seen == sorted(seen, key=str.lower)
    assert names(back) == pages[-2]


@pytest.mark.parametrize(
    "cursor", ["nonsense", "WyJhIiwgMSwgInRleHQiXQ", "WyJhIiwgIlxcdTAwMDAiLCAxXQ", "W10", "a" * 5000]
)
def test_an_invented_cursor_shows_the_first_page(org, cursor):
    people(org, 3)

    page = browser(org, Role.READER).get("/o/halden/people/", {"cursor": cursor, "q": "\x00"})

    assert page.status_code == 200


def test_the_filters_stand_in_the_pager_links(org):
    people(org, 130)

    page = browser(org, Role.READER).get("/o/halden/people/", {"department": "Sales"})

    assert page.context["page"].count == 65
    following = re.search(r'rel="next" href="([^"]+)"', page.content.decode())
    assert following
    assert "department=Sales" in following[1]


def test_the_gone_are_hidden_until_asked_for(org):
    [gone, *_] = people(org, 3)
    Person.objects.filter(pk=gone.pk).update(gone_at=gone.seen_at)
    reader = browser(org, Role.READER)

    assert len(names(reader.get("/o/halden/people/"))) == 2
    assert names(reader.get("/o/halden/people/?gone=on")) == ["Okoro Amara"]


def test_the_number_of_queries_does_not_grow_with_the_people(org, django_assert_max_num_queries):
    reader = browser(org, Role.READER)
    people(org, 49)
    with django_assert_max_num_queries(14):
        reader.get("/o/halden/people/")
