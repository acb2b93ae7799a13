"""Plans of people: who is meant, who looks like somebody else, and what an import changes and takes back."""

import pytest

from assessments.models import Assessment
from directory.models import Person
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from qxportal.ledger.models import Change, Job, Plan
from qxportal.ledger.outbox.transitions import transition
from qxportal.ledger.plans.apply import apply_plan, undo_plan
from qxportal.ledger.plans.make import make_plan, replace_rows
from qxportal.ledger.plans.sources import CLEAR, SourceRow, kept_rows
from tests.support.mirrored_rows import browser, organisation, people, text

FILE = {"from": "file", "name": "people.csv"}


def plan_of(org, by, *rows, **options):
    numbered = [SourceRow(number, row) for number, row in enumerate(rows, 2)]
    return make_plan(org, "people", numbered, by=by, title="Import", source=FILE, options=options)


def told(plan):
    return [(line.action, str(line.reason)) for line in plan.lines.order_by("number")]


def person(first, last, email, **more):
    return {"first_name": first, "last_name": last, "email": email, **more}


@pytest.fixture
def org(db, key_ring):
    return organisation()


@pytest.fixture
def by(org):
    browser(org, Role.EDITOR)
    return Member.objects.get()


@pytest.fixture
def amara(org):
    [made] = people(org, 1)
    Person.objects.filter(pk=made.pk).update(
        raw={"ExternalDataReference": "0017"}, metadata={"Department": "Sales", "Grade": "7"}
    )
    return Person.objects.get()


def test_rows_add_change_and_skip(org, by, amara):
    plan = plan_of(
        org,
        by,
        person("Nils", "Åberg", "Nils.Aberg@halden.example", unique_id="0018"),
        person("Amara", "Okoro", amara.email.upper()),
        {"email": amara.email, "unique_id": "0017", "metadata:Grade": CLEAR, "metadata:Department": ""},
    )

    assert [action for action, _reason in told(plan)] == ["add", "skip", "change"]
    added, _same, changed = plan.lines.order_by("number")
    assert added.new == {
        "first_name": "Nils",
        "last_name": "Åberg",
        "email": "nils.aberg@halden.example",
        "unique_id": "0018",
    }
    assert (changed.old, changed.new) == ({"metadata:Grade": "7"}, {"metadata:Grade": ""})


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"first_name": "Nils"}, "neither an e-mail address nor a unique id"),
        (person("Nils", "Berg", "nils@"), "is not an e-mail address"),
        (person("Nils", "", "nils@halden.example"), "needs a first name, a last name"),
        (person("Nils", "Berg", "amara.okoro.0@hálden.example"), "looks like amara.okoro.0@halden.example"),
        (person("Nils", "Berg", "nils@halden.example", unique_id="0017"), "The unique id is that of Amara Okoro"),
        (person("Nils", "Berg", "amara.okoro.0@halden.example", unique_id="9"), "who has the unique id 0017"),
        (person(CLEAR, "Berg", "nils@halden.example"), "Only metadata can be cleared"),
        (person("Nils", "Berg", "nils@halden.example", external="perhaps"), "write yes or no"),
        (person("N" * 201, "Berg", "nils@halden.example"), "more than 200 characters"),
    ],
)
def test_rows_that_cannot_be_used_say_why(org, by, amara, row, reason):
    [(action, words)] = told(plan_of(org, by, row, match="email"))

    assert action == "refuse"
    assert reason in words


def test_page_names_managers_who_are_nowhere(org, amara):
    editor, words = browser(org, Role.EDITOR), "neither in the directory nor in this import:"
    by = Member.objects.get()
    manager = "metadata:ManagerEmail"
    rows = [
        person("Nils", "Berg", "nils@halden.example", **{manager: "Ole@halden.example"}),
        person("Ole", "Berg", "ole@halden.example", **{manager: amara.email.upper()}),
    ]
    known = plan_of(org, by, *rows)
    lost = plan_of(org, by, *rows, person("Per", "Berg", "per@halden.example", **{manager: "gone@halden.example"}))

    assert words not in text(editor.get(f"/o/halden/plans/{known.pk}/"))
    assert f"1 manager is {words} gone@halden.example " in text(editor.get(f"/o/halden/plans/{lost.pk}/"))


def test_twins_within_a_file_and_in_the_directory_are_named(org, by, amara):
    plan = plan_of(
        org,
        by,
        person("Nils", "Berg", "nils@halden.example", unique_id="1"),
        person("Nils", "Berg", "NILS@halden.example"),
        person("Nils", "Berg", "nils@hálden.example"),
        person("Ole", "Berg", "ole@halden.example", unique_id="1"),
        person("Amara", "Okoro", "amara@elsewhere.example"),
        person("Per", "Berg", "per\u200b@halden.example"),
    )

    assert told(plan) == [
        ("add", ""),
        ("refuse", "Duplicate of row 2."),
        ("refuse", "The address looks like that of row 2 and is another one."),
        ("refuse", "Row 2 has the same unique id."),
        ("add", "Amara Okoro is in the directory with amara.okoro.0@halden.example."),
        ("add", "Invisible characters were taken out of the address."),
    ]


def test_an_address_changes_where_the_unique_id_says_who_it_is(org, by, amara):
    plan = plan_of(org, by, {"unique_id": "0017", "email": "amara.new@halden.example"})

    line = plan.lines.get()
    assert (line.action, line.new, line.key) == ("change", {"email": "amara.new@halden.example"}, amara.vendor_id)


def test_what_the_file_says_against_a_row_is_refused_until_it_is_replaced(org, by):
    rows = [SourceRow(2, {"email": "x"}, problem="An error cell.")]
    plan = make_plan(org, "people", rows, by=by, title="Import", source=FILE)
    assert told(plan) == [("refuse", "An error cell.")]
    assert [row.problem for row in kept_rows(plan)] == ["An error cell."]

    replace_rows(plan, {(2, ""): person("Nils", "Berg", "nils@halden.example")}, by=by)

    plan.refresh_from_db()
    assert told(plan) == [("add", "")]


def test_new_people_go_in_files_and_changes_one_by_one(org, by, amara, monkeypatch):
    monkeypatch.setattr("assessments.plans_of_people.ROOM", 150)
    rows = [person("Nils", f"Berg{number}", f"nils{number}@halden.example") for number in range(4)]
    external = person("Eva", "Ext", "eva@out.example", external="yes")
    plan = plan_of(org, by, *rows, external, {"email": amara.email, "metadata:Department": "HR"})

    announced = text(browser(org, Role.ADMIN).get(f"/o/halden/plans/{plan.pk}/"))
    job = apply_plan(plan, by=by, typed=None)

    assert "Applying sends 4 requests." in announced
    sent = [change.request for change in job.changes.order_by("number")]
    assert sent == ["importPersons", "importPersons", "createPerson", "updatePerson"]
    assert [change.plan_lines.count() for change in job.changes.order_by("number")] == [2, 2, 1, 1]


def test_rows_that_an_import_leaves_are_failed_lines(org, by):
    plan = plan_of(org, by, *(person("Nils", f"B{number}", f"n{number}@halden.example") for number in range(3)))
    change = apply_plan(plan, by=by, typed=None).changes.get()

    left = {"ignored_count": 1, "ignored": [{"row": 3, "reason": "Taken."}]}
    transition(change, Change.State.DONE, result=left)

    assert [(line.state, str(line.outcome)) for line in plan.lines.order_by("number")] == [
        ("done", ""),
        ("failed", "Taken."),
        ("done", ""),
    ]


def test_undo_takes_back_values_and_people(org, by, amara):
    Assessment.objects.create(org=org, vendor_id="TS_1", name="Review", org_structure_id="OS_1", seen_at=amara.seen_at)
    new = person("Nils", "Berg", "nils@halden.example")
    plan = plan_of(org, by, new, {"email": amara.email, "metadata:Grade": "8", "metadata:Department": "HR"})
    apply_plan(plan, by=by, typed=None)
    plan.lines.update(state="done")
    Plan.objects.update(state=Plan.State.APPLIED)
    Job.objects.update(state=Job.State.DONE)
    Change.objects.update(state=Change.State.DONE)
    Person.objects.create(org=org, vendor_id="P_new", seen_at=amara.seen_at, **new)
    Person.objects.filter(pk=amara.pk).update(metadata={"Department": "Legal", "Grade": "8"})
    plan.refresh_from_db()

    undoing = undo_plan(plan, by=by)

    removed, back = undoing.lines.order_by("number")
    assert (removed.action, removed.key, removed.undoable) == ("remove", "P_new", "no")
    assert (back.old, back.new) == ({"metadata:Grade": "8"}, {"metadata:Grade": "7"})
    assert "Department" in str(back.reason)
    apply_plan(undoing, by=by, typed=2)
    assert set(Change.objects.filter(state="pending").values_list("request", flat=True)) == {
        "removePerson",
        "updatePerson",
    }


def test_unique_ids_that_differ_in_capitals_and_blanks_are_asked_about(org, by, amara):
    Person.objects.filter(pk=amara.pk).update(raw={"ExternalDataReference": "K0017"})
    rows = [
        person("Amara", "Other", "new@halden.example", unique_id="k 0017"),
        {"unique_id": "k\u200b0017", "metadata:Department": "Law"},
    ]

    asked = told(plan_of(org, by, *rows))
    assert [action for action, _reason in asked] == ["refuse", "refuse"]
    assert all("matches K0017 of Amara Okoro apart from capitals" in reason for _action, reason in asked)

    [line] = plan_of(org, by, rows[1], alike_ids=True).lines.all()
    assert (line.action, line.key, line.new) == ("change", amara.vendor_id, {"metadata:Department": "Law"})
    assert str(line.reason) == "k\u200b0017 was taken as K0017."
    twice = told(plan_of(org, by, rows[1], {"unique_id": "K0017"}, alike_ids=True))
    assert [action for action, _reason in twice] == ["change", "refuse"]


def test_one_row_is_ticked_as_the_same_person(org, amara):
    editor = browser(org, Role.EDITOR)
    rows = [SourceRow(number, {"unique_id": " 0017\u200b", "first_name": str(number)}) for number in (2, 3)]
    source = {**FILE, "columns": [["unique_id", "ID"], ["first_name", "First name"]]}
    plan = make_plan(org, "people", rows, by=Member.objects.get(), title="Import", source=source)
    where = f"/o/halden/plans/{plan.pk}/rows/"

    page = text(editor.get(where))
    assert f"is {amara} (0017)" in page
    path = editor.get(f"/o/halden/plans/{plan.pk}/").content.decode().split('class="crumbs"')[1].split("</nav>")[0]
    assert '<a href="/o/halden/people/">People</a>' in path
    nothing = editor.post(where, {}, follow=True)
    editor.post(where, {"same-2-unique_id": "1"})

    assert "No row was changed." in text(nothing)
    assert [(line.row, line.action) for line in plan.lines.order_by("number")] == [(2, "change"), (3, "refuse")]


def test_unique_ids_alike_to_two_people_mean_neither(org, by, amara):
    other, *_rest = people(org, 1, start=5)
    Person.objects.filter(pk=amara.pk).update(raw={"ExternalDataReference": "K0017"})
    Person.objects.filter(pk=other.pk).update(raw={"ExternalDataReference": "k 0017"})

    plan = plan_of(org, by, person("Nia", "New", "new@halden.example", unique_id="K 00 17"), alike_ids=True)

    assert plan.lines.get().action == "add"
