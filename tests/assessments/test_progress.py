"""Progress by subject, by evaluator and by fields of the directory: the numbers agree, small groups are folded."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from assessments.models import Evaluation, Mail, Subject
from assessments.progress import Counts, Slice, fold, total, with_cells
from assessments.progress_cells import hidden_cells
from directory.models import Person
from qxportal.accounts.models import AuditEntry, Member
from qxportal.accounts.roles import Role
from tests.support.mirrored_rows import assessment, browser, evaluations, organisation, people, subjects, text

SIZES = st.lists(st.integers(1, 9), max_size=12)


@given(SIZES, st.integers(2, 5))
def test_folding_loses_nothing_and_lets_nobody_be_worked_out(sizes, minimum):
    slices = [Slice(f"v{place}", size, Counts(size, size - 1, 1)) for place, size in enumerate(sizes)]

    shown = fold(slices, minimum)

    assert total(shown) == total(slices)
    assert sum(one.people for one in shown) == sum(sizes)
    if sum(sizes) >= minimum:
        assert all(one.people >= minimum for one in shown)
    else:
        assert len(shown) <= 1
    assert [one.value for one in shown if not one.folded] == sorted(one.value for one in shown if not one.folded)


@pytest.fixture
def org(db):
    return organisation()


@pytest.fixture
def review(org):
    """Four subjects; each is evaluated by three peers, one of whom gave it unasked, and by one shared manager."""
    review = assessment(org)
    staff = people(org, 20)
    for number, subject in enumerate(subjects(review, staff[:4])):
        evaluations(subject, staff[4:7], "Peer", "Completed" if number < 2 else "NotStarted")
        evaluations(subject, [staff[8]], "Manager", "InProgress")
        Evaluation.objects.filter(subject=subject, evaluator=staff[4]).update(unsolicited=True, status="Completed")
    return review


def url(review: Any, way: str = "") -> str:
    return f"/o/{review.org.slug}/assessments/{review.pk}/progress/{way}"


def rows(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))[1:]


def test_the_grid_shows_groups_with_what_they_need(org, review):
    Evaluation.objects.filter(relationship="Peer", evaluator__pk=Person.objects.order_by("pk")[5].pk).update(
        status="NotStarted"
    )
    answer = browser(org, Role.READER).get(url(review))

    assert answer.context["columns"] == ["Manager", "Peer"]
    first = answer.context["rows"][0]
    assert (first.counts, [cell.done for cell in first.cells]) == (Counts(3, 1, 1), [0, 2])
    assert "1 more needed: Peer" in text(answer)


def test_all_three_agree_with_the_overview(org, review):
    reader = browser(org, Role.READER)
    grid, lines = reader.get(url(review)), reader.get(url(review, "evaluators/"))
    slices = [
        one for one, _words, _cells in reader.get(url(review, "groups/?field=manager&who=evaluators")).context["slices"]
    ]
    shown = grid.context["assessment"]

    expected = Counts(shown.evaluations_total, shown.evaluations_done, shown.evaluations_unasked)
    assert expected == Counts(12, 4, 4)
    for found in (grid.context["rows"], lines.context["rows"], slices):
        assert (
            Counts(*(sum(getattr(one.counts, name) for one in found) for name in ("asked", "done", "extra")))
            == expected
        )
    assert "4 of 12 requested evaluations are finished. 4 unsolicited evaluations are finished as well" in text(grid)


def test_an_evaluator_owes_everything_over_all_assessments(org, review):
    other = assessment(org, "Second round")
    manager = Person.objects.order_by("pk")[8]
    [subject] = subjects(other, people(org, 1, start=40))
    evaluations(subject, [manager], "Peer", "NotStarted")
    closed = assessment(org, "Closed", status="Closed")
    evaluations(subjects(closed, people(org, 1, start=41))[0], [manager], "Peer", "NotStarted")
    at = timezone.now() - timedelta(days=3)
    for kind, when in (("Reminder", at), ("Invite", timezone.now())):
        Mail.objects.create(
            org=org,
            assessment=review,
            vendor_id=kind,
            person_key=manager.vendor_id,
            kind=kind,
            state="sent",
            created_at=when,
            settled_at=when,
        )

    found = browser(org, Role.EDITOR).get(url(review, "evaluators/"), {"owes": "open"}).context["rows"]

    assert found[0].key == manager.vendor_id
    assert (found[0].open, found[0].elsewhere, found[0].owed) == (4, [("Second round", 1)], 5)
    assert found[0].reminded_at == at
    Subject.objects.filter(assessment=review).update(status="Done")
    assert not browser(org, Role.READER).get(url(review, "evaluators/"), {"owes": "open"}).context["rows"]


@pytest.mark.parametrize("sort", ["open", "-open", "name", "-name", "finished", "-finished"])
def test_evaluators_come_once_in_every_order(org, sort):
    review = assessment(org)
    staff = people(org, 70)
    [subject] = subjects(review, staff[:1])
    evaluations(subject, staff[1:40], "Peer", "Completed")
    evaluations(subject, staff[40:], "Peer", "NotStarted")
    reader, seen, query = browser(org, Role.READER), [], f"?sort={sort}"
    while query:
        answer = reader.get(url(review, f"evaluators/{query}"))
        seen += [one.key for one in answer.context["rows"]]
        following = answer.context["page"].next
        query = f"?sort={sort}&cursor={following}" if following else ""

    assert len(seen) == len(set(seen)) == 69


def test_small_departments_are_folded(org, review):
    Person.objects.update(department="Sales")
    Person.objects.filter(subjects=Subject.objects.earliest("pk")).update(department="Board")

    answer = browser(org, Role.READER).get(url(review, "groups/"))

    assert [(words, one.people) for one, words, _cells in answer.context["slices"]] == [
        ("Small groups together (2)", 4)
    ]
    assert "Board" not in text(answer)


def test_any_metadata_field_tells_progress(org, review):
    Person.objects.update(metadata={"Cost centre": "17", "Odd__name": "x"})

    answer = browser(org, Role.READER).get(url(review, "groups/"), {"field": "Cost centre"})
    odd = browser(org, Role.AUDITOR).get(url(review, "groups/"), {"field": "Odd__name", "who": "evaluators"})

    assert [(words, one.people) for one, words, _cells in answer.context["slices"]] == [("17", 4)]
    assert [(words, one.people) for one, words, _cells in odd.context["slices"]] == [("x", 4)]


@given(st.lists(st.lists(st.integers(0, 7), min_size=3, max_size=3), max_size=6), st.integers(2, 5))
def test_hidden_cells_cannot_be_worked_out(people, minimum):
    hidden = hidden_cells(people, minimum)

    assert all(people[row][at] >= minimum for row, at in _places(people) - hidden)
    rows = [[(row, at) for at in range(3)] for row in range(len(people))]
    for line in [*rows, *_columns(people)]:
        places = [place for place in line if place in _places(people)]
        closed = [place for place in places if place in hidden]
        if closed and len(closed) < len(places):
            assert len(closed) > 1
            numbers = [people[row][at] for row, at in closed]
            assert (max(numbers) if line in rows else sum(numbers)) >= minimum


def test_the_same_people_in_two_relationships_count_once():
    assert hidden_cells([[2, 2, 5, 6]], 3) == {(0, 0), (0, 1), (0, 2)}


def test_relationships_without_a_column_are_not_worked_out():
    slices = [Slice("Sales", 11, Counts(11, 4, 0))]
    rows = [
        {"said": "Sales", "report_group": name, "people": people, "done": 1, "asked": people}
        for name, people in (("Peer", 4), ("DirectReport", 6), ("Customer", 1))
    ]

    [found] = with_cells(slices, rows, ["Peer", "DirectReport"], 3)

    assert [cell.hidden for cell in found.cells] == [True, False]


def _places(people):
    return {(row, at) for row, cells in enumerate(people) for at, number in enumerate(cells) if number}


def _columns(people):
    return [[(row, at) for row in range(len(people))] for at in range(3)]


def test_groups_are_told_by_relationship_but_for_few_people(org, review):
    staff = list(Person.objects.order_by("pk"))
    first = Subject.objects.order_by("pk")[0]
    evaluations(first, staff[10:11], "Customer", "Completed")

    shown = browser(org, Role.READER).get(url(review, "groups/"))
    [(_slice, _words, cells)] = shown.context["slices"]

    assert [(name, cell.hidden) for name, cell in cells] == [("Manager", True), ("Peer", False), ("Customer", True)]
    assert "Customer" in text(shown)
    assert [(cell.done, cell.asked) for name, cell in cells if name == "Peer"] == [(4, 8)]


def test_files_of_all_three_are_noted(org, review):
    reader = browser(org, Role.READER)

    grid = rows(reader.get(url(review, "?file=csv")))
    lines = rows(reader.get(url(review, "evaluators/?file=csv&sort=name")))
    groups = rows(reader.get(url(review, "groups/?file=csv")))

    assert grid[0][2:] == ["2", "3", "1", "0/1", "3/3"]
    assert [line[2] for line in lines] == ["0", "2", "2", "4"]
    assert [line[1:] for line in groups] == [["4", "4", "12", "4", "0/4", "4/8"]]
    assert AuditEntry.objects.filter(verb="list.exported", target=review.vendor_id).count() == 3


def test_nobody_sees_who_answered_about_oneself(org, review):
    reader = browser(org, Role.EDITOR)
    before = reader.get(url(review, "evaluators/")).context["rows"]
    own = Subject.objects.earliest("pk")
    Person.objects.filter(subjects=own).update(email=Member.objects.get(org=org).user.email)
    outside = people(org, 1, start=50)
    evaluations(own, outside, "Peer", "Completed")

    lines = reader.get(url(review, "evaluators/"))
    grid = reader.get(url(review))
    files = reader.get(url(review, "evaluators/?file=csv")).getvalue().decode()

    assert {one.key for one in lines.context["rows"]} == {one.key for one in before}
    assert sum(one.counts.asked for one in lines.context["rows"]) == 9
    assert str(outside[0]) not in text(lines) + files
    assert not lines.context["reminds"]
    [mine] = [one for one in grid.context["rows"] if one.row.own]
    assert (mine.counts, set(mine.cells)) == (Counts(), {None})
    slices = reader.get(url(review, "groups/")).context["slices"]
    assert total(one for one, _words, _cells in slices) == Counts(9, 2, 3)
