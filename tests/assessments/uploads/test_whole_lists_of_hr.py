"""The whole list of the HR system: who is missing in it, how many may be, and the plans that follow."""

import pytest

from assessments.hr_lists import compare
from directory.models import Person
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from qxportal.ledger.models import Plan
from qxportal.ledger.plans.make import make_plan
from qxportal.ledger.plans.sources import SourceRow
from qxportal.security.key_ring import add_key
from tests.support.form_fields import fields_of
from tests.support.mirrored_rows import assessment, browser, evaluations, organisation, people, subjects, text

pytestmark = pytest.mark.django_db
PASTED = {"from": "pasted", "name": "everybody"}


@pytest.fixture
def org():
    return organisation()


@pytest.fixture
def editor(org):
    return browser(org, Role.EDITOR)


@pytest.fixture
def crew(org):
    """Ten people, one of them external; the second owes an evaluation of the first."""
    crew = people(org, 10)
    [subject] = subjects(assessment(org), crew[:1])
    evaluations(subject, crew[1:2], "Peer", "NotStarted")
    Person.objects.filter(pk=crew[9].pk).update(external=True)
    return crew


def plan_of(org, *rows, **options):
    sent = [SourceRow(number, values) for number, values in enumerate(rows, 2)]
    by = Member.objects.get(org=org, role=Role.EDITOR)
    return make_plan(org, "people", sent, by=by, title="All", source=PASTED, options={"compared": True, **options})


def page_of(plan):
    return f"/o/halden/people/comparison/{plan.pk}/result/"


def listed(crew):
    return [{"email": one.email} for one in crew]


def test_who_is_missing_has_presumably_left_but_for_external_people(org, editor, crew):
    plan = plan_of(org, *listed(crew[:1] + crew[2:9]))

    found = compare(plan, Member.objects.get())

    assert [(str(one.person), one.open) for one in found.missing] == [(str(crew[1]), 1)]
    assert (found.inside, found.outside, found.share, found.doubtful) == (9, 1, 12, False)
    assert found.departments == [("Engineering", 1)]


def test_people_are_found_however_address_and_identifier_are_written(org, editor, crew):
    Person.objects.filter(pk=crew[1].pk).update(raw={"ExternalDataReference": "K0012"}, email="old@halden.example")
    rows = [*listed(crew[2:9]), {"email": crew[0].email.upper()}, {"unique_id": " k\u200b0012"}]

    assert compare(plan_of(org, *rows), Member.objects.get()).missing == []


def test_page_shows_the_numbers_and_plans_what_leavers_owe(org, editor, crew):
    plan = plan_of(org, *listed(crew[:1] + crew[2:9]))

    shown = text(editor.get(page_of(plan)))
    answer = editor.post(page_of(plan), {})

    assert "1 of 9 people (12 %) is missing in the list" in shown
    assert "1 of them still owe feedback: 1 evaluation is open." in shown
    leavers = Plan.objects.get(kind="leavers")
    assert answer.url == f"/o/halden/plans/{leavers.pk}/"
    assert leavers.lines.get().label == f"{crew[1]} → {crew[0]}"


def test_many_who_are_missing_have_to_be_confirmed_by_their_number(org, editor, crew):
    plan = plan_of(org, *listed(crew[:2]))

    shown = text(editor.get(page_of(plan)))
    refused = [editor.post(page_of(plan), {"number": number}).status_code for number in ("", "8", "x")]
    assert not Plan.objects.filter(kind="leavers").exists()
    answer = editor.post(page_of(plan), {"number": "7"})

    assert "the list may not be complete" in shown
    assert refused == [422, 422, 422]
    assert answer.status_code == 302


def test_only_comparisons_of_the_own_organisation_have_the_page(org, editor, crew):
    plain = make_plan(org, "people", [], by=Member.objects.get(), title="Some", source=PASTED)
    compared = plan_of(org, *listed(crew))
    rival = browser(organisation("rival", "Rival"), Role.OWNER)

    assert editor.get(page_of(plain)).status_code == 404
    assert rival.get(page_of(compared).replace("halden", "rival")).status_code == 404
    assert browser(org, Role.READER).get(page_of(compared)).status_code == 403


def test_a_pasted_list_leads_to_the_comparison(org, editor, crew):
    add_key()
    start = "/o/halden/people/comparison/"
    names = [f"{one.email}\t{one.first_name}\t{one.last_name}" for one in crew[:8]]
    cells = "\n".join(["Email\tFirst name\tLast name", *names, "new@halden.example\tNia\tNew"])

    check = editor.post(start, {"pasted": cells}, follow=True)
    answer = editor.post(check.redirect_chain[-1][0], fields_of(check), follow=True)

    shown = text(answer)
    assert "New people 1" in shown
    assert "1 of 9 people (12 %) is missing in the list" in shown
