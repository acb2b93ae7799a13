"""The steps of a new assessment."""

import pytest
from django.utils import timezone

from qxportal.accounts.roles import Role
from qxportal.ledger.models import Change
from surveys.models import Survey
from tests.support.mirrored_rows import browser, organisation, people

pytestmark = pytest.mark.django_db

URL = "/o/halden/assessments/new/"


@pytest.fixture
def org():
    return organisation()


@pytest.fixture
def editor(org):
    Survey.objects.create(org=org, vendor_id="SV_leadership", name="Leadership form", seen_at=timezone.now())
    return browser(org, Role.EDITOR)


def walk(editor, persons):
    editor.get(URL)
    editor.post(f"{URL}basics/", {"name": "Team leads 2027", "type": "360"})
    editor.post(f"{URL}form/", {"survey": "SV_leadership"})
    editor.post(f"{URL}relationships/", {"name": ["Customer", ""], "translations": ["de: Kunde; fr: Client", ""]})
    editor.post(f"{URL}options/", {"minimum": "5", "maximum": "12", "AutoInvite": "on"})
    editor.post(
        f"{URL}people/",
        {"person": [persons[0].pk], "shown": [persons[0].pk], "addresses": f"Elif <{persons[4].email}>; "},
    )
    return editor.get(f"{URL}summary/")


def test_the_summary_creates_it_once_with_its_people_behind_it(org, editor):
    summary = walk(editor, people(org, 5))
    intent = summary.context["draft"]["intent"]

    first = editor.post(f"{URL}summary/", {"intent": intent})
    second = editor.post(f"{URL}summary/", {"intent": intent})

    assert first.status_code == second.status_code == 302
    assert first["Location"] == second["Location"]
    created = Change.objects.get(request="createAssessment")
    assert created.parameters["relationships"] == [
        {"Name": "Customer", "Translations": {"de": "Kunde", "fr": "Client"}}
    ]
    assert created.parameters["workflow_options"]["AutoInvite"] is True
    assert created.parameters["workflow_options"]["RoundRobin"] is False
    assert Change.objects.filter(request="addPerson", depends_on=created).count() == 2


def test_going_back_keeps_what_was_chosen(org, editor):
    walk(editor, people(org, 5))

    assert "Team leads 2027" in editor.get(f"{URL}basics/").content.decode()
    assert "de: Kunde; fr: Client" in editor.get(f"{URL}relationships/").content.decode()
    assert not Change.objects.exists()


def test_a_step_cannot_be_jumped_over(editor):
    editor.get(URL)

    assert editor.get(f"{URL}summary/")["Location"] == f"{URL}basics/"


@pytest.mark.parametrize("name", ["Peer", "self"])
def test_a_built_in_relationship_is_refused(editor, name):
    editor.get(URL)
    editor.post(f"{URL}basics/", {"name": "Team leads 2027", "type": "360"})
    editor.post(f"{URL}form/", {"survey": "SV_leadership"})

    answer = editor.post(f"{URL}relationships/", {"name": [name], "translations": [""]})

    assert answer.status_code == 422
    assert "built in" in answer.content.decode()


@pytest.mark.parametrize("name", ["NominationApproval", "SubjectsChooseRelationship"])
def test_an_option_that_needs_another_is_refused_beside_it(editor, name):
    editor.get(URL)
    editor.post(f"{URL}basics/", {"name": "Team leads 2027", "type": "360"})
    editor.post(f"{URL}form/", {"survey": "SV_leadership"})
    editor.post(f"{URL}relationships/", {"name": [""], "translations": [""]})

    page = editor.post(f"{URL}options/", {"minimum": "5", "maximum": "12", name: "on"})

    assert page.status_code == 422
    assert "This needs “Subjects nominate their evaluators”." in page.content.decode()
