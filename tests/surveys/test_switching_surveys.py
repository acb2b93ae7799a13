"""Surveys switched on and off, and their validity."""

from datetime import UTC, datetime

import pytest

from assessments.survey_forms import ValidityForm
from qxportal.accounts.roles import Role
from qxportal.ledger.jobs.run import run_next
from qxportal.ledger.models import Change
from surveys.models import Survey, SurveyContent
from tests.support.mirrored_rows import browser, organisation, text
from tests.support.tenants import signed_in
from tests.surveys.survey_pages import form, org, page

__all__ = ["form", "org"]

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("verb", ["activate/", "deactivate/", "validity/"])
def test_readers_and_other_organisations_change_nothing(org, form, verb):
    stranger = browser(organisation("tarn", "Tarn Works"), Role.ADMIN)

    assert page(browser(org, Role.READER), form, verb, sessions="keep").status_code == 403
    assert page(stranger, form, verb, sessions="keep").status_code == 404
    assert stranger.get(f"/o/tarn/surveys/{form.pk}/").status_code == 404
    assert not Change.objects.exists()


def test_recording_half_finished_answers_is_confirmed_by_name(org, form):
    editor = browser(org, Role.EDITOR)

    refused = page(editor, form, "deactivate/", sessions="close", typed="something")
    assert not Change.objects.exists()
    page(editor, form, "deactivate/", sessions="close", typed="leadership form")

    assert refused.status_code == 422
    change = Change.objects.get()
    assert (change.request, change.retry_policy, change.parameters["close_sessions"]) == (
        "setSurveyOptions",
        "destructive",
        True,
    )


def test_a_survey_in_the_wanted_state_is_refused(org, form):
    answer = page(browser(org, Role.EDITOR), form, "activate/", sent="1")

    assert (answer.status_code, "The survey is active already." in text(answer)) == (422, True)


def test_the_end_of_validity_comes_after_its_beginning(org, form):
    times = {"valid_from": "2030-02-02T10:00", "valid_until": "2030-02-01T10:00"}

    answer = page(browser(org, Role.EDITOR), form, "validity/", **times)

    assert (answer.status_code, "This must be later than the beginning." in text(answer)) == (422, True)


@pytest.mark.parametrize(
    ("kept", "refused"), [({"valid_from": "2030-01-01T10:00"}, ["valid_until"]), ({"valid_from": ""}, [])]
)
def test_one_limit_is_not_taken_off_alone_as_the_server_would_keep_it(kept, refused):
    limits = {name: datetime(2030, month, 1, tzinfo=UTC) for name, month in (("valid_from", 1), ("valid_until", 2))}

    assert list(ValidityForm({"valid_until": "", **kept}, initial=limits).errors) == refused


@pytest.mark.django_db(transaction=True, databases=["default", "engine"])
def test_a_survey_is_read_switched_off_on_and_limited(connected):
    there = connected.engine.survey("Marlstone form")
    connected.sync()
    form = Survey.objects.select_related("org").get(vendor_id=there.public_id)
    client = signed_in(connected.admin.user)

    page(client, form, "refresh/", back="/")
    run_next()
    content = SurveyContent.objects.get(survey=form)
    page(client, form, "deactivate/", sessions="keep")
    connected.send()
    form.refresh_from_db()
    off = form.status
    page(client, form, "activate/", sent="1")
    connected.send()
    form.refresh_from_db()
    page(client, form, "validity/", valid_until="2031-02-01T10:00")
    connected.send()

    assert content.facts["questions"]
    assert (off, form.status) == ("Inactive", "Active")
    assert set(Change.objects.values_list("state", flat=True)) == {Change.State.DONE}
    assert [call.request for call in connected.engine.writes()] == [
        "deactivateSurvey",
        "activateSurvey",
        "setSurveyOptions",
    ]
