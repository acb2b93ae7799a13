"""A list of leavers becomes a plan of all that they still owe."""

import pytest
from django.utils import timezone

from assessments.models import Editions, Evaluation, Subject
from directory.models import Person
from qxportal.accounts.models import Credential, Member
from qxportal.accounts.roles import Role
from qxportal.ledger.models import Plan
from qxportal.ledger.plans.make import make_plan, moved
from qxportal.ledger.plans.sources import SourceRow
from qxportal.security.key_ring import add_key
from tests.support.form_fields import fields_of
from tests.support.mirrored_rows import assessment, browser, evaluations, organisation, people, subjects, text

pytestmark = pytest.mark.django_db
PASTED = {"from": "pasted", "name": "leavers"}


@pytest.fixture
def org():
    return organisation()


@pytest.fixture
def editor(org):
    return browser(org, Role.EDITOR)


@pytest.fixture
def crew(org):
    """A subject, two leavers who owe one evaluation each of the subject, and others."""
    crew = people(org, 6)
    [subject] = subjects(assessment(org), crew[:1])
    evaluations(subject, crew[1:3], "Peer", "NotStarted")
    evaluations(subject, crew[3:4], "Peer", "Completed")
    return crew


def plan_of(org, *rows, **options):
    by = Member.objects.get(org=org, role=Role.EDITOR)
    sent = (SourceRow(number, values) for number, values in enumerate(rows, 2))
    return make_plan(org, "leavers", sent, by=by, title="Leavers", source=PASTED, options=options)


def lines(plan):
    return [(one.row, one.action, str(one.reason)) for one in plan.lines.order_by("number")]


def test_leaver_is_removed_and_a_replacement_asked(org, editor, crew):
    Credential.objects.create(org=org, host="https://engine.example", version="2.5")
    subject = Subject.objects.select_related("assessment").get()
    told = {"assessment": subject.assessment, "subject": subject, "facts": {"edition": 0}}
    Editions.objects.create(org=org, seen_at=timezone.now(), **told)

    plan = plan_of(org, {"email": crew[1].email, "replacement_email": crew[4].email}, {"unique_id": crew[2].vendor_id})

    acting = [(one.row, one.action, one.label) for one in plan.lines.filter(action__in=("add", "remove"))]
    assert acting == [
        (2, "add", f"{crew[4]} → {crew[0]}"),
        (2, "remove", f"{crew[1]} → {crew[0]}"),
        (3, "remove", f"{crew[2]} → {crew[0]}"),
    ]


def test_evaluation_asked_since_the_preview_is_noticed(org, editor, crew):
    plan = plan_of(org, {"email": crew[1].email})
    assert not moved(plan)

    [other] = subjects(Subject.objects.get().assessment, crew[5:])
    evaluations(other, crew[1:2], "Peer", "NotStarted")

    assert moved(plan)


def test_rows_that_cannot_be_done_say_why(org, editor, crew):
    Person.objects.filter(pk=crew[5].pk).update(manager_email=crew[3].email)

    plan = plan_of(
        org,
        {"email": "nobody@halden.example"},
        {"email": crew[3].email},
        {"unique_id": crew[3].vendor_id},
        {"email": crew[0].email},
        {"email": crew[4].email, "replacement_email": "nobody@halden.example"},
        {"email": crew[5].email, "replacement_email": crew[3].email},
    )

    assert lines(plan) == [
        (2, "refuse", "Not in the directory."),
        (4, "skip", "Duplicate of row 3."),
        (6, "refuse", "nobody@halden.example, who takes over, is not in the directory."),
        (3, "skip", "Stays the manager of 1 person in the directory. Import the new manager."),
        (3, "skip", "Has nothing open."),
        (5, "skip", "Stays a subject of: Leadership review."),
        (5, "skip", "Has nothing open."),
        (7, "refuse", f"{crew[3]} leaves, too, so no one takes over."),
    ]


def test_nothing_is_planned_or_told_about_who_made_the_plan(org, editor, crew):
    by = Member.objects.get(org=org, role=Role.EDITOR)
    Person.objects.filter(pk=crew[0].pk).update(email=by.user.email)

    plan = plan_of(org, {"email": crew[1].email}, {"email": by.user.email})

    assert lines(plan) == [
        (3, "refuse", "This is your own record, so another member has to change it."),
        (2, "skip", "Has nothing open."),
    ]


def test_list_is_pasted_and_previewed(org, editor, crew, tmp_path, settings):
    settings.KEYS = tmp_path / "keys"
    add_key()
    page = editor.post("/o/halden/people/leavers/", {"pasted": f"E-Mail\n{crew[1].email}\n"}, follow=True)
    shown = editor.post(page.request["PATH_INFO"], fields_of(page), follow=True)

    assert Plan.objects.get().kind == "leavers"
    assert str(crew[0]) in text(shown)
    assert Evaluation.objects.filter(gone_at=None).count() == 3


def test_people_of_another_organisation_are_not_found(org, editor, crew):
    theirs = people(organisation("rival", "Rival"), 1, start=40)

    assert lines(plan_of(org, {"email": theirs[0].email})) == [(2, "refuse", "Not in the directory.")]


@pytest.mark.parametrize(("role", "code"), [(None, 404), (Role.READER, 403)])
def test_others_import_no_leavers(org, role, code):
    client = browser(organisation("rival", "Rival") if role is None else org, role or Role.OWNER)

    assert client.get("/o/halden/people/leavers/").status_code == code
    assert client.get("/o/halden/people/leavers/template.csv").status_code == code


def test_identifiers_that_differ_in_capitals_are_asked_about(org, editor, crew):
    Person.objects.filter(pk=crew[1].pk).update(raw={"ExternalDataReference": "K0017"})

    asked = lines(plan_of(org, {"unique_id": "k 0017"}))
    taken = plan_of(org, {"unique_id": "k 0017"}, alike_ids=True)

    assert [(row, action) for row, action, _reason in asked] == [(2, "refuse")]
    assert f"matches K0017 of {crew[1]} apart from capitals" in asked[0][2]
    assert taken.lines.get().label == f"{crew[1]} → {crew[0]}"
