"""The list of people: search, filters, pages."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.asserts import assertRedirects

from directory.models import Person
from directory.selectors import departments
from qxportal.accounts.roles import Role
from qxportal.ledger.models import ResourceSync
from tests.support.mirrored_rows import assessment, browser, many_people, organisation, people, text
from tests.support.tenants import signed_in

pytestmark = pytest.mark.django_db
ALONE = {"HX-Request": "true", "HX-Target": "listing"}


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


def test_names_are_found_as_lists_write_them(org):
    people(org, 30)
    reader = browser(org, Role.READER)

    assert names(reader.get("/o/halden/people/", {"q": "Moretti, Greta"})) == ["Moretti Greta"]


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


QUERIES = [
    "",
    "q=engineering",
    "q=zoltan",
    "q=zo",
    "q=analyst",
    "q=nobody",
    "department=plant 7",
    "external=yes",
    "external=no",
    "gone=on",
    "department=plant 7&q=analyst",
    "department=plant 7&external=yes&q=plant",
]


def test_the_number_of_queries_does_not_grow_with_the_people(org):
    reader = browser(org, Role.READER)

    def queries(query):
        reader.get(f"/o/halden/people/?{query}")
        with CaptureQueriesContext(connection) as captured:
            reader.get(f"/o/halden/people/?{query}")
        return len(captured)

    many_people(org, 60)
    few = {query: queries(query) for query in QUERIES}
    Person.objects.all().delete()
    many_people(org, 11_000)

    for query in QUERIES:
        many = queries(query)
        assert few[query] <= many <= 13, query
        assert many - few[query] <= 2, query  # counting, and the index where the walk ended without result


def test_the_list_alone_needs_few_queries(org):
    many_people(org, 11_000)
    ResourceSync.objects.create(org=org, resource="persons", rows=11_000)
    reader = browser(org, Role.READER)

    for query in QUERIES:
        listing = f"/o/halden/people/?{query}"
        following = reader.get(listing, headers=ALONE).context["page"].next
        for page in (listing, f"{listing}&cursor={following}"):
            with CaptureQueriesContext(connection) as captured:
                reader.get(page, headers=ALONE)

            # The session and its user come first. A search looks for its words, and filters are counted.
            assert len(captured) <= 2 + (4 if query else 2), page


def walked(reader, query, between=lambda: None):
    """The keys on every page of a list, from the first to the last and back again."""
    there, cursor = [], ""
    while True:
        page = reader.get(f"/o/halden/people/?{query}&cursor={cursor}", headers=ALONE).context["page"]
        there += [person.pk for person in page.rows]
        between()
        if not page.next:
            break
        cursor = page.next
    back = [person.pk for person in page.rows]
    while page.previous:
        page = reader.get(f"/o/halden/people/?{query}&cursor={page.previous}", headers=ALONE).context["page"]
        back = [person.pk for person in page.rows] + back
    return there, back


@pytest.mark.parametrize("query", ["", "q=analyst", "q=plant+3", "q=ab", "q=abc", "department=plant 3", "external=yes"])
def test_every_page_together_is_everybody_once_both_ways(org, query):
    many_people(org, 1_200)
    reader = browser(org, Role.READER)

    there, back = walked(reader, query)

    every = [person.pk for person in Person.objects.order_by("sort_name", "pk") if fits(person, query)]
    assert there == back == every
    assert reader.get(f"/o/halden/people/?{query}").context["page"].count == len(every)


def fits(person, query):
    if query.startswith("q="):
        words = query[2:].split("+")
        starts = f" {person.search}"
        return all(f" {word}" in starts if len(word) < 3 else word in person.search for word in words)
    name, _, value = query.partition("=")
    return not query or str(getattr(person, name)).replace("True", "yes") == value


@pytest.mark.parametrize("late", [True, False])
def test_a_frequent_word_is_found_wherever_its_people_stand(org, late):
    many_people(org, 16_500)
    every = list(Person.objects.order_by("sort_name", "pk").values_list("pk", flat=True))
    having = every[-6_000:] if late else every[:6_000]
    Person.objects.filter(pk__in=having).update(search="of the foundry")
    reader = browser(org, Role.READER)

    page = reader.get("/o/halden/people/?q=foundry").context["page"]
    following = reader.get(f"/o/halden/people/?q=foundry&cursor={page.next}").context["page"]
    back = reader.get(f"/o/halden/people/?q=foundry&cursor={following.previous}").context["page"]

    assert [person.pk for person in [*page.rows, *following.rows]] == having[:100]
    assert back.rows == page.rows
    assert page.counted == ((6_000, False) if late else (5_000, True))


@pytest.mark.parametrize("query", ["", "q=analyst"])
def test_nobody_is_met_twice_or_left_out_while_others_are_added(org, query):
    many_people(org, 300)
    before = set(Person.objects.values_list("pk", flat=True))
    numbers = iter(range(10_000, 20_000, 7))

    def joined():
        [new] = people(org, 1, start=next(numbers))
        Person.objects.filter(pk=new.pk).update(search=f"{new.search} analyst", sort_name=f"{new.pk % 10}{new.pk}")

    there, _back = walked(browser(org, Role.READER), query, joined)

    assert len(there) == len(set(there))
    assert before <= set(there)


def test_a_long_list_says_that_there_are_more_until_somebody_wants_them_counted(org):
    many_people(org, 10_400)
    reader = browser(org, Role.READER)

    everybody, frequent, rare = (reader.get(f"/o/halden/people/?{query}") for query in ("", "q=analyst", "q=17@people"))

    assert str(everybody.context["page"].counted) == "more than 10,000"
    assert frequent.context["page"].counted.more
    assert 50 <= frequent.context["page"].count <= 10_000
    assert "Count all" in everybody.content.decode()
    assert rare.context["page"].counted == (Person.objects.filter(search__contains="17@people").count(), False)
    for query in ("", "q=analyst&"):
        counted = reader.get(f"/o/halden/people/?{query}count=all").context["page"]
        assert counted.counted == (10_400, False)
        following = reader.get(f"/o/halden/people/?{query}count=all&cursor={counted.next}").context["page"]
        assert following.counted == (10_400, False)


def test_what_the_last_reading_listed_is_known_without_counting(org):
    many_people(org, 10_400)
    ResourceSync.objects.create(org=org, resource="persons", rows=10_400)
    reader = browser(org, Role.READER)

    assert str(reader.get("/o/halden/people/").context["page"].counted) == "10,400"
    assert str(reader.get("/o/halden/").context["people_count"]) == "10,400"
    assert str(reader.get("/o/halden/people/?external=no").context["page"].counted) == "more than 10,000"


SEARCHES = {
    "Sinéad O'Brien": ["o'brien", "SINEAD", "sinéad brien"],
    "100% Percent_Under\\score": ["100%", "percent_under", "under\\sc", "t_u"],
    "Jürgen Groß": ["jürgen", "JURGEN", "gross", "GROẞ", "groß"],
    "İlker Yılmaz": ["ilker", "İLKER", "ILKER", "yilmaz", "YILMAZ", "yılmaz"],
    "Łukasz Sørensen": ["lukasz", "ŁUKASZ", "sorensen", "sø"],
    "美咲 田中": ["田中", "美", "咲 田"],
    "Li Ng": ["li", "ng", "l n", "NG li"],
    "Zoe\u0308 Ångström": ["zoë", "Zoe\u0308", "angstrom", "å"],
}


def test_a_name_is_found_however_it_is_typed(connected):
    for name in ("Otto Berger", *SEARCHES):
        first, _, last = name.partition(" ")
        connected.engine.person(first_name=first, last_name=last)
    connected.sync()
    member = signed_in(connected.admin.user)

    for name, searches in SEARCHES.items():
        last = name.partition(" ")[2]
        for words in searches:
            page = member.get("/o/marlstone/people/", {"q": words}, headers=ALONE).context["page"]
            assert [person.last_name for person in page.rows] == [last], words
        assert member.get("/o/marlstone/people/", {"q": f"{last}%"}, headers=ALONE).context["page"].count == 0


def test_an_address_is_found_whole_or_in_part(org):
    people(org, 30)
    reader = browser(org, Role.READER)

    for words in (
        "greta.moretti.26@halden.example",
        "moretti.26@HALDEN",
        "@halden.example greta.mor",
        "26@h",
        "6@halden gret",
    ):
        assert "Moretti Greta" in names(reader.get("/o/halden/people/", {"q": words})), words
    for words in ("greta.moretti.26@fennmoor.example", "moretti@halden", "greta.moretti.2@halden", "moretti%26@halden"):
        assert names(reader.get("/o/halden/people/", {"q": words})) == [], words


def test_one_or_two_letters_are_the_beginning_of_a_word(org):
    people(org, 30)
    reader = browser(org, Role.READER)

    assert {name.split()[1] for name in names(reader.get("/o/halden/people/", {"q": "gr"}))} == {"Greta"}
    assert names(reader.get("/o/halden/people/", {"q": "re"})) == []
    assert names(reader.get("/o/halden/people/", {"q": "eta mor"})) == ["Moretti Greta"]


def test_the_departments_are_those_of_the_current_people_of_the_organisation(org):
    people(org, 4)
    other = organisation("fennmoor", "Fennmoor")
    Person.objects.filter(pk__in=[person.pk for person in people(other, 2)]).update(department="Secret works")
    [gone] = people(org, 1, start=50)
    Person.objects.filter(pk=gone.pk).update(department="Closed plant", gone_at=gone.seen_at)

    assert list(departments(org)) == ["Engineering", "Sales"]
    assert departments(org, only="Sales") == {"Sales": "Sales"}
    assert departments(org, only="Secret works") == departments(org, only="") == {}


def test_what_the_directory_says_is_shown_as_text(org):
    [person] = people(org, 1)
    columns = ("first_name", "last_name", "email", "title", "department", "location")
    Person.objects.filter(pk=person.pk).update(**{name: f"<b>{name}'\"&" for name in columns})

    page = browser(org, Role.READER).get("/o/halden/people/", headers=ALONE).content.decode()

    assert "<b>" not in page
    for name in columns:
        assert f"&lt;b&gt;{name}&#x27;&quot;&amp;" in page


def test_filters_fetch_the_list_alone(org):
    people(org, 60)
    reader = browser(org, Role.READER)

    alone = reader.get("/o/halden/people/?department=Sales", headers=ALONE).content.decode()

    assert "<html" not in alone
    assert alone.count("row-link") == 30
    assert "Department: Sales" in alone


def test_a_search_with_one_hit_opens_it(org):
    amara, *_others = people(org, 12)
    review, other = assessment(org, "Leadership review"), assessment(org, "Okoro review")
    reader = browser(org, Role.READER)

    def search(words):
        return reader.get("/o/halden/search/", {"q": words})

    assertRedirects(search(amara.email), f"/o/halden/people/{amara.pk}/", fetch_redirect_response=False)
    assertRedirects(search("leadership"), f"/o/halden/assessments/{review.pk}/", fetch_redirect_response=False)
    assert other.name in text(search("okoro"))
    assert "No results" in text(search("nobody"))
