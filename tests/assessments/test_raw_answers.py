"""Answers with names: off until an owner turns them on, of those who were told, never about oneself, in the log."""

import csv
import io
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from assessments.answer_exports import KEEP, PURPOSE, export_answers, forget_old_files
from qxportal.accounts.models import AuditEntry, Member, Organisation
from qxportal.accounts.roles import Role
from qxportal.engine.models import Answer, Brand, Evaluation
from qxportal.ledger.jobs.run import run
from qxportal.ledger.models import Change, Job
from qxportal.security.models import Sealed
from tests.support.built_once import built_once
from tests.support.mirrored_rows import browser

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])
LONG_AGO = timedelta(days=30)


@pytest.fixture
@built_once
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
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def exported(client, page, form):
    """The job of an export, once a worker did it, and the address of its page."""
    answer = client.post(page, form)
    assert answer.status_code == 302, answer.context["form"].errors
    job = Job.objects.get(kind="export-answers")
    assert job.state == Job.State.WAITING
    run(job.pk, export_answers)
    job.refresh_from_db()
    return job, answer["Location"]


@pytest.fixture
def file(connected, scene):
    """An administrator at a browser, and the page of an export whose file is ready."""
    told(connected)
    admin = browser(connected.org, Role.ADMIN)
    job, page = exported(admin, pages(connected)[1], {"assessment": connected.assessment().pk})
    assert job.state == Job.State.DONE, str(job.outcome)
    return admin, page


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


def test_answers_of_those_who_were_told_leave_as_a_harmless_file(connected, file):
    admin, page = file

    answer = admin.get(f"{page}file/")

    [row] = rows_of(answer)
    assert (row["SubjectLastName"], row["EvaluatorLastName"], row["Relationship"]) == ("Berger", "Iten", "Peer")
    assert "'=HYPERLINK(1)" in row.values() and "no-store" in answer["Cache-Control"]
    [entry] = AuditEntry.objects.filter(verb="answers.exported")
    assert str(entry.words) == "Leadership review: 1 row; left out: 1"
    assert AuditEntry.objects.filter(verb="answers.downloaded").count() == 1
    assert b"Iten" not in bytes(Sealed.objects.get(purpose=PURPOSE).blob)
    assert "Only you can download" in admin.get(page).content.decode()


def test_responses_of_a_survey_leave_by_the_same_rule(connected, scene):
    told(connected)
    admin, survey = browser(connected.org, Role.ADMIN), connected.assessment().survey_id

    job, page = exported(admin, pages(connected)[1], {"survey": "", "SurveyID": survey, "Labels": "0"})

    assert job.state == Job.State.DONE, str(job.outcome)
    [row] = rows_of(admin.get(f"{page}file/"))
    assert "Iten" in row["Name"] and "Adler" not in str(row)


def test_file_is_for_the_member_who_asked_and_for_a_day(connected, file):
    admin, page = file
    owner = browser(connected.org, Role.OWNER)

    assert "Another member asked for this export." in owner.get(f"{page}file/", follow=True).content.decode()
    assert owner.post(page).status_code == 302 and Sealed.objects.filter(purpose=PURPOSE).exists()
    Sealed.objects.filter(purpose=PURPOSE).update(created_at=timezone.now() - KEEP)
    late = admin.get(f"{page}file/", follow=True)
    forget_old_files()

    assert "This file was kept for a day" in late.content.decode()
    assert not Sealed.objects.filter(purpose=PURPOSE).exists()
    assert not AuditEntry.objects.filter(verb="answers.downloaded").exists()


def test_file_is_deleted_by_its_member_and_when_exports_are_turned_off(connected, file):
    admin, page = file
    again = Sealed.objects.get(purpose=PURPOSE)

    admin.post(page)
    assert not Sealed.objects.filter(purpose=PURPOSE).exists()
    again.save(force_insert=True)
    admin.post(pages(connected)[0], {"off": "", "intent": str(uuid.uuid4())})

    assert not Sealed.objects.filter(purpose=PURPOSE).exists()
    assert admin.get(f"{page}file/").status_code == 404


def test_member_who_became_a_subject_downloads_nothing(connected, file):
    admin, page = file
    Member.objects.filter(role=Role.ADMIN).update(
        person_key=connected.subject().vendor_id, person_state=Member.PersonState.CONFIRMED
    )

    answer = admin.get(f"{page}file/")

    assert answer.status_code == 302 and not AuditEntry.objects.filter(verb="answers.downloaded").exists()


def test_job_decides_anew_who_may_export(connected, scene):
    told(connected)
    admin = browser(connected.org, Role.ADMIN)
    admin.post(pages(connected)[1], {"assessment": connected.assessment().pk})
    Member.objects.filter(org=connected.org).update(role=Role.EDITOR)
    job = Job.objects.get(kind="export-answers")

    run(job.pk, export_answers)

    job.refresh_from_db()
    assert job.state == Job.State.FAILED and "no longer an administrator" in str(job.outcome)
    assert not Sealed.objects.filter(purpose=PURPOSE).exists()


def test_nothing_leaves_while_evaluators_are_not_told(connected, scene):
    told(connected)
    connected.engine.run(Brand.objects.update, raw_answers_since=None)
    admin = browser(connected.org, Role.ADMIN)

    job, page = exported(admin, pages(connected)[1], {"assessment": connected.assessment().pk})

    assert job.state == Job.State.FAILED and "not told yet" in admin.get(page).content.decode()
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

    job, page = exported(client, export, {"assessment": connected.assessment().pk})

    assert job.state == Job.State.FAILED and "This is about you" in str(job.outcome)
    assert client.get(f"{page}file/").status_code == 302 and not Sealed.objects.filter(purpose=PURPOSE).exists()


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
