"""The report of a fictional person: asked for by HR, made by the server, kept until the next one."""

import pytest

from assessments.models import ReportPreview
from assessments.report_previews import fetch_preview
from assessments.sealed_previews import PREVIEWS, opened_preview, sealed_preview
from qxportal.accounts.models import AuditEntry, Credential
from qxportal.accounts.roles import Role
from qxportal.engine.models import Edition
from qxportal.ledger.jobs.run import run
from qxportal.ledger.models import Job
from qxportal.security.envelope import key_of
from qxportal.security.key_ring import add_key
from tests.support.built_once import built_once
from tests.support.mirrored_rows import browser
from tests.support.small_form import make_small_form

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])


@pytest.fixture
@built_once
def scene(connected):
    form = connected.engine.run(make_small_form, connected.engine.api_user.row, "Leadership review form")
    review = connected.engine.assessment("Leadership review", survey=form)
    people = connected.engine.people(2)
    connected.engine.subject(review, people[0])
    connected.sync()
    return review


@pytest.fixture
def page(connected, scene):
    return f"/o/{connected.org.slug}/assessments/{connected.assessment().pk}/reports/preview/"


def job():
    return Job.objects.get(kind="preview-report")


def test_hr_gets_the_pdf_of_a_fictional_person(connected, page):
    client = browser(connected.org, Role.EDITOR)
    assert client.get(page + "file/").status_code == 404

    answer = client.post(page, {"language": "de", "number": "7"}, follow=True)

    assert "Making the preview…" in answer.content.decode()
    run(job().pk, fetch_preview)
    assert job().state == Job.State.DONE, job().outcome
    made = ReportPreview.objects.get()
    assert (made.language, made.seed, opened_preview(made)[:5]) == ("de", "7", b"%PDF-")
    assert b"%PDF" not in bytes(made.content)
    assert "Example number 7" in client.get(page).content.decode()
    file = client.get(page + "file/")
    assert (file.content, file.headers["Content-Type"]) == (opened_preview(made), "application/pdf")
    assert AuditEntry.objects.filter(verb="report.previewed").count() == 1
    assert not connected.engine.run(Edition.objects.exists)


def test_preview_moves_with_the_keys_and_opens_for_no_other_assessment(connected, page):
    assessment = connected.assessment()
    content = sealed_preview(connected.org.pk, assessment.pk, b"%PDF-1.7 example")
    made = ReportPreview.objects.create(org=connected.org, assessment=assessment, language="en", content=content)
    old = key_of(content)

    new = add_key()

    assert PREVIEWS.rewrap is not None
    assert (PREVIEWS.rewrap(), PREVIEWS.verify()) == (1, (1, []))
    assert PREVIEWS.count() == {new: 1}
    assert old != new
    made.refresh_from_db()
    assert opened_preview(made) == b"%PDF-1.7 example"
    made.content = sealed_preview(connected.org.pk, assessment.pk + 1, b"%PDF-1.7 of another")
    made.save()
    answer = browser(connected.org, Role.EDITOR).get(page + "file/", follow=True)
    assert "The preview cannot be opened on this server. Make it again." in answer.content.decode()


def test_another_one_has_to_wait_for_the_first(connected, page):
    client = browser(connected.org, Role.EDITOR)
    client.post(page, {"language": "de", "number": "7"})

    answer = client.post(page, {"language": "en", "number": "7"})

    assert answer.status_code == 422
    assert "Another preview is being made." in answer.content.decode()
    assert job().parameters == {"language": "de", "seed": "7"}


@pytest.mark.parametrize("fields", [{"language": "pl", "number": "1"}, {"language": "en", "number": "0"}, {}])
def test_what_is_not_offered_is_refused(connected, page, fields):
    assert browser(connected.org, Role.EDITOR).post(page, fields or {"language": ""}).status_code == 422
    assert not Job.objects.filter(kind="preview-report").exists()


def test_a_server_that_makes_none_is_not_asked(connected, page):
    heard = {"qxPreviewReport": {"outcome": "unknown", "name": "qxPreviewReport", "at": "2999-01-01T00:00:00+00:00"}}
    Credential.objects.update(heard=heard)

    answer = browser(connected.org, Role.EDITOR).post(page, {"language": "en", "number": "1"})

    assert answer.status_code == 422
    assert "does not offer this" in answer.content.decode()


def test_readers_do_not_make_one(connected, page):
    assert browser(connected.org, Role.READER).post(page, {"language": "en", "number": "1"}).status_code == 403
