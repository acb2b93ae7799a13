"""Actions on one evaluation: relationship, reopen, reset, remove; and the reason of a decline."""

from typing import Any

import pytest
from django.utils import timezone

from assessments.editions import mirror_editions
from assessments.evaluation_commands import remove_evaluator, reopen_evaluation
from assessments.handlers import CHANGE_HANDLERS
from assessments.models import DeclineReason, Evaluation, Subject
from qxportal.accounts.models import AuditEntry, Credential, Member
from qxportal.accounts.roles import Role
from qxportal.engine.models import Answer
from qxportal.engine.models import Evaluation as EngineEvaluation
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.conflicts import find_conflict
from qxportal.threesixty.records.editions import EditionRecord
from tests.support.built_once import built_once
from tests.support.mirrored_rows import assessment, browser, evaluations, organisation, people, subjects, text

VERBS = ("relationship", "reopen", "reset", "remove")
pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])


@pytest.fixture
def org():
    org = organisation()
    Credential.objects.create(org=org, host="http://127.0.0.1:1", api_user="hr", version="2.5")
    return org


@pytest.fixture
def subject(org):
    review = assessment(org, relationships=[{"Name": "Customer", "Translations": {}}])
    subjects(review, people(org, 1))
    found = Subject.objects.select_related("assessment__org", "org", "person").get()
    mirror_editions(review, [EditionRecord(subject_id=found.vendor_id, minimum=3)], as_of=timezone.now())
    return found


def one(subject: Subject, status: str = "Completed", relationship: str = "Peer", number: int = 20) -> Evaluation:
    evaluations(subject, people(subject.org, 1, start=number), relationship, status)
    return Evaluation.objects.select_related("assessment", "subject__assessment", "org").latest("pk")


def url(evaluation: Evaluation, verb: str) -> str:
    place = f"/o/{evaluation.org.slug}/assessments/{evaluation.assessment_id}/subjects/{evaluation.subject_id}/"
    return f"{place}evaluators/{evaluation.pk}/{verb}/"


def subject_page(client: Any, subject: Subject) -> str:
    answer = client.get(f"/o/{subject.org.slug}/assessments/{subject.assessment_id}/subjects/{subject.pk}/")
    assert answer.status_code == 200
    return str(answer.content.decode())


# -- what is recorded


def test_a_relationship_is_changed_once_another_was_chosen(org, subject):
    evaluation, editor = one(subject), browser(org, Role.EDITOR)

    same = editor.post(url(evaluation, "relationship"), {"relationship": "Peer"})
    foreign = editor.post(url(evaluation, "relationship"), {"relationship": "Self"})
    assert not Change.objects.exists()
    answer = editor.post(url(evaluation, "relationship"), {"relationship": "Customer"})

    change = Change.objects.get()
    assert (same.status_code, foreign.status_code, answer.status_code) == (422, 422, 302)
    assert "has this relationship already" in text(same)
    assert (change.request, change.parameters["relationship"]) == ("qxChangeRelationship", "Customer")
    assert change.parameters["idempotency_key"] == change.pk.hex
    assert change.expected_values == {"relationship": "Peer"}
    assert change.writes == [f"assessment/{subject.assessment.vendor_id}/member/{subject.vendor_id}"]


@pytest.mark.parametrize("status", ["Completed", "Declined"])
def test_an_evaluation_is_reopened(org, subject, status):
    evaluation, editor = one(subject, status), browser(org, Role.EDITOR)

    shown = editor.get(url(evaluation, "reopen"))
    answer = editor.post(url(evaluation, "reopen"))

    assert "Reopen evaluation" in text(shown)
    assert answer.status_code == 302
    assert Change.objects.get().request == "qxReopenEvaluation"


def test_a_reset_is_confirmed_by_the_typed_name_and_audited(org, subject):
    evaluation, editor = one(subject), browser(org, Role.EDITOR)
    name = evaluation.evaluator_name

    wrong = editor.post(url(evaluation, "reset"), {"typed": "yes"})
    assert not Change.objects.exists()
    answer = editor.post(url(evaluation, "reset"), {"typed": f" {name.upper()} "})

    change = Change.objects.get()
    assert (wrong.status_code, answer.status_code) == (422, 302)
    assert f"Type “{name}” to confirm." in text(wrong)
    assert (change.request, change.retry_policy) == ("qxResetEvaluation", "destructive")
    entry = AuditEntry.objects.get(verb="evaluation.reset")
    assert str(entry.words) == f"Reset the evaluation of {subject} by {name}"


def test_answers_are_removed_only_once_ticked_and_typed(org, subject):
    evaluation, editor = one(subject), browser(org, Role.EDITOR)

    unticked = editor.post(url(evaluation, "remove"), {"typed": evaluation.evaluator_name})
    untyped = editor.post(url(evaluation, "remove"), {"remove_answers": "on"})
    assert not Change.objects.exists()
    both = {"remove_answers": "on", "typed": evaluation.evaluator_name}
    answer = editor.post(url(evaluation, "remove"), both)

    assert (unticked.status_code, untyped.status_code, answer.status_code) == (422, 422, 302)
    assert "Confirm that the answers are removed, too." in text(unticked)
    assert Change.objects.get().parameters["remove_answers"] is True


def test_an_evaluator_without_answers_is_removed_at_once(org, subject):
    evaluation, editor = one(subject, "NotStarted"), browser(org, Role.EDITOR)

    assert 'name="typed"' not in editor.get(url(evaluation, "remove")).content.decode()
    assert editor.post(url(evaluation, "remove")).status_code == 302
    assert Change.objects.get().parameters["remove_answers"] is False


def test_the_same_wish_from_two_tabs_is_one_change(org, subject):
    evaluation = one(subject, "NotStarted")
    browser(org, Role.EDITOR)
    member = Member.objects.get()

    first = remove_evaluator(evaluation, by=member, remove_answers=False)
    second = remove_evaluator(evaluation, by=member, remove_answers=False)

    assert first.pk == second.pk
    assert AuditEntry.objects.filter(verb="evaluator.removed").exists()


def test_a_change_of_the_state_meanwhile_is_a_conflict(org, subject):
    evaluation, editor = one(subject), browser(org, Role.EDITOR)
    editor.post(url(evaluation, "reset"), {"typed": evaluation.evaluator_name})
    change, handler = Change.objects.get(), CHANGE_HANDLERS["qxResetEvaluation"]
    assert find_conflict(change, handler, handler.mirrored_values(change)) == []

    Evaluation.objects.filter(pk=evaluation.pk).update(status="InProgress")

    assert [row["field"] for row in find_conflict(change, handler, handler.mirrored_values(change))] == [
        "evaluation_state"
    ]


@pytest.mark.parametrize("over", ["subject", "assessment"])
def test_nothing_is_reopened_or_reset_where_no_answer_is_taken(org, subject, over):
    evaluation, editor = one(subject), browser(org, Role.EDITOR)
    if over == "subject":
        Subject.objects.update(status="Done")
    else:
        subject.assessment.status = "Closed"
        subject.assessment.save()

    for verb in ("reopen", "reset"):
        answer = editor.post(url(evaluation, verb), {"typed": evaluation.evaluator_name})
        assert answer.status_code == 422
        assert "Reopen the" in text(answer)
    assert not Change.objects.exists()


# -- who may, and where


@pytest.mark.parametrize("verb", VERBS)
def test_readers_and_other_organisations_change_nothing(org, subject, verb):
    evaluation = one(subject)
    rival = browser(organisation("rival", "Rival"), Role.OWNER)
    fields = {"relationship": "Customer", "typed": evaluation.evaluator_name, "remove_answers": "on"}

    assert browser(org, Role.AUDITOR).post(url(evaluation, verb), fields).status_code == 403
    assert rival.post(url(evaluation, verb), fields).status_code == 404
    assert not Change.objects.exists()


def test_a_removed_subject_is_left_alone(org, subject):
    evaluation = one(subject)
    browser(org, Role.EDITOR)
    Subject.objects.update(gone_at=timezone.now())
    evaluation.refresh_from_db()

    with pytest.raises(ActionRefused, match="no longer a subject"):
        reopen_evaluation(evaluation, by=Member.objects.get())


def test_actions_and_reasons_are_for_who_may_act(org, subject):
    evaluation = one(subject, "Declined")
    DeclineReason.objects.create(
        org=org, assessment=subject.assessment, evaluation=evaluation, seen_at=timezone.now(), words="Never met."
    )

    editor, auditor = browser(org, Role.EDITOR), browser(org, Role.AUDITOR)
    for_editor, for_auditor = subject_page(editor, subject), subject_page(auditor, subject)

    assert "Reason: “Never met.”" in for_editor
    assert [verb for verb in VERBS if url(evaluation, verb) in for_editor] == list(VERBS)
    assert "Never met." not in for_auditor
    assert not any(url(evaluation, verb) in for_auditor for verb in VERBS)


def test_other_servers_offer_no_actions(org, subject):
    evaluation, editor = one(subject), browser(org, Role.EDITOR)
    heard = {"name": "qxGetEvaluators", "outcome": "unknown", "words": "", "at": timezone.now().isoformat()}
    Credential.objects.update(heard={"qxGetEvaluators": heard})

    assert url(evaluation, "remove") not in subject_page(editor, subject)
    shown = text(editor.get(url(evaluation, "remove")))
    assert "cannot change single evaluations" in shown
    assert "Remove evaluator" not in shown


# -- against the engine


@pytest.fixture
@built_once
def round(connected):
    engine = connected.engine
    people = engine.people(6)
    review = engine.assessment("Leadership review", options={"DeclineEvaluations": True}, relationships=("Customer",))
    rated = engine.subject(review, people[0])
    engine.evaluation(rated, people[1], "Peer", "Completed")
    engine.evaluation(rated, people[2], "Peer", "Declined", declined_because="I have never met this person.")
    connected.sync()
    return people


def the(person: Any) -> Evaluation:
    rows = Evaluation.objects.select_related("assessment", "subject__assessment", "org")
    return rows.get(evaluator_key=person.public_id, gone_at=None)


def test_a_sync_reads_reasons_only_where_somebody_declined(connected, round):
    assert len(connected.engine.calls("qxGetEvaluators")) == 1
    assert list(DeclineReason.objects.values_list("words", flat=True)) == ["I have never met this person."]

    connected.engine.run(EngineEvaluation.objects.filter(status="Declined").update, status="NotStarted")
    connected.sync()

    assert len(connected.engine.calls("qxGetEvaluators")) == 1
    assert not DeclineReason.objects.exists()


def test_a_server_without_reasons_is_read_all_the_same(connected, round):
    Credential.objects.update(names={"qxGetEvaluators": "noSuchRequest"})

    job = connected.sync()

    assert (job.state, job.failed) == ("done", 0)
    assert not DeclineReason.objects.exists()
    assert Evaluation.objects.filter(gone_at=None, status="Declined").exists()


def test_a_reopened_and_a_removed_evaluation_are_sent_and_mirrored(connected, round):
    declined, finished = the(round[2]), the(round[1])
    reopened = reopen_evaluation(declined, by=connected.admin)
    removed = remove_evaluator(finished, by=connected.admin, remove_answers=True)

    for _ in range(3):
        connected.send()

    assert [connected.settled(change).state for change in (reopened, removed)] == ["done", "done"]
    assert connected.engine.run(lambda: Answer.objects.filter(evaluation__evaluator=round[1]).exists()) is False
    assert Evaluation.objects.get(pk=finished.pk).gone_at is not None
    connected.sync()
    assert the(round[2]).status == "NotStarted"
    assert not DeclineReason.objects.exists()


def test_a_refusal_of_the_server_is_told(connected, round):
    finished = the(round[1])
    connected.engine.run(EngineEvaluation.objects.filter(evaluator=round[1]).update, imported=True)

    change = reopen_evaluation(finished, by=connected.admin)
    connected.send()

    assert connected.settled(change).state == "refused"
    assert "imported" in str(change.status_message)
