"""Answers with names: off until an owner turns them on, of those who were told, never about oneself, in the log."""

import csv
import io
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from qxportal.accounts.models import AuditEntry, Organisation
from qxportal.accounts.roles import Role
from qxportal.engine.models import Answer, Brand, Evaluation
from qxportal.ledger.models import Change
from tests.support.mirrored_rows import browser

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])
LONG_AGO = timedelta(days=30)


@pytest.fixture
def scene(connected):
    """An assessment with a subject, whom one colleague rated long ago and another one after being told."""
    engine = connected.engine
    review = engine.assessment("Leadership review")
    anna, ben, cleo = (engine.person(*name) for name in (("Anna", "Berger"), ("Ben", "Adler"), ("Cleo", "Iten")))
    subject = engine.subject(review, anna)
    now = timezone.now()
    engine.evaluation(subject, ben, "Peer", "Completed", started_at=now - LONG_AGO)
    later = engine.evaluation(subject, cleo, "Peer", "Completed", started_at=now)
    engine.run(Answer.objects.filter(evaluation=later, text__gt="").update, text="=HYPERLINK(1)")
    connected.sync()
    return subject


def told(connected):
    """Let the organisation and the brand have allowed it ten days ago."""
    since = timezone.now() - timedelta(days=10)
    Organisation.objects.filter(pk=connected.org.pk).update(raw_answers_at=since)
    connected.engine.run(Brand.objects.update, raw_answers_since=since)


def pages(connected):
    org = f"/o/{connected.org.slug}"
    return f"{org}/settings/answers/", f"{org}/answers/", f"{org}/answers/import/"


def rows_of(answer):
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_off_there_is_no_page_and_owners_alone_turn_it_on(connected, scene):
    switch, export, importing = pages(connected)
    admin, owner = browser(connected.org, Role.ADMIN), browser(connected.org, Role.OWNER)
    form = {"on": "1", "told": "1", "typed": connected.org.name, "intent": str(uuid.uuid4())}

    assert [admin.get(page).status_code for page in (switch, export, importing)] == [200, 404, 404]
    assert admin.post(switch, form).status_code == 422
    assert owner.post(switch, {**form, "typed": "yes"}).status_code == 422
    assert owner.post(switch, {**form, "told": ""}).status_code == 422
    assert not Organisation.objects.exclude(raw_answers_at=None).exists()

    assert owner.post(switch, form).status_code == 302
    connected.send()
    assert connected.engine.run(Brand.objects.get, pk=connected.engine.brand.pk).raw_answers_since is not None
    assert AuditEntry.objects.filter(verb="answers.allowed").count() == 1
    assert admin.get(export).status_code == 200

    assert admin.post(switch, {"off": "", "intent": str(uuid.uuid4())}).status_code == 302
    connected.send()
    assert connected.engine.run(Brand.objects.get, pk=connected.engine.brand.pk).raw_answers_since is None
    assert admin.get(export).status_code == 404


def test_answers_of_those_who_were_told_leave_as_a_harmless_file(connected, scene):
    told(connected)
    _switch, export, _importing = pages(connected)

    answer = browser(connected.org, Role.ADMIN).post(export, {"assessment": connected.assessment().pk})

    [row] = rows_of(answer)
    assert (row["SubjectLastName"], row["EvaluatorLastName"], row["Relationship"]) == ("Berger", "Iten", "Peer")
    assert "'=HYPERLINK(1)" in row.values() and "no-store" in answer["Cache-Control"]
    [entry] = AuditEntry.objects.filter(verb="answers.exported")
    assert str(entry.words) == "Leadership review: 1 row; left out: 1"


def test_responses_of_a_survey_leave_by_the_same_rule(connected, scene):
    told(connected)
    _switch, export, _importing = pages(connected)
    survey = connected.assessment().survey_id

    answer = browser(connected.org, Role.ADMIN).post(export, {"survey": "", "SurveyID": survey, "Labels": "0"})

    [row] = rows_of(answer)
    assert "Iten" in row["Name"] and "Adler" not in str(row)


def test_nothing_leaves_while_evaluators_are_not_told(connected, scene):
    told(connected)
    connected.engine.run(Brand.objects.update, raw_answers_since=None)
    _switch, export, _importing = pages(connected)

    answer = browser(connected.org, Role.ADMIN).post(export, {"assessment": connected.assessment().pk})

    assert answer.status_code == 422 and "not told yet" in answer.content.decode()
    assert not AuditEntry.objects.filter(verb="answers.exported").exists()


def test_a_subject_of_the_assessment_exports_and_imports_nothing(connected, scene, client):
    told(connected)
    engine, admin = connected.engine, connected.admin
    engine.subject(scene.assessment, engine.person("Rosa", "Keller", email=admin.user.email))
    connected.sync()
    _switch, export, importing = pages(connected)
    client.force_login(admin.user)
    before = len(engine.calls())
    chosen = {"assessment": connected.assessment().pk}
    file = io.BytesIO(b"SubjectEmail,EvaluatorEmail,Relationship\na@b.example,c@d.example,Peer\n")
    file.name = "responses.csv"

    sent = [
        client.post(export, chosen),
        client.post(export, {"survey": "", "SurveyID": connected.assessment().survey_id}),
        client.post(importing, {**chosen, "file": file}),
    ]

    assert [one.status_code for one in sent] == [422, 422, 422]
    assert len(engine.calls()) == before and not Change.objects.exists()


def test_a_subject_whom_the_mirror_does_not_know_yet_exports_nothing(connected, scene, client):
    told(connected)
    engine, admin = connected.engine, connected.admin
    own = engine.subject(scene.assessment, engine.person("Rosa", "Keller", email="rosa.elsewhere@marlstone.example"))
    engine.evaluation(own, engine.person("Dan", "Moll"), "Peer", "Completed")
    _switch, export, _importing = pages(connected)
    client.force_login(admin.user)

    answer = client.post(export, {"assessment": connected.assessment().pk})

    assert answer.status_code == 422


def test_responses_are_previewed_confirmed_and_imported(connected, scene):
    told(connected)
    _switch, _export, importing = pages(connected)
    admin = browser(connected.org, Role.ADMIN)
    dora = connected.engine.person("Dora", "Egger", email="dora.egger@marlstone.example")
    connected.sync()
    subject = connected.subject()
    questions = connected.engine.run(
        lambda: list(scene.assessment.survey.questions.values_list("public_id", flat=True))
    )
    columns = "SubjectUniqueIdentifier,ParticipantUniqueIdentifier,Relationship,Status,StartDate,EndDate"
    when = "2026-11-01 10:00:00,2026-11-01 10:20:00"
    rows = [
        f"{subject.vendor_id},{dora.public_id},Peer,Completed,{when},4",
        f"{subject.vendor_id},P_nobody,Peer,Completed,{when},4",
    ]

    def preview(*lines):
        file = io.BytesIO("\n".join([f"{columns},{questions[0]}", *lines, ""]).encode())
        file.name = "responses.csv"
        return admin.post(importing, {"assessment": connected.assessment().pk, "file": file}, follow=True)

    shown = preview(*rows)
    assert "is not in the directory" in shown.content.decode() and "1 response is imported" in shown.content.decode()
    page = preview(rows[0])
    check = page.request["PATH_INFO"]
    assert admin.post(check, {"typed": "2", "intent": str(uuid.uuid4())}).status_code == 422
    sent = admin.post(check, {"typed": "1", "intent": str(uuid.uuid4())})

    change = Change.objects.get()
    assert sent["Location"].endswith(f"/changes/{change.pk}/")
    connected.send()
    assert connected.settled(change).state == Change.State.DONE, str(change.status_message)
    made = connected.engine.run(Evaluation.objects.get, evaluator=dora)
    assert (made.status, made.imported) == ("Completed", True)
    assert AuditEntry.objects.filter(verb="answers.imported").count() == 1


def test_lower_roles_have_no_page(connected, scene):
    told(connected)
    editor = browser(connected.org, Role.EDITOR)

    assert [editor.get(page).status_code for page in pages(connected)] == [403, 403, 403]
