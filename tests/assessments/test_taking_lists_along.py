"""Lists are sorted by their heads and taken along as files; people are put from the list into an assessment."""

import csv
import io
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from assessments.models import Evaluation, Mail, Report, Subject
from assessments.nominations import mirror_nominations
from directory.job_kinds import SYNC
from directory.mirror import mirror_persons
from directory.models import Person
from qxportal.accounts.models import AuditEntry, Member
from qxportal.accounts.roles import Role
from qxportal.ledger.models import Job, Plan, PlanLine
from qxportal.threesixty.records import PersonRecord
from qxportal.threesixty.records.nominations import NominationRecord
from tests.support.mirrored_rows import (
    assessment,
    browser,
    evaluations,
    many_people,
    organisation,
    people,
    subjects,
    text,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def org():
    return organisation()


@pytest.fixture
def review(org):
    review = assessment(org)
    made = subjects(review, people(org, 4))
    for number, subject in enumerate(made):
        evaluations(subject, people(org, 3, start=20 + 3 * number), "Peer", "Completed" if number % 2 else "NotStarted")
        Subject.objects.filter(pk=subject.pk).update(received=3, completed=3 * (number % 2))
    return review


def rows(answer: Any) -> list[list[str]]:
    """The lines of a file, without its head."""
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/csv")
    return list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))[1:]


def shown(answer: Any) -> list[Any]:
    return list(answer.context["page"].rows)


def test_people_are_taken_along_as_filtered_and_sorted(org):
    people(org, 6)
    Person.objects.filter(first_name="Bastian").update(first_name="=cmd()", raw={"ExternalDataReference": "0042"})
    reader = browser(org, Role.READER)

    file = rows(reader.get("/o/halden/people/?department=Engineering&sort=-name&file=csv"))

    assert [row[1] for row in file] == ["Farid", "Dmitri", "'=cmd()"]
    assert file[-1][3] == "0042"
    entry = AuditEntry.objects.get(verb="list.exported")
    assert "Department: Engineering" in str(entry.words)


def test_what_was_searched_for_is_not_noted(org):
    people(org, 6)
    file = rows(browser(org, Role.READER).get("/o/halden/people/?q=farid&file=csv"))

    assert [row[1] for row in file] == ["Farid"]
    assert "farid" not in str(AuditEntry.objects.get(verb="list.exported").words).lower()


@pytest.mark.parametrize("sort", ["department", "-department", "email", "-email", "-name"])
def test_people_come_once_in_every_order(org, sort):
    people(org, 130)
    reader, seen, query = browser(org, Role.READER), [], f"?sort={sort}"
    while query:
        page = reader.get(f"/o/halden/people/{query}").context["page"]
        seen += [(row.department, row.email, row.sort_name, row.pk) for row in page.rows]
        query = f"?sort={sort}&cursor={page.next}" if page.next else ""

    column = {"department": 0, "email": 1, "name": 2}[sort.removeprefix("-")]
    assert len(seen) == len(set(seen)) == 130
    keys = [row[column] for row in seen]
    assert keys == sorted(keys, reverse=sort.startswith("-"))


def test_heads_say_how_the_list_is_sorted_and_turn_it(org):
    people(org, 2)
    reader = browser(org, Role.READER)
    plain = reader.get("/o/halden/people/").content.decode()
    down = reader.get("/o/halden/people/?sort=-name&external=no").content.decode()

    assert 'aria-sort="ascending"><a href="?sort=-name"' in plain
    assert 'aria-sort="descending"><a href="?sort=name&amp;external=no"' in down.replace(
        "external=no&amp;sort=name", "sort=name&amp;external=no"
    )
    assert 'name="sort" value="-name"' in down
    assert reader.get("/o/halden/people/?sort=nonsense").status_code == 200


@pytest.mark.parametrize("order", [("department", "sort_name", "id"), ("email", "id")])
def test_every_order_of_people_has_an_index(org, order):
    many_people(org, 3_000)
    columns = ", ".join(order)
    with connection.cursor() as cursor:
        cursor.execute(
            "EXPLAIN SELECT id FROM directory_person WHERE org_id = %s AND gone_at IS NULL "  # noqa: S608
            f"ORDER BY {columns} LIMIT 51",
            [org.pk],
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index" in plan
    assert "Seq Scan" not in plan


def test_employee_numbers_and_metadata_are_found(org):
    records = [
        PersonRecord(vendor_id="P_1", last_name="Berg", external_reference="00417", metadata={"Cost centre": "K-1700"}),
        PersonRecord(vendor_id="P_2", last_name="Thal", metadata={"Language": "K-1700", "ManagerEmail": "b@x.example"}),
    ]
    mirror_persons(org, records, as_of=timezone.now())
    reader = browser(org, Role.READER)

    def found(words: str) -> list[str]:
        return [row.last_name for row in shown(reader.get("/o/halden/people/", {"q": words}))]

    assert found("00417") == ["Berg"]
    assert found("k-1700") == ["Berg"]
    assert found("b@x.example") == []


@pytest.mark.parametrize(
    ("path", "orders", "head"),
    [
        ("subjects/", ("name", "state", "finished"), "Amara"),
        ("evaluations/", ("name", "relationship", "subject", "state", "finished"), "Moretti"),
    ],
)
def test_lists_of_an_assessment(org, review, path, orders, head):
    reader, url = browser(org, Role.READER), f"/o/halden/assessments/{review.pk}/{path}"
    everything = {row.pk for row in shown(reader.get(url))}
    for order in (*orders, *(f"-{name}" for name in orders)):
        assert {row.pk for row in shown(reader.get(url, {"sort": order}))} == everything
    assert len(rows(reader.get(f"{url}?file=csv"))) == len(everything)
    assert AuditEntry.objects.get(verb="list.exported").target == review.vendor_id


def test_the_place_of_oneself_tells_nothing(org, review):
    reader = browser(org, Role.READER)
    own = Subject.objects.select_related("person").latest("pk")
    Person.objects.filter(subjects=own).update(email=Member.objects.get(org=org).user.email)
    url, places = f"/o/halden/assessments/{review.pk}/subjects/", []
    for completed in (0, 3):
        Subject.objects.filter(pk=own.pk).update(completed=completed, status="Done" if completed else "Waiting")
        for order in ("finished", "-finished", "state", "-state"):
            places.append((order, [row.pk for row in shown(reader.get(url, {"sort": order}))].index(own.pk)))
        file = rows(reader.get(f"{url}?file=csv"))
        [line] = [row for row in file if row[0] == own.first_name]
        assert line[3:] == ["About you", "", "", ""]
    assert places[:4] == places[4:]


def test_assessments_and_reports(org, review):
    assessment(org, "another round", status="Closed")
    reader = browser(org, Role.READER)
    names = [one.name for one in shown(reader.get("/o/halden/assessments/?sort=name"))]
    [subject, *_] = Subject.objects.order_by("pk")
    Report.objects.create(
        org=org, assessment=review, subject=subject, viewer="Admin", version=1, file="x", size=1, sha256="0" * 64
    )

    assert names == ["another round", "Leadership review"]
    assert [row[0] for row in rows(reader.get("/o/halden/assessments/?status=Closed&file=csv"))] == ["another round"]
    assert [row[:2] for row in rows(reader.get("/o/halden/reports/?sort=subject&file=csv"))] == [
        [str(subject), "Leadership review"]
    ]
    assert Evaluation.objects.count() == 12


def test_people_of_the_list_are_put_into_an_assessment(org, review):
    closed = assessment(org, "Closed pilot", status="Closed")
    [one, other] = people(org, 2, start=60)
    editor = browser(org, Role.EDITOR)
    assert 'form="placing"' in editor.get("/o/halden/people/").content.decode()

    choice = editor.get("/o/halden/people/place/", {"person": [one.pk, other.pk]})
    adding = editor.get(f"/o/halden/assessments/{review.pk}/subjects/add/?person={one.pk}&person={other.pk}")

    assert "Add 2 people to an assessment" in text(choice)
    assert f"assessments/{review.pk}/subjects/add/?person={one.pk}&amp;person={other.pk}" in choice.content.decode()
    assert closed.name not in text(choice)
    assert [person.pk for person in adding.context["brought"]] == sorted([one.pk, other.pk])
    assert {str(one.pk), str(other.pk)} <= set(adding.context["ticked"])
    assert not {one.pk, other.pk} & {person.pk for person in shown(adding)}
    assert "No people are selected." in text(editor.get("/o/halden/people/place/"))
    assert 'form="placing"' not in browser(org, Role.READER).get("/o/halden/people/").content.decode()


def test_mails_jobs_and_nominations(org, review):
    Mail.objects.create(
        org=org,
        assessment=review,
        vendor_id="M_1",
        person_name="Amara Okoro",
        kind="Invite",
        state="failed",
        why="refused",
        address="amara@halden.example",
        created_at=timezone.now(),
    )
    Job.objects.create(org=org, kind=SYNC.name, title="Nightly", state="done", total=3, done=3)
    [subject, *_] = Subject.objects.order_by("pk")
    listed = NominationRecord(subject_id=subject.vendor_id, state="Open", turn="Subject", minimum=3)
    mirror_nominations(review, [listed], as_of=timezone.now())
    reader, url = browser(org, Role.READER), f"/o/halden/assessments/{review.pk}/"

    [mail] = rows(reader.get(f"{url}messages/?file=csv"))
    [job] = rows(reader.get("/o/halden/jobs/?file=csv"))
    [nomination] = rows(reader.get(f"{url}nominations/?file=csv"))

    assert mail[:4] == ["Amara Okoro", "amara@halden.example", "Invitation", "Failed"]
    assert (job[0], job[3:6]) == ("Nightly", ["3", "0", "3"])
    assert (nomination[0], nomination[-1]) == (str(subject), "0")
    assert AuditEntry.objects.filter(verb="list.exported").count() == 3


def test_plans_are_taken_along_as_they_are_seen(org):
    editor, reader = browser(org, Role.EDITOR), browser(org, Role.READER)
    made = {"org": org, "kind": "people", "made_by_name": "Editor of Halden Optics", "counts": {"add": 3, "skip": 9}}
    applied = Plan.objects.create(
        title="=cmd()", state=Plan.State.APPLIED, applied_by_name="Ines", applied_at=timezone.now(), **made
    )
    PlanLine.objects.create(
        org=org,
        plan=applied,
        number=1,
        action="add",
        key="a",
        label="Ann",
        undoable="yes",
        search="ann",
        state="failed",
    )
    Plan.objects.create(title="Not applied", problem="The file moved.", made_by=None, **made)
    Plan.objects.filter(title="Not applied").update(made_by=Member.objects.get(role=Role.EDITOR))

    unapplied, partly = rows(editor.get("/o/halden/plans/?sort=-made&file=csv"))

    assert unapplied[:5] == ["Not applied", "People of the directory", "Being prepared", "3", "Editor of Halden Optics"]
    assert unapplied[6:] == ["", "", "The file moved."]
    assert (partly[0], partly[2], partly[6], len(partly[7])) == ("'=cmd()", "Applied in part", "Ines", 19)
    assert [row[0] for row in rows(reader.get("/o/halden/plans/?file=csv"))] == ["'=cmd()"]
    [shown_state] = rows(editor.get("/o/halden/plans/?state=draft&file=csv"))
    assert shown_state[0] == "Not applied"
    assert AuditEntry.objects.filter(verb="list.exported").count() == 3
    assert 'file=csv"' in editor.get("/o/halden/plans/").content.decode()


def test_mails_are_not_taken_along_by_subjects(org, review):
    Mail.objects.create(
        org=org, assessment=review, vendor_id="M_1", kind="Reminder", state="sent", created_at=timezone.now()
    )
    reader = browser(org, Role.READER)
    Person.objects.filter(subjects=Subject.objects.latest("pk")).update(email=Member.objects.get(org=org).user.email)

    assert rows(reader.get(f"/o/halden/assessments/{review.pk}/messages/?file=csv")) == []


def test_the_page_of_a_person_tells_what_is_open_now(org, review):
    reader = browser(org, Role.READER)
    open_one = Evaluation.objects.filter(status="NotStarted").select_related("evaluator").earliest("pk")
    owing = open_one.evaluator
    assert owing is not None

    page = reader.get(f"/o/halden/people/{owing.pk}/")

    assert [(name, number) for _pk, name, number in page.context["load"]] == [("Leadership review", 1)]
    Subject.objects.update(status="Done")
    assert reader.get(f"/o/halden/people/{owing.pk}/").context["load"] == []
