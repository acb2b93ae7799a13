"""Surveys and translations from files, and giving a survey to another owner, against a running engine."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from qxportal.accounts.models import AuditEntry, Credential
from qxportal.accounts.roles import Role
from qxportal.engine.models import Survey as EngineSurvey
from qxportal.ledger.jobs.run import run_next
from qxportal.ledger.models import Change
from surveys.models import Survey
from tests.support.mirrored_rows import browser, organisation, text
from tests.support.tenants import signed_in

pytestmark = pytest.mark.django_db
live = pytest.mark.django_db(transaction=True, databases=["default", "engine"])
QUESTIONS = b"1. What should this person keep doing?\n\n2. How do you work together?\n\nEvery day\nSeldom\n"


@pytest.fixture
def org():
    return organisation()


@pytest.fixture
def form(org):
    return Survey.objects.create(
        org=org, vendor_id="SV_form", name="Leadership form", owner_id="UR_old", seen_at=timezone.now()
    )


def upload(client: Any, org: Any, name: str, content: bytes, verb: str = "import/", **posted: str) -> Any:
    return client.post(f"/o/{org.slug}/surveys/{verb}", {"file": SimpleUploadedFile(name, content), **posted})


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("form.pdf", b"%PDF", "This is no QSF, TXT, DOC or DOCX file."),
        ("Leadership form.txt", QUESTIONS, "There is a survey with this name already."),
        (" .txt", QUESTIONS, "This field is required."),
    ],
)
def test_a_file_is_refused_beside_its_field(org, form, key_ring, name, content, words):
    answer = upload(browser(org, Role.EDITOR), org, name, content)

    assert (answer.status_code, words in text(answer)) == (422, True)
    assert not Change.objects.exists()


def test_translations_in_another_encoding_are_refused(org, form):
    answer = upload(browser(org, Role.EDITOR), org, "t.csv", "Größe".encode("latin-1"), f"{form.pk}/translations/")

    assert (answer.status_code, "This file is not in UTF-8." in text(answer)) == (422, True)


def test_a_transfer_is_typed_by_an_administrator_and_logged(org, form):
    admin, url = browser(org, Role.ADMIN), f"/o/{org.slug}/surveys/{form.pk}/transfer/"
    wanted = {"new_owner_id": "UR_new", "typed": "Leadership form"}

    assert browser(org, Role.EDITOR).post(url, wanted).status_code == 403
    assert admin.post(url, {**wanted, "typed": "x"}).status_code == 422
    assert admin.post(url, {**wanted, "new_owner_id": "Anna"}).status_code == 422
    assert not Change.objects.exists()
    assert admin.post(url, wanted).status_code == 302

    change = Change.objects.get()
    assert (change.request, change.retry_policy) == ("transferSurveyOwnership", "destructive")
    assert change.expected_values == {"owner_id": "UR_old"}
    assert AuditEntry.objects.filter(org=org, verb="survey.transferred", target="SV_form").count() == 1


def test_readers_and_other_organisations_import_nothing(org, form):
    stranger = browser(organisation("tarn", "Tarn Works"), Role.ADMIN)

    assert upload(browser(org, Role.READER), org, "f.txt", QUESTIONS).status_code == 403
    assert upload(stranger, org, "f.txt", QUESTIONS).status_code == 404
    assert stranger.get(f"/o/tarn/surveys/{form.pk}/transfer/").status_code == 404


@live
def test_a_survey_is_imported_reported_and_transferred(connected):
    receiver = connected.engine.make_api_user("otto.lang")
    connected.sync()
    client, org = signed_in(connected.admin.user), connected.org

    shown = upload(client, org, "Feedback form.txt", QUESTIONS, activate="on")
    connected.send()
    run_next()
    change = Change.objects.get(request="importSurvey")
    report = text(client.get(shown["Location"]))
    form = Survey.objects.get(org=org, vendor_id=change.vendor_id)
    client.post(
        f"/o/{org.slug}/surveys/{form.pk}/transfer/",
        {"new_owner_id": receiver.user_id, "name": "Renamed form", "typed": "Feedback form"},
    )
    connected.send()

    assert change.state == Change.State.DONE
    assert "Open the survey" in report
    assert (form.name, form.status) == ("Feedback form", "Active")
    moved = connected.engine.run(EngineSurvey.objects.get, public_id=form.vendor_id)
    assert (moved.name, moved.owner_id) == ("Renamed form", receiver.row.pk)
    form.refresh_from_db()
    assert (form.name, form.owner_id) == ("Renamed form", receiver.user_id)


@live
def test_what_the_server_says_of_a_bad_file_stays_while_it_is_checked(connected, settings):
    settings.VERIFY_FIRST = timedelta()
    connected.sync()
    client, org = signed_in(connected.admin.user), connected.org
    bad = b"[[AdvancedFormat]]\n[[Question:MC]]\nPlans ahead\n[[Choices]]\nNever\nAlways\n[[Question:Oracle]]\nWhy?\n"

    shown = upload(client, org, "Pulse.txt", bad)
    for _ in range(2):
        connected.send()

    change = Change.objects.get(request="importSurvey")
    assert change.verify_count > 0
    assert change.state != Change.State.DONE
    assert "Line 7: &#x27;Oracle&#x27; is no type of question." in text(client.get(shown["Location"]))
    assert not connected.engine.run(EngineSurvey.objects.filter(name="Pulse").exists)


@live
def test_translations_say_how_many_texts_they_set_and_quotas_are_not_needed(connected):
    there = connected.engine.survey("Marlstone form")
    connected.sync()
    client, org = signed_in(connected.admin.user), connected.org
    form = Survey.objects.get(org=org, vendor_id=there.public_id)
    Credential.objects.update(names={"getQuotas": "noSuchRequest"})

    table = b"ID,DE\r\nSurveyName,Bogen\r\nQID1_QuestionText,Frage\r\n"
    upload(client, org, "texts.csv", table, f"{form.pk}/translations/")
    connected.send()
    client.post(f"/o/{org.slug}/surveys/{form.pk}/refresh/", {"back": "/"})
    run_next()

    change = Change.objects.get(request="importSurveyTranslations")
    assert change.result["texts"] == 2 and "DE" in change.result["languages"]
    assert "2 texts were set." in text(client.get(f"/o/{org.slug}/surveys/{form.pk}/translations/"))
    assert "Quotas are not shown" in text(client.get(f"/o/{org.slug}/surveys/{form.pk}/"))
