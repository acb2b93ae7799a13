"""Who counts in an edition: removed, erased and returning raters, managers, shared mailboxes."""

import json

import pytest

from qxportal.engine.editions.erasing import erase
from qxportal.engine.models import Answer, AnswerClass, Evaluation, Participant, Person, Question
from tests.qxportal.engine.editions.conftest import Round, cell


def test_a_removed_rater_stays_in_what_was_shown_and_leaves_what_was_not(at: Round):
    forms = [at.answers(number) for number in range(3)]
    first = at.fetch_done()
    late = at.answers(3)
    for form in (forms[0], late):
        at.call.result(
            "removePerson", PersonID=form.evaluator.public_id, ThreeSixtyID=at.review.public_id, RemoveEvaluations=1
        )
    at.status("Done")

    assert at.fetch() == first
    assert not at.engine.run(Answer.objects.filter(evaluation__evaluator=forms[0].evaluator).exists)
    assert (at.line("Peer")["Answered"], at.line("Peer")["Waiting"]) == (2, 0)


def test_a_person_deleted_and_created_again_has_no_second_voice(at: Round):
    forms = [at.answers(number) for number in range(3)]
    first = at.fetch_done()
    for form in forms:  # with their forms or without
        at.call.result(
            "removePerson", PersonID=form.evaluator.public_id, OrgStructureID=at.mara.org_structure.public_id
        )
    gone = forms[0]
    at.engine.run(Evaluation.objects.filter(pk=gone.pk).delete)
    for number, form in enumerate(forms):
        again = at.engine.person("Again", f"Number {number}", email=form.evaluator.email.upper())
        at.answers(4, person=again)
    at.status("Done")

    assert at.fetch() == first
    assert at.line("Peer")["Waiting"] == 0


def test_before_the_first_edition_the_later_form_of_a_person_counts(at: Round):
    forms = [at.answers(number) for number in range(3)]
    at.engine.run(Person.objects.filter(pk=forms[0].evaluator_id).update, removed_at=forms[0].finished_at)
    at.answers(4, person=at.engine.person("Again", "There", email=forms[0].evaluator.email))

    assert cell(at.fetch_done()) == (3.3, 3)  # 2, 3 and 5


def test_two_who_share_a_mailbox_are_two(at: Round):
    for number in range(2):
        at.answers(number)
    box = "line3@marlstone.example"
    for number, name in ((2, "Early"), (3, "Late")):
        at.answers(number, person=at.engine.person(name, "Shift", email=box, user_name=f"{name}@marlstone.example"))

    assert cell(at.fetch_done()) == (2.5, 4)


def test_the_directorys_manager_alone_is_shown_by_himself(at: Round):
    at.engine.run(Person.objects.filter(pk=at.mara.pk).update, manager=at.others[0])
    at.answers(4, "Manager", person=at.others[0])

    assert at.facts()["Manager"] == {"State": "directory", "PersonID": at.others[0].public_id}
    assert cell(at.fetch_done(), "manager") == (5.0, 1)


@pytest.mark.parametrize("named", [True, False])
def test_two_managers_are_a_group_with_the_minimum(at: Round, named: bool):
    if named:
        at.engine.run(Person.objects.filter(pk=at.mara.pk).update, manager=at.others[0])
    at.answers(0, "Manager")
    at.answers(1, "Manager")

    report = at.fetch_done()
    assert at.facts()["Manager"]["State"] == "several"
    assert report["Groups"] == []
    assert "Rater" not in json.dumps(report)

    at.engine.run(Participant.objects.filter(pk=at.subject.pk).update, status="Waiting")
    at.answers(2, "Manager")
    assert cell(at.fetch_done(), "group:Manager") == (2.0, 3)


def test_a_manager_who_answered_in_a_group_never_leaves_it(at: Round):
    for number in range(2):
        at.answers(number, "Manager")
    at.engine.run(Evaluation.objects.filter(relationship="Manager").update, only_manager=False)
    second = at.others[1].public_id
    at.call.result("removePerson", PersonID=second, ThreeSixtyID=at.review.public_id, RemoveEvaluations=1)
    at.engine.run(Person.objects.filter(pk=at.mara.pk).update, manager=at.others[0])

    assert at.fetch_done()["Groups"] == []


def test_an_editor_confirms_the_only_manager_once(at: Round):
    at.answers(4, "Manager", person=at.others[0])
    confirm = {**at.about, "PersonID": at.others[0].public_id}

    assert at.facts()["Manager"]["State"] == "unconfirmed"
    assert at.call.refused("qxConfirmManager", **at.about, PersonID=at.others[1].public_id) == (400, "ESRV35|PersonID")
    at.call.result("qxConfirmManager", **confirm)
    at.call.result("qxConfirmManager", **confirm)

    assert cell(at.fetch_done(), "manager") == (5.0, 1)
    at.answers(1, "Manager")
    assert at.call.refused("qxConfirmManager", **confirm) == (400, "ETS3")


def test_after_the_first_edition_nobody_is_confirmed(at: Round):
    at.answers(4, "Manager", person=at.others[0])
    at.fetch_done()

    assert at.call.refused("qxConfirmManager", **at.about, PersonID=at.others[0].public_id) == (400, "ETS3")


def test_forms_without_a_rating_are_no_raters(at: Round):
    empty = at.answers(0)
    at.engine.run(Answer.objects.filter(evaluation=empty, text="").update, value=None)
    for number in (1, 2):
        at.answers(number)
    for number in (3, 4, 5):
        at.answers(number, "DirectReport")

    assert at.facts()["MergeForGood"] == ["DirectReport", "Peer"]
    report = at.fetch_done()
    assert [(group["Label"], group["Count"]) for group in report["Groups"]] == [("All others", 5)]


@pytest.mark.django_db(transaction=True, databases=["default", "engine"])
def test_what_is_taken_out_leaves_with_its_class_and_never_returns(at: Round):
    for number in range(6):
        at.answers(number)
    at.fetch_done()
    late = at.answers(6)

    done = at.call.result("qxTakeOutAnswers", **at.about, PersonID=at.others[0].public_id)
    questions = at.review.survey.questions.count()
    assert done == {"Classes": questions, "Answers": 6 * questions}
    dropped = at.call.result("qxTakeOutAnswers", **at.about, PersonID=late.evaluator.public_id)
    assert dropped == {"Classes": 0, "Answers": questions}
    at.status("Done")
    report = at.fetch()

    assert report["Groups"] == []
    assert "Rater" not in json.dumps(report)
    assert at.facts()["Edition"] == 2
    assert not at.engine.run(lambda: [row for row in AnswerClass.objects.all() if row.values])


def test_an_erased_rater_leaves_no_tie_and_his_texts_leave_with_their_class(at: Round):
    forms = [at.answers(number) for number in range(3)]
    at.fetch_done()
    gone = forms[0].evaluator
    names = gone.email, gone.last_name

    done = at.engine.run(erase, gone)
    report = at.fetch()

    assert (done.forms, done.classes) == (1, 2)
    assert cell(report) == (2.0, 3)
    assert "Rater" not in json.dumps(report)
    person = at.engine.refreshed(gone)
    assert names[0] not in (person.email, person.user_name)
    assert names[1] != person.last_name
    assert not at.engine.run(Evaluation.objects.filter(evaluator=gone).exists)


def test_texts_of_an_erased_rater_leave_a_drill_down_that_was_an_open_question(at: Round):
    forms = [at.answers(number) for number in range(3)]
    at.fetch_done()
    at.engine.run(Question.objects.filter(kind=Question.Kind.TEXT).update, kind=Question.Kind.CHOICE)
    before = at.fetch()

    at.engine.run(erase, forms[0].evaluator)

    kept = at.engine.run(lambda: json.dumps([one.values for one in AnswerClass.objects.all()]))
    assert "says so" not in kept
    assert at.fetch()["Competencies"] == before["Competencies"]
