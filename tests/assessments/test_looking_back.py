"""Lists as of an earlier day, and two days compared, on a mirror that real readings keep."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assessments.models import Assessment, Evaluation, Subject
from directory.models import Person
from qxportal.accounts.models import AuditEntry, Member, User
from qxportal.accounts.roles import Role
from qxportal.ledger.history.as_of import as_they_were, listed_then, narrowed_then, versions_of
from qxportal.ledger.models import ResourceSync, Version
from tests.support.built_once import built_once
from tests.support.mirrored_rows import many_people, text
from tests.support.tenants import signed_in

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])
DAY = timedelta(days=1)


@pytest.fixture
@built_once
def weeks(connected):
    """Ten days: on day -9 the first reading, on -6 changes, on -3 others, on -1 the first ones taken back."""
    engine = connected.engine
    anna = engine.person("Anna", "Berg", metadata={"Department": "Sales", "Title": "Analyst"})
    ben = engine.person("Ben", "Costa", metadata={"Department": "Sales"})
    cleo = engine.person("Cleo", "Durand", metadata={"Department": "Research"})
    review = engine.assessment("Leadership review")
    waiting = engine.subject(review, anna)
    engine.subject(review, ben)
    read(connected)
    days_pass(3)
    at_the_vendor(engine, anna, last_name="Berg-Lund", metadata={"Department": "Research", "Title": "Analyst"})
    at_the_vendor(engine, waiting, status="Done")
    engine.person("Dora", "Engel", metadata={"Department": "Sales"})
    read(connected)
    days_pass(3)
    engine.run(cleo.delete)
    read(connected)
    read(connected)
    days_pass(2)
    at_the_vendor(engine, anna, last_name="Berg", metadata={"Department": "Sales", "Title": "=HYPERLINK(1)"})
    read(connected)
    days_pass(1)
    return connected


def read(connected):
    assert connected.sync().state == "done"


def days_pass(number):
    """What happened until now was so many days earlier."""
    before = timedelta(days=number)
    for model in (Person, Assessment, Subject, Evaluation):
        model.objects.update(first_seen_at=F("first_seen_at") - before, gone_at=F("gone_at") - before)
    Version.objects.update(valid_from=F("valid_from") - before, valid_to=F("valid_to") - before)
    ResourceSync.objects.update(seen_at=F("seen_at") - before, tried_at=F("tried_at") - before)


def at_the_vendor(engine, row, **fields):
    engine.run(lambda: type(row).objects.filter(pk=row.pk).update(**fields))


def client_of(connected, role=Role.EDITOR):
    user = User.objects.create_user(f"{role}.{timezone.now().timestamp()}@marlstone.example", name="Nadia Brandt")
    Member.objects.create(org=connected.org, user=user, role=role)
    return signed_in(user)


def ago(days):
    return str(timezone.localdate() - timedelta(days=days))


def people_on(client, days, **query):
    page = client.get("/o/marlstone/people/", {"on": ago(days), **query})
    return {f"{person.first_name} {person.last_name}" for person in page.context["page"].rows}


def test_the_list_of_people_shows_who_there_was_and_what_they_were_called(weeks):
    client = client_of(weeks)

    assert people_on(client, 8) == {"Anna Berg", "Ben Costa", "Cleo Durand"}
    assert people_on(client, 5) == {"Anna Berg-Lund", "Ben Costa", "Cleo Durand", "Dora Engel"}
    assert people_on(client, 2) == {"Anna Berg-Lund", "Ben Costa", "Dora Engel"}
    assert people_on(client, 0) == {"Anna Berg", "Ben Costa", "Dora Engel"}
    assert people_on(client, 2, gone="on") == {"Cleo Durand"}


def test_filters_and_words_ask_what_was_said_then(weeks):
    client = client_of(weeks)

    assert people_on(client, 8, department="Research") == {"Cleo Durand"}
    assert people_on(client, 5, department="Research") == {"Anna Berg-Lund", "Cleo Durand"}
    assert people_on(client, 5, q="lund") == {"Anna Berg-Lund"}
    assert people_on(client, 8, q="lund") == set()
    assert people_on(client, 0, q="lund") == set()
    assert people_on(client, 5, q="lund", department="Sales") == set()
    assert people_on(client, 8, external="no", q="be") == {"Anna Berg", "Ben Costa"}
    assert people_on(client, 8, external="yes") == set()


def test_the_past_says_so_and_leads_back(weeks):
    page = client_of(weeks).get("/o/marlstone/people/", {"on": ago(5), "q": "a"})
    words = text(page)

    assert "You are viewing" in words
    assert "Back to today" in words
    assert 'href="?q=a"' in page.content.decode()
    assert f"/people/compare/?from={ago(4)}" in page.content.decode()
    assert "Add person" not in words


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("nonsense", "Enter a date such as"),
        ("2026-02-31", "Enter a date such as"),
        ("<script>", "Enter a date such as"),
        ("0001-01-01", "are kept for 730 days"),
        ("1999-12-31", "are kept for 730 days"),
        (None, "the first sync of this list was on"),
    ],
)
def test_a_day_of_which_nothing_is_known_is_told_in_words(weeks, day, words):
    client, review = client_of(weeks), weeks.assessment()
    for path in ("people/", f"assessments/{review.pk}/subjects/"):
        page = client.get(f"/o/marlstone/{path}", {"on": day or ago(30)})

        assert words in text(page)
        assert "Back to today" in text(page)
        assert not page.context["page"].rows
        assert "Mark as done" not in text(page)
        assert "<script>" not in text(page)
    for path in ("people/compare/", f"assessments/{review.pk}/subjects/compare/"):
        page = client.get(f"/o/marlstone/{path}", {"from": day or ago(40), "to": day or ago(30)})

        assert words in text(page)
        assert not page.context["page"].rows


def test_today_and_the_future_are_the_list_as_it_is(weeks):
    client = client_of(weeks)

    for days in (0, -1, -400):
        page = client.get("/o/marlstone/people/", {"on": ago(days)})
        assert "You are viewing" not in text(page)
        assert page.context["page"].count == 3


def test_a_version_holds_from_its_first_moment_until_just_before_its_last(weeks):
    anna = Person.objects.get(first_name="Anna")
    first, second = Version.objects.filter(kind="person", row_id=anna.pk).order_by("valid_to")
    everything = Person.objects.filter(org=weeks.org, pk=anna.pk)
    tick = timedelta(microseconds=1)

    def name(at):
        return [person.last_name for person in as_they_were(listed_then(everything, at), at)]

    assert name(anna.first_seen_at - tick) == []
    assert name(anna.first_seen_at) == name(first.valid_to - tick) == ["Berg"]
    assert name(first.valid_to) == name(second.valid_to - tick) == ["Berg-Lund"]
    assert name(second.valid_to) == ["Berg"]
    for at, found in ((first.valid_to - tick, 0), (first.valid_to, 1), (second.valid_to, 0)):
        rows = narrowed_then(listed_then(everything, at), versions_of(Person, weeks.org), at, "lund", {})
        assert rows.count() == found


def test_subjects_as_of_a_day_have_the_status_of_then(weeks):
    review, client = weeks.assessment(), client_of(weeks)
    url = f"/o/marlstone/assessments/{review.pk}/subjects/"

    def statuses(days, **query):
        rows = client.get(url, {"on": ago(days), **query}).context["page"].rows
        return {subject.first_name: subject.status for subject in rows}

    assert statuses(8) == {"Anna": "Waiting", "Ben": "Waiting"}
    assert statuses(5) == {"Anna": "Done", "Ben": "Waiting"}
    assert statuses(5, status="Done") == {"Anna": "Done"}
    assert statuses(8, status="Done") == {}
    page = client.get(url, {"on": ago(5)})
    assert 'name="scope"' not in page.content.decode()
    assert "Mark as done" not in text(page)


def test_assessments_as_of_a_day_have_the_name_and_state_of_then(connected):
    engine = connected.engine
    early = engine.assessment("Leadership review")
    read(connected)
    days_pass(3)
    at_the_vendor(engine, early, status="Closed", name="Leadership review 2025")
    engine.assessment("Project review")
    read(connected)
    days_pass(3)
    at_the_vendor(engine, early, status="Active", name="Leadership review")
    read(connected)
    client = client_of(connected)

    def listed(days, **query):
        page = client.get("/o/marlstone/assessments/", {"on": ago(days), **query})
        return {(row.name, row.status) for row in page.context["page"].rows}

    assert {name for name, _status in listed(5)} == {"Leadership review"}
    assert ("Leadership review 2025", "Closed") in listed(2)
    assert len(listed(2)) == 2
    assert listed(2, status="Closed", q="2025") == {("Leadership review 2025", "Closed")}
    assert listed(0, q="2025") == listed(5, status="Closed") == listed(5, q="project") == set()
    page = client.get("/o/marlstone/assessments/", {"on": ago(2)})
    assert "You are viewing" in text(page)
    assert "What changed since" not in text(page)
    assert "Enter a date such as" in text(client.get("/o/marlstone/assessments/", {"on": "nonsense"}))


def differing(client, first, last, path="people/compare/", **query):
    page = client.get(f"/o/marlstone/{path}", {"from": ago(first), "to": ago(last), **query})
    return page, {str(each.row).split()[0]: each for each in page.context["entries"]}


def test_two_days_compared_tell_who_was_added_who_is_gone_and_each_field(weeks):
    page, found = differing(client_of(weeks), 7, 2)

    assert {name: each.what for name, each in found.items()} == {"Anna": "changed", "Cleo": "gone", "Dora": "added"}
    assert dict(page.context["counts"]) == {"added": 1, "gone": 1, "changed": 1}
    said = {(each.label, each.before, each.after) for each in found["Anna"].differences}
    assert said == {("Last name", "Berg", "Berg-Lund"), ("Department", "Sales", "Research")}


def test_what_changed_and_changed_back_does_not_differ(weeks):
    client = client_of(weeks)

    _page, all_of_it = differing(client, 8, 0)
    _page, third_week = differing(client, 4, 2)
    _page, nothing = differing(client, 5, 4)

    assert {(each.label, each.after) for each in all_of_it["Anna"].differences} == {("Title", "=HYPERLINK(1)")}
    assert {name: each.what for name, each in third_week.items()} == {"Cleo": "gone"}
    assert nothing == {}


def test_both_days_are_taken_whole(weeks):
    client = client_of(weeks)

    assert set(differing(client, 6, 6)[1]) == {"Anna", "Dora"}
    assert set(differing(client, 3, 3)[1]) == {"Cleo"}


def test_the_first_reading_adds_nobody(weeks):
    page, found = differing(client_of(weeks), 9, 7)

    assert found == {}
    assert "Nothing is known of the time before" in text(page)


def test_a_comparison_is_narrowed_by_kind_field_and_words(weeks):
    client = client_of(weeks)

    assert set(differing(client, 7, 2, what="gone")[1]) == {"Cleo"}
    assert set(differing(client, 7, 2, what="changed", field="title")[1]) == set()
    assert set(differing(client, 7, 2, what="changed", field="last_name")[1]) == {"Anna"}
    assert set(differing(client, 7, 2, q="engel")[1]) == {"Dora"}


@pytest.mark.parametrize(("first", "last"), [(2, 5), (-3, -2)])
def test_days_the_wrong_way_round_are_told_in_words(weeks, first, last):
    page, found = differing(client_of(weeks), first, last)

    assert found == {}
    assert "The first day must not be after the last one" in text(page)


def test_what_moved_in_an_assessment_shows_the_status_then_and_now(weeks):
    review = weeks.assessment()

    page, found = differing(client_of(weeks), 7, 0, f"assessments/{review.pk}/subjects/compare/")

    assert {name: (each.before["status"], each.after["status"]) for name, each in found.items()} == {
        "Anna": ("Waiting", "Done")
    }
    assert "Status Before: Waiting → After: Done" in text(page)


def test_readers_do_not_follow_answers_through_time(weeks):
    review = weeks.assessment()
    Subject.objects.filter(first_name="Ben").update(received=4, completed=1)
    reader, editor = client_of(weeks, Role.READER), client_of(weeks)
    path = f"assessments/{review.pk}/subjects/compare/"

    assert "Ben" not in differing(reader, 2, 0, path)[1]
    assert "completed" not in differing(reader, 7, 0, path, field="completed")[1]["Anna"].after
    assert "Ben" in differing(editor, 2, 0, path)[1]
    url = f"/o/marlstone/assessments/{review.pk}/subjects/"
    assert "Finished by then" not in text(reader.get(url, {"on": ago(2)}))
    assert "Finished by then" in text(editor.get(url, {"on": ago(2)}))


def test_the_file_has_a_line_for_each_field_and_no_live_formula(weeks):
    auditor = client_of(weeks, Role.AUDITOR)

    answer = auditor.get("/o/marlstone/people/compare/export/", {"from": ago(8), "to": ago(0)})
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))

    assert rows[0] == ["Kind of change", "ID", "Last name", "First name", "E-mail address", "Field", "Before", "After"]
    assert [(row[0], row[3], *row[5:]) for row in rows[1:]] == [
        ("Changed", "Anna", "Title", "Analyst", "'=HYPERLINK(1)"),
        ("No longer listed", "Cleo", "", "", ""),
        ("Added", "Dora", "", "", ""),
    ]
    assert AuditEntry.objects.get(verb="comparison.exported").details["rows"] == 3


def test_a_file_of_impossible_days_leads_to_the_page_that_says_why(weeks):
    answer = client_of(weeks, Role.AUDITOR).get("/o/marlstone/people/compare/export/", {"from": "x"})

    assert answer.status_code == 302
    assert answer["Location"] == "/o/marlstone/people/compare/?from=x"
    assert client_of(weeks, Role.READER).get("/o/marlstone/people/compare/export/").status_code == 403


def test_pages_of_the_past_and_of_a_comparison_meet_everybody_once(weeks):
    many_people(weeks.org, 130)
    days_pass(2)
    Person.objects.filter(vendor_id__startswith="P_000000000").update(title="Head")
    client = client_of(weeks)

    def walked(url):
        seen, cursor = [], ""
        while True:
            page = client.get(f"{url}&cursor={cursor}").context["page"]
            seen += [row.pk for row in page.rows]
            cursor = page.next
            if not cursor:
                return seen, page.count

    then, count = walked(f"/o/marlstone/people/?on={ago(1)}")
    assert len(then) == len(set(then)) == count == 133
    changed, count = walked(f"/o/marlstone/people/compare/?from={ago(1)}&what=changed")
    assert len(changed) == len(set(changed)) == count == 130


def test_the_number_of_queries_does_not_grow(weeks):
    client = client_of(weeks)
    urls = [
        f"/o/marlstone/people/?on={ago(1)}",
        f"/o/marlstone/people/?on={ago(1)}&q=plant",
        f"/o/marlstone/people/compare/?from={ago(1)}",
    ]

    def queries():
        counted = []
        for url in urls:
            with CaptureQueriesContext(connection) as captured:
                assert client.get(url).status_code == 200
            counted.append(len(captured))
        return counted

    queries()
    few = queries()
    many_people(weeks.org, 200)
    days_pass(2)
    Person.objects.filter(vendor_id__startswith="P_000000000").update(title="Head")

    assert all(now <= before + 2 <= 20 for now, before in zip(queries(), few, strict=True))


def test_more_than_can_be_compared_is_told_in_words(weeks):
    many_people(weeks.org, 10_050)

    page, found = differing(client_of(weeks), 1, 0)

    assert found == {}
    assert "More than 10000 records changed between these days" in text(page).replace(",", "")
