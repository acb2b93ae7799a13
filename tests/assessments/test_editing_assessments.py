"""An assessment is changed, copied or deleted, after a look at what that means."""

import re
from typing import Any

import pytest
from django.utils import timezone

from assessments import editing_commands
from assessments.models import Assessment, MessageText, Subject
from qxportal.accounts.models import AuditEntry, Credential, Member
from qxportal.accounts.roles import Role
from qxportal.engine.models import Assessment as EngineAssessment
from qxportal.engine.models import Message as EngineMessage
from qxportal.ledger.jobs.run import run_next
from qxportal.ledger.models import Change
from surveys.models import Survey
from tests.support.mirrored_rows import assessment, browser, evaluations, organisation, people, subjects, text
from tests.support.tenants import signed_in

pytestmark = pytest.mark.django_db
live = pytest.mark.django_db(transaction=True, databases=["default", "engine"])
OPTIONS = {"MinimumEvaluators": 5, "MaximumEvaluators": 15, "SelfEvaluation": True, "RoundRobin": False, "Other": "x"}


@pytest.fixture
def org():
    return organisation()


@pytest.fixture
def review(org):
    for name in ("Old form", "New form"):
        Survey.objects.create(org=org, vendor_id=f"SV_{name[:3]}", name=name, seen_at=timezone.now())
    return assessment(org, status="Draft", survey_id="SV_Old", workflow_options=OPTIONS)


def page(client: Any, review: Assessment, verb: str, **posted: str) -> Any:
    url = f"/o/{review.org.slug}/assessments/{review.pk}/{verb}/"
    return client.post(url, posted) if posted else client.get(url)


def form(**changed: str) -> dict[str, str]:
    return {
        "survey_id": "SV_Old",
        "MinimumEvaluators": "5",
        "MaximumEvaluators": "15",
        "SelfEvaluation": "on",
        **changed,
    }


def confirmed(shown: Any, **posted: str) -> dict[str, str]:
    [digest] = re.findall(r'name="seen" value="(\w+)"', shown.content.decode())
    return {**posted, "confirmed": "1", "seen": digest}


def test_what_changes_is_shown_before_it_is_recorded(org, review):
    editor, wanted = browser(org, Role.EDITOR), form(MinimumEvaluators="3", RoundRobin="on")

    shown = page(editor, review, "edit", **wanted)
    assert not Change.objects.exists()
    answer = page(editor, review, "edit", **confirmed(shown, **wanted))

    assert [(one["before"], one["after"]) for one in shown.context["differences"]] == [("5", "3"), ("no", "yes")]
    change = Change.objects.get()
    assert answer.status_code == 302
    assert change.parameters["workflow_options"] == {"MinimumEvaluators": 3, "RoundRobin": True}
    assert change.expected_values == {"MinimumEvaluators": 5, "RoundRobin": False}
    assert (change.retry_policy, "survey_id" in change.parameters) == ("state", False)


def test_another_survey_is_confirmed_by_itself(org, review):
    editor, wanted = browser(org, Role.EDITOR), form(survey_id="SV_New")

    shown = page(editor, review, "edit", **wanted)
    unticked = page(editor, review, "edit", **confirmed(shown, **wanted))
    assert not Change.objects.exists()
    page(editor, review, "edit", **confirmed(shown, **wanted, swap="on"))

    assert "Confirm that the survey is replaced." in text(unticked)
    assert "The survey that the assessment has now is deleted." in text(shown)
    change = Change.objects.get()
    assert (change.parameters["survey_id"], change.retry_policy) == ("SV_New", "destructive")
    assert change.expected_values == {"survey": "Old form"}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, "Nothing was changed."),
        ({"MinimumEvaluators": "20"}, "The maximum must not be lower than the minimum."),
        ({"survey_id": "SV_elsewhere"}, "is not one of the available choices"),
    ],
)
def test_refused_beside_the_field(org, review, changed, words):
    answer = page(browser(org, Role.EDITOR), review, "edit", **form(**changed))

    assert (answer.status_code, words in text(answer)) == (422, True)


def test_an_active_assessment_keeps_its_survey(org, review):
    Assessment.objects.filter(pk=review.pk).update(status="Active")
    editor, wanted = browser(org, Role.EDITOR), form(survey_id="SV_New", MinimumEvaluators="4")

    shown = page(editor, review, "edit", **wanted)
    page(editor, review, "edit", **confirmed(shown, **wanted))

    assert "The assessment is active" in text(shown)
    assert "survey_id" not in Change.objects.get().parameters


def test_a_closed_assessment_and_an_old_version_change_nothing(org, review):
    editor = browser(org, Role.EDITOR)
    Credential.objects.create(org=org, host="http://127.0.0.1:1", api_user="hr", version="2.3")
    assert "cannot change assessments" in text(page(editor, review, "edit"))
    Assessment.objects.filter(pk=review.pk).update(status="Closed")
    assert "Closed assessments cannot be changed." in text(page(editor, review, "edit"))


def test_what_changed_meanwhile_is_compared_once_more(org, review):
    editor, wanted = browser(org, Role.EDITOR), form(MinimumEvaluators="3")
    shown = page(editor, review, "edit", **wanted)
    Assessment.objects.filter(pk=review.pk).update(workflow_options={**OPTIONS, "MinimumEvaluators": 7})

    answer = page(editor, review, "edit", **confirmed(shown, **wanted))

    assert "changed since you opened this page" in text(answer)
    assert not Change.objects.exists()


@pytest.mark.parametrize(
    ("verb", "role"), [("edit", Role.READER), ("copy", Role.READER), ("delete", Role.EDITOR), ("delete", Role.READER)]
)
def test_lower_roles_are_refused(org, review, verb, role):
    assert page(browser(org, role), review, verb).status_code == 403


def test_a_copy_takes_the_definition_and_nobody(org, review):
    subjects(review, people(org, 2))
    Assessment.objects.filter(pk=review.pk).update(
        relationships=[{"Name": "Customer", "Translations": {"de": "Kunde"}}]
    )
    MessageText.objects.create(
        org=org,
        assessment=review,
        vendor_id="MS_1",
        seen_at=timezone.now(),
        name="Warm words #ABCDEF",
        category="InviteEmails",
        texts={"EN": "Hello", "DE": ""},
    )
    editor = browser(org, Role.EDITOR)
    shown = page(editor, review, "copy")
    [intent] = re.findall(r'name="intent" value="([\w-]+)"', shown.content.decode())

    answer = page(editor, review, "copy", intent=intent, name="Next year", texts="on")
    again = page(editor, review, "copy", intent=intent, name="Next year", texts="on")

    made, written = Change.objects.order_by("number")
    assert (answer.status_code, again.status_code) == (302, 302)
    assert (made.request, written.request, written.depends_on_id) == (
        "createAssessment",
        "createLibraryMessage",
        made.pk,
    )
    assert (made.parameters["name"], made.parameters["survey_id"]) == ("Next year", "SV_Old")
    assert made.parameters["workflow_options"] == OPTIONS
    assert made.parameters["relationships"] == [{"Name": "Customer", "Translations": {"de": "Kunde"}}]
    assert written.parameters["library_id"] == made.parameters["assessment_id"]
    assert written.parameters["message"] == {"EN": "Hello"}


def test_deletion_says_what_is_lost_and_takes_the_typed_name(org, review):
    [subject] = subjects(review, people(org, 1))
    evaluations(subject, people(org, 3, start=5), "Peer")
    admin = browser(org, Role.ADMIN)

    shown = text(page(admin, review, "delete"))
    assert "0 fetched reports" not in shown
    wrong = page(admin, review, "delete", typed="yes")
    assert not Change.objects.exists()
    answer = page(admin, review, "delete", typed=" leadership  REVIEW ")

    assert "The answers of 3 finished evaluations" in shown
    assert "1 subject with evaluators" in shown
    assert (wrong.status_code, answer.status_code) == (422, 302)
    change = Change.objects.get()
    assert (change.request, change.expected_values) == (
        "deleteAssessment",
        {"status": "Draft", "evaluations_finished": 3},
    )
    assert AuditEntry.objects.filter(verb="assessment.deleted", target=review.vendor_id).count() == 1


def test_members_do_not_delete_what_they_are_subjects_of(org, review):
    admin = browser(org, Role.ADMIN)
    [own] = people(org, 1)
    type(own).objects.filter(pk=own.pk).update(email=Member.objects.get(org=org).user.email)
    subjects(review, [own])

    answer = page(admin, review, "delete", typed=review.name)

    assert (answer.status_code, Change.objects.count()) == (422, 0)
    assert "another member has to delete it" in text(answer)
    assert "finished evaluation" not in text(answer)


# -- against the engine


@pytest.fixture
def scene(connected):
    review = connected.engine.assessment("Leadership review")
    subject, rater = connected.engine.people(2)
    connected.engine.evaluation(connected.engine.subject(review, subject), rater, "Peer", "NotStarted")
    connected.sync()
    return review


@live
def test_options_arrive_and_are_mirrored(connected, scene):
    change = editing_commands.update_assessment(
        connected.assessment(), by=connected.admin, options={"MinimumEvaluators": 2}
    )

    connected.send()

    assert connected.settled(change).state == Change.State.DONE
    assert connected.assessment().workflow_options["MinimumEvaluators"] == 2
    assert EngineAssessment.objects.get(pk=scene.pk).options["MinimumEvaluators"] == 2


@live
def test_a_newer_option_goes_to_a_person(connected, scene):
    change = editing_commands.update_assessment(
        connected.assessment(), by=connected.admin, options={"MinimumEvaluators": 2}
    )
    there = EngineAssessment.objects.get(pk=scene.pk)
    EngineAssessment.objects.filter(pk=scene.pk).update(options={**there.options, "MinimumEvaluators": 9})
    connected.sync()

    connected.send()

    assert connected.settled(change).state == Change.State.PERSON
    assert [(row["now"], row["wanted"]) for row in change.conflict] == [(9, 2)]


@live
def test_a_copy_is_there_with_its_texts(connected, scene):
    mine = connected.assessment()
    MessageText.objects.create(
        org=connected.org,
        assessment=mine,
        vendor_id="MS_1",
        seen_at=timezone.now(),
        name="Warm words",
        category="InviteEmails",
        texts={"EN": "Hello"},
    )
    url = f"/o/{connected.org.slug}/assessments/{mine.pk}/copy/"
    client = signed_in(connected.admin.user)
    [intent] = re.findall(r'name="intent" value="([\w-]+)"', client.get(url).content.decode())
    client.post(url, {"intent": intent, "name": "Next year", "texts": "on"})

    connected.send()
    connected.send()

    assert not Change.objects.exclude(state=Change.State.DONE).exists()
    made = EngineAssessment.objects.get(name="Next year")
    assert (made.survey_id, made.status, made.participants.count()) == (scene.survey_id, "Draft", 0)
    assert EngineMessage.objects.filter(library_id=made.public_id).count() == 1


@live
def test_a_deleted_assessment_is_gone_at_once_and_newer_answers_stop_it(connected, scene):
    admin = connected.admin
    stopped = editing_commands.delete_assessment(connected.assessment(), by=admin)
    connected.engine.run(lambda: scene.evaluations.filter(relationship="Peer").update(status="Completed"))
    connected.sync()
    connected.send()
    assert connected.settled(stopped).state == Change.State.PERSON
    assert EngineAssessment.objects.filter(pk=scene.pk).exists()
    Change.objects.filter(pk=stopped.pk).update(state=Change.State.REFUSED)

    change = editing_commands.delete_assessment(connected.assessment(), by=admin)
    connected.send()

    assert connected.settled(change).state == Change.State.DONE
    assert not EngineAssessment.objects.filter(pk=scene.pk).exists()
    assert connected.assessment().gone_at is not None


@live
def test_a_copy_with_people_leads_on_to_their_evaluators(connected, scene):
    mine, client = connected.assessment(), signed_in(connected.admin.user)
    subjects = Subject.objects.filter(assessment=mine, gone_at=None).count()
    url = f"/o/{connected.org.slug}/assessments/{mine.pk}/copy/"
    [intent] = re.findall(r'name="intent" value="([\w-]+)"', client.get(url).content.decode())

    waiting = client.post(url, {"intent": intent, "name": "Next year", "people": "on"}, follow=True)
    connected.send()
    filling = client.get(waiting.redirect_chain[-1][0])
    connected.send()
    while run_next():
        pass
    arrived = client.get(waiting.redirect_chain[-1][0], follow=True)

    assert subjects > 0
    assert "This takes a moment" in filling.content.decode()
    copied = Assessment.objects.get(name="Next year")
    assert Subject.objects.filter(assessment=copied, gone_at=None).count() == subjects
    place = f"/o/{connected.org.slug}/assessments/{copied.pk}/evaluators/earlier/"
    assert arrived.redirect_chain[-1][0] == f"{place}?earlier={mine.pk}"
    assert f'<option value="{mine.pk}" selected>' in arrived.content.decode()
    planned = client.post(place, {"earlier": mine.pk}, follow=True)
    assert planned.redirect_chain[-1][0].startswith(f"/o/{connected.org.slug}/plans/")
