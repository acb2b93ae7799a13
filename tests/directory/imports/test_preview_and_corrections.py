"""From a file to a plan, and rows of a plan that are corrected where they stand.

The kind of plans is one of this test: what it is asked is what the import hands over.
"""

import re

import pytest

from qxportal.accounts.roles import Role
from qxportal.ledger.models import Action, Plan
from qxportal.ledger.plans.lines import Line
from qxportal.ledger.plans.registry import PLAN_KINDS, PlanKind
from qxportal.ledger.plans.sources import CLEAR, kept_rows
from tests.support.form_fields import fields_of
from tests.support.mirrored_rows import text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("key_ring")]
START = "/o/ashgrove/people/import/"
CELLS = "First name\tEmail\tTeam\nAnn\tann@x.example\tRed\nBob\tbob.x.example\t(clear)\n\nCid\tcid at x\t\n"


@pytest.fixture(autouse=True)
def kind(monkeypatch):
    def validate(plan, rows):
        for row in rows:
            email = str(row.values.get("email") or "")
            wrong = row.problem or ("" if "@" in email else "Not an address.")
            action = Action.REFUSE if wrong else Action.ADD
            yield Line(action, f"person:{email}", email, row=row.row, reason=wrong, new={"email": email})

    made = PlanKind(
        name="people",
        label="People",
        validate=validate,
        intents=lambda plan, lines: iter(()),
        fields={"email": "Email"},
    )
    monkeypatch.setitem(PLAN_KINDS, "people", made)


@pytest.fixture
def editor(member):
    return member(Role.EDITOR)


def preview(editor, cells=CELLS, **changed):
    """The plan that comes of pasted cells, and the page that shows it."""
    page = editor.post(START, {"pasted": cells}, follow=True)
    page = editor.post(page.request["PATH_INFO"], {**fields_of(page), **changed}, follow=True)
    assert page.status_code == 200, text(page)
    return Plan.objects.latest("made_at"), page


def test_every_row_of_a_file_is_a_line_under_its_own_number(editor):
    plan, page = preview(editor, **{"column-2": "metadata:Team"})

    assert [(line.row, line.action) for line in plan.lines.all()] == [(2, "add"), (3, "refuse"), (5, "refuse")]
    assert [dict(row.values) for row in kept_rows(plan)][:2] == [
        {"first_name": "Ann", "email": "ann@x.example", "metadata:Team": "Red"},
        {"first_name": "Bob", "email": "bob.x.example", "metadata:Team": CLEAR},
    ]
    assert plan.options == {"existing": "update", "match": "email"}
    assert plan.source["from"] == "pasted"
    assert plan.source["columns"] == [["first_name", "First name"], ["email", "Email"], ["metadata:Team", "Team"]]
    assert "Correct the rows that cannot be done" in text(page)


def test_same_form_sent_twice_is_one_plan_and_other_choices_are_another(editor):
    page = editor.post(START, {"pasted": CELLS}, follow=True)
    where, sent = page.request["PATH_INFO"], fields_of(page)

    first = editor.post(where, sent)["Location"]

    assert editor.post(where, sent)["Location"] == first
    assert editor.post(where, {**sent, "column-2": "metadata:Team"})["Location"] != first


def test_columns_are_remembered_for_the_next_file_with_the_same_names(editor, member):
    preview(editor, **{"column-0": "last_name"})

    page = member(Role.EDITOR).post(START, {"pasted": CELLS.replace("First name", "FIRST NAME")}, follow=True)

    assert fields_of(page)["column-0"] == "last_name"
    assert "Chosen as the last time" in text(page)


def test_refused_rows_are_corrected_and_checked_again(editor):
    plan, _page = preview(editor)
    where = f"/o/ashgrove/plans/{plan.pk}/rows/"
    page = editor.get(where)
    assert "Row 3: Not an address." in text(page)
    assert "ann@x.example" not in page.content.decode()

    answer = editor.post(where, {"row-3-email": "bob@x.example", "row-5-email": "cid at x"}, follow=True)

    assert "1 row was changed and checked again." in text(answer)
    assert [(line.row, line.action) for line in plan.lines.all()] == [(2, "add"), (3, "add"), (5, "refuse")]
    assert next(row for row in kept_rows(plan) if row.row == 3).values["first_name"] == "Bob"


def test_rows_that_were_not_refused_cannot_be_changed(editor):
    plan, _page = preview(editor)

    editor.post(f"/o/ashgrove/plans/{plan.pk}/rows/", {"row-2-email": "mallory@x.example"})

    assert next(kept_rows(plan)).values["email"] == "ann@x.example"


def test_two_hundred_rows_are_corrected_at_once_at_most(editor):
    plan, _page = preview(editor, "First name\tEmail\n" + "".join(f"Ann\tnobody {n}\n" for n in range(230)))

    page = editor.get(f"/o/ashgrove/plans/{plan.pk}/rows/")

    assert len(re.findall(r'name="row-\d+-email"', page.content.decode())) == 200
    assert "230 rows cannot be imported; 200 can be corrected here." in text(page)


def test_applied_plans_keep_their_rows(editor):
    plan, _page = preview(editor)
    Plan.objects.update(state=Plan.State.APPLIED)

    page = editor.post(f"/o/ashgrove/plans/{plan.pk}/rows/", {"row-3-email": "bob@x.example"})

    assert page["Location"] == f"/o/ashgrove/plans/{plan.pk}/"
    assert plan.lines.get(row=3).action == "refuse"


def test_others_correct_no_rows(editor, member, rival_org):
    plan, _page = preview(editor)
    where = f"/o/ashgrove/plans/{plan.pk}/rows/"

    assert member(Role.READER).get(where).status_code == 403
    assert member(Role.EDITOR).get(where).status_code == 404  # of a colleague who did not share it
    assert member(Role.OWNER, org=rival_org).get(where.replace("ashgrove", "brackwater")).status_code == 404
