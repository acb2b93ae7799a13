"""An assessment gets another name where the server can give it one; elsewhere the page says that it cannot."""

from typing import Any

import pytest
from django.utils import timezone

from assessments.editing_commands import rename_assessment
from assessments.handlers import CHANGE_HANDLERS
from qxportal.accounts.models import Credential, Member
from qxportal.accounts.roles import Role
from qxportal.engine.models import Assessment as EngineAssessment
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Change
from tests.support.mirrored_rows import assessment, browser, credential, organisation, text


@pytest.fixture
def org(db, key_ring):
    made = organisation()
    credential(made)
    return made


@pytest.fixture
def review(org):
    return assessment(org)


def page(client: Any, review: Any, **posted: str) -> Any:
    url = f"/o/halden/assessments/{review.pk}/rename/"
    return client.post(url, posted) if posted else client.get(url)


def test_another_name_is_recorded_and_shown(org, review):
    editor = browser(org, Role.EDITOR)

    answer = page(editor, review, name=" Autumn  review ")

    change = Change.objects.get()
    assert answer.status_code == 302
    assert (change.request, change.parameters["name"]) == ("qxRenameAssessment", "Autumn review")
    assert (change.expected_values, change.writes) == (
        {"name": "Leadership review"},
        [f"assessment/{review.vendor_id}/name"],
    )
    assert change.parameters["idempotency_key"]
    CHANGE_HANDLERS["qxRenameAssessment"].mirror(change, timezone.now())
    review.refresh_from_db()
    assert review.name == "Autumn review"


def test_the_same_name_and_none_are_refused_beside_the_field(org, review):
    editor = browser(org, Role.EDITOR)

    same, none = page(editor, review, name="Leadership review"), page(editor, review, name=" ")

    assert (same.status_code, none.status_code) == (422, 422)
    assert "Nothing was changed." in text(same)
    assert not Change.objects.exists()


def test_a_server_that_cannot_rename_is_named(org, review):
    Credential.objects.all().delete()
    editor = browser(org, Role.EDITOR)

    shown, refused = page(editor, review), page(editor, review, name="Autumn review")

    assert "copy it under another name instead" in text(shown)
    assert refused.status_code == 422
    assert not Change.objects.exists()


def test_readers_and_others_rename_nothing(org, review):
    assert page(browser(org, Role.READER), review, name="Autumn review").status_code == 403
    assert page(browser(organisation("rival", "Rival"), Role.OWNER), review, name="Autumn").status_code == 404
    assert not Change.objects.exists()


def test_what_is_no_longer_listed_keeps_its_name(org, review):
    browser(org, Role.EDITOR)
    review.gone_at = timezone.now()

    with pytest.raises(ActionRefused, match="no longer listed"):
        rename_assessment(review, "Autumn review", by=Member.objects.get())


@pytest.mark.django_db(transaction=True, databases=["default", "engine"])
def test_the_engine_gives_the_new_name(connected):
    connected.engine.assessment("Leadership review")
    connected.sync()

    change = rename_assessment(connected.assessment(), "Autumn review", by=connected.admin)
    connected.send()

    assert connected.settled(change).state == "done"
    assert connected.engine.run(EngineAssessment.objects.get).name == "Autumn review"
    connected.sync()
    assert connected.assessment().name == "Autumn review"
