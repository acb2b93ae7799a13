"""Plans that put people into an assessment from a table: with roles, and new people in the same plan."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from assessments.plans_of_participants import PARTICIPANTS
from assessments.plans_of_subjects import SUBJECTS
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from qxportal.ledger.models import Change, Plan
from qxportal.ledger.plans.apply import apply_plan, undo_plan
from qxportal.ledger.plans.make import make_plan
from qxportal.ledger.plans.sources import SourceRow
from qxportal.threesixty.csv import read_csv
from tests.support.mirrored_rows import assessment, browser, evaluations, organisation, people, subjects, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("key_ring")]


@pytest.fixture
def org():
    return organisation()


@pytest.fixture
def by(org):
    browser(org, Role.EDITOR)
    return Member.objects.select_related("org").get(role=Role.EDITOR)


def planned(review, by, rows, kind=PARTICIPANTS, **options):
    return make_plan(
        review.org,
        kind.name,
        [SourceRow(number, values) for number, values in enumerate(rows, 2)],
        by=by,
        title="Import",
        source={"from": "pasted", "name": "cells"},
        options={"match": "email", **options},
        assessment_id=review.vendor_id,
    )


def lines(plan):
    return [(line.action, line.new.get("role", ""), str(line.reason)) for line in plan.lines.order_by("number")]


NEW = {"first_name": "Nina", "last_name": "Neu", "email": "nina@new.example"}


def test_each_row_has_its_role(org, by):
    review = assessment(org)
    one, two, three, four, five = people(org, 5)
    subjects(review, [four])
    evaluations(subjects(review, people(org, 1, start=20))[0], [five], "Peer")

    plan = planned(
        review,
        by,
        [
            {"email": one.email},
            {"email": two.email, "role": "Participant"},
            {"email": three.email, "role": "extern"},
            {"email": four.email, "role": "participant"},
            {"email": five.email, "role": "participant"},
            {"email": "who@is.this", "role": "participant", "first_name": "A", "last_name": "B"},
            {"email": one.email, "role": "boss"},
            {**NEW, "role": "Fokusperson"},
            {"email": "half@new.example", "first_name": "Only"},
        ],
    )

    assert lines(plan) == [
        ("add", "subject", ""),
        ("add", "participant", ""),
        ("add", "participant", ""),
        ("skip", "", "Takes part already."),
        ("skip", "", "Takes part already."),
        ("refuse", "", "Not in the directory. Import people first."),
        ("refuse", "", "“boss” is not a role. Write “Subject” or “Participant”."),
        ("add", "subject", "Not in the directory: is added to it."),
        ("refuse", "", "Not in the directory. Import people first, or give first and last name in columns."),
    ]
    apply_plan(plan, by=by, typed=None)
    added = Change.objects.filter(request="addPerson")
    external = {change.parameters["person_id"]: bool(change.parameters.get("external")) for change in added}
    assert external == {one.vendor_id: False, two.vendor_id: True, three.vendor_id: True}
    assert Change.objects.filter(request="importPersons").count() == 1


def test_assessments_without_subjects_have_participants_alone(org, by):
    review = assessment(org, type="EmployeeEngagement")
    one, two = people(org, 2)

    plan = planned(review, by, [{"email": one.email}, {"email": two.email, "role": "subject"}, NEW], role="participant")

    assert [(action, role) for action, role, _reason in lines(plan)] == [
        ("add", "participant"),
        ("refuse", ""),
        ("add", "participant"),
    ]
    apply_plan(plan, by=by, typed=None)
    assert Change.objects.get(request="addPerson").parameters["external"] is True
    assert Change.objects.get(request="importPersons").parameters["type"] == "Participants"


def test_new_subjects_come_into_the_directory_in_the_same_plan(org, by):
    review = assessment(org)
    known = people(org, 1)[0]

    plan = planned(review, by, [{"email": known.email}, {**NEW, "unique_id": "007"}], kind=SUBJECTS)
    apply_plan(plan, by=by, typed=None)

    assert [line.undoable for line in plan.lines.order_by("number")] == ["yes", "partly"]
    assert Change.objects.filter(request="addPerson").count() == 1
    assert Change.objects.get(request="importPersons").parameters["type"] == "Subjects"


def test_undo_removes_those_without_answers(org, by):
    review = assessment(org)
    one, two = people(org, 2)
    plan = planned(review, by, [{"email": one.email, "role": "participant"}, {"email": two.email, "role": "extern"}])
    Plan.objects.filter(pk=plan.pk).update(state=Plan.State.APPLIED)
    plan.lines.update(state="done")
    evaluations(subjects(review, people(org, 1, start=20))[0], [two], "Peer")
    plan.refresh_from_db()

    undoing = undo_plan(plan, by=by)

    assert list(undoing.lines.order_by("number").values_list("action", "key")) == [
        ("remove", one.vendor_id),
        ("skip", two.vendor_id),
    ]


@pytest.mark.parametrize(("role", "code"), [(Role.READER, 403), (Role.EDITOR, 200)])
def test_only_editors_import(org, role, code):
    review = assessment(org)
    client = browser(org, role)

    page = client.get(f"/o/halden/assessments/{review.pk}/participants/import/")

    assert page.status_code == code
    if code == 200:
        assert "A row for each person who takes part" in text(page)
        file = client.get(f"{page.request['PATH_INFO']}template.csv").getvalue()
        assert [row["role"] for row in read_csv(file, ())] == ["Subject", "Participant"]
        start = client.get(f"/o/halden/assessments/{review.pk}/subjects/import/").content.decode()
        assert f"/o/halden/assessments/{review.pk}/participants/import/" in start
    rival = assessment(organisation("rival", "Rival"), vendor_id="TS_rival")
    foreign = client.get(f"/o/halden/assessments/{rival.pk}/participants/import/")
    assert foreign.status_code == (404 if code == 200 else 403)


@pytest.mark.parametrize("what", ["subjects", "participants", "evaluations"])
def test_workbooks_are_taken_by_their_import(org, what):
    review = assessment(org)
    client = browser(org, Role.EDITOR)
    where = f"/o/halden/assessments/{review.pk}/{what}/import/"
    assert "template.csv?as=xlsx" in client.get(where).content.decode()
    book = SimpleUploadedFile("template.xlsx", client.get(f"{where}template.csv?as=xlsx").getvalue())

    page = client.post(where, {"file": book}, follow=True)

    assert "2 rows below the names of the columns." in text(page)
