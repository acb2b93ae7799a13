"""Pages of people and subjects beside the list from which they were opened."""

import pytest

from assessments.models import Subject
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from tests.support.mirrored_rows import assessment, browser, evaluations, organisation, people, subjects

pytestmark = pytest.mark.django_db
IN_PANEL = {"HX-Request": "true", "HX-Target": "panel"}


@pytest.fixture
def org():
    return organisation()


@pytest.fixture
def addresses(org):
    """The pages of a person and of a subject."""
    made = assessment(org)
    staff = people(org, 3)
    [subject] = subjects(made, staff[:1])
    evaluations(subject, staff[1:], "Peer")
    return f"/o/halden/people/{staff[0].pk}/", f"/o/halden/assessments/{made.pk}/subjects/{subject.pk}/"


def test_the_panel_has_the_content_of_the_page_without_its_frame(org, addresses):
    reader = browser(org, Role.READER)

    for address in addresses:
        page, panel = (reader.get(address, headers=headers).content.decode() for headers in ({}, IN_PANEL))

        assert "<html" in page and 'id="panel-title"' not in page
        assert "<html" not in panel and 'id="panel-title"' in panel and f'href="{address}"' in panel
        assert 'id="freshness"' not in panel and 'id="messages"' not in panel  # they stand beside the list
        assert page.count('<section class="card"') == panel.count('<section class="card"') > 0


def test_the_panel_shows_members_nothing_about_themselves(org, addresses):
    editor = browser(org, Role.EDITOR)
    Member.objects.update(person_key=Subject.objects.get().vendor_id, person_state=Member.PersonState.CONFIRMED)

    panel = editor.get(addresses[1], headers=IN_PANEL)

    assert "assessments/own_subject.html" in [template.name for template in panel.templates]
    assert b'id="panel-title"' in panel.content and b"Peer" not in panel.content


def test_strangers_open_no_panel(org, addresses):
    stranger = browser(organisation("other", "Other"), Role.OWNER)

    assert [stranger.get(address, headers=IN_PANEL).status_code for address in addresses] == [404, 404]


def test_rows_of_people_subjects_and_evaluations_open_beside_their_list(org, addresses):
    reader = browser(org, Role.READER)
    of_assessment = addresses[1].split("subjects/")[0]

    for path in ("/o/halden/people/", f"{of_assessment}subjects/", f"{of_assessment}evaluations/"):
        assert " data-panel>" in reader.get(path).content.decode()
    assert " data-panel>" not in reader.get("/o/halden/assessments/").content.decode()
