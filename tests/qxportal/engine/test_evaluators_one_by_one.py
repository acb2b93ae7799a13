"""Requests about one evaluation: add, change, remove, reopen, reset, and why someone declined."""

from typing import Any

import pytest

from qxportal.engine.models import Answer, Assessment, Evaluation, Participant, Person
from tests.qxportal.engine.conftest import Caller
from tests.support.built_once import built_once
from tests.support.engine_fixture import Engine

WRONG_STATE = (400, "ETS3")


class Round:
    """One subject with raters, and calls about one of them."""

    def __init__(self, engine: Engine, call: Caller) -> None:
        self.engine, self.call = engine, call
        self.review = engine.assessment("Leaders", relationships=("Customer",))
        self.mara, *self.others = engine.people(8)
        self.subject = engine.subject(self.review, self.mara)
        self.about = {"ThreeSixtyID": self.review.public_id, "SubjectID": self.mara.public_id}

    def form(self, number: int, relationship: str = "Peer", status: str = "Completed", **fields: Any) -> Evaluation:
        return self.engine.evaluation(self.subject, self.others[number], relationship, status, **fields)

    def pair(self, person: Person | int) -> dict[str, str]:
        person = self.others[person] if isinstance(person, int) else person
        return {**self.about, "PersonID": person.public_id}

    def told(self, **more: Any) -> dict[str, dict[str, Any]]:
        rows = self.call.result("qxGetEvaluators", **self.about, **more)["Evaluators"]
        return {row["PersonID"]: row for row in rows}

    def status(self, word: str) -> None:
        self.call.result("setSubjectStatus", **self.about, Status=word, CloseSessions=0)

    def show_report(self) -> None:
        """Make the first edition with what is finished, and open the round again."""
        self.status("Done")
        self.call.result("getSubjectReport", ThreeSixtyID=self.review.public_id, PersonID=self.mara.public_id)
        self.status("Waiting")

    def now(self, form: Evaluation) -> Evaluation:
        found: Evaluation = self.engine.refreshed(form)
        return found

    def answers(self, form: Evaluation) -> int:
        return self.engine.run(Answer.objects.filter(evaluation=form).count)


@pytest.fixture
@built_once
def round(engine: Engine, call: Caller) -> Round:
    return Round(engine, call)


# -- reading


def test_decline_reasons_are_told_to_who_runs_the_assessment(round: Round):
    round.form(0, status="Declined", declined_because="I have never worked with Mara.")
    round.form(1, status="Completed", declined_because="of an earlier time")

    told = round.told()

    declined, completed = told[round.others[0].public_id], told[round.others[1].public_id]
    assert (declined["State"], declined["DeclinedBecause"]) == ("Declined", "I have never worked with Mara.")
    assert (completed["State"], completed["DeclinedBecause"], completed["Relationship"]) == ("Completed", "", "Peer")
    assert told[round.mara.public_id]["Relationship"] == "Self"


def test_reasons_are_not_for_who_only_belongs_to_the_brand(engine: Engine, call: Caller, round: Round):
    colleague = engine.make_api_user("omar.haddad", brand_admin=False)
    engine.run(Assessment.objects.filter(pk=round.review.pk).update, owner=None, public=True)
    round.form(0, status="Declined", declined_because="private words")

    refused = call("qxGetEvaluators", user=colleague, **round.about)

    assert refused.status_code == 403
    assert "private words" not in refused.text
    for request in ("qxRemoveEvaluator", "qxReopenEvaluation", "qxResetEvaluation"):
        more = {"RemoveAnswers": "1"} if request == "qxRemoveEvaluator" else {}
        assert call.refused(request, user=colleague, **round.pair(0), **more) == (403, "ESRV3")
    assert call.result("qxAddEvaluator", user=colleague, **round.pair(3), Relationship="Peer") == {"Success": True}


def test_another_brand_is_told_that_there_is_no_such_assessment(engine: Engine, call: Caller, round: Round):
    rival = engine.make_api_user("una.rival", brand=engine.make_brand("rival", "Rival"))
    round.form(0)

    for request in ("qxGetEvaluators", "qxReopenEvaluation", "qxResetEvaluation"):
        assert call.refused(request, user=rival, **round.pair(0)) == (400, "ESRV35|ThreeSixtyID")


def test_a_subject_in_charge_decides_nothing_about_the_own_raters(engine: Engine, call: Caller, round: Round):
    form = round.form(0)
    engine.run(Person.objects.filter(pk=round.mara.pk).update, user=engine.api_user.row)

    for request, more in (
        ("qxAddEvaluator", {"Relationship": "Peer"}),
        ("qxChangeRelationship", {"Relationship": "Customer"}),
        ("qxRemoveEvaluator", {"RemoveAnswers": "1"}),
        ("qxReopenEvaluation", {}),
        ("qxResetEvaluation", {}),
    ):
        assert call.refused(request, **round.pair(0), **more) == (403, "ESRV3")
    assert round.now(form).status == "Completed"
    everybody = call.result("qxGetEvaluators", ThreeSixtyID=round.review.public_id)["Evaluators"]
    assert [row["Relationship"] for row in everybody] == ["Self"]


# -- adding


def test_an_added_evaluator_can_answer_and_adding_twice_is_once(round: Round):
    for _ in range(2):
        round.call.result("qxAddEvaluator", **round.pair(0), Relationship="direct report")

    added = round.engine.run(lambda: list(Evaluation.objects.filter(evaluator=round.others[0])))
    taking_part = round.engine.run(lambda: list(Participant.objects.filter(person=round.others[0])))
    assert [(one.relationship, one.status) for one in added] == [("DirectReport", "NotStarted")]
    assert [one.is_subject for one in taking_part] == [False]
    assert round.call.refused("qxAddEvaluator", **round.pair(0), Relationship="Peer") == WRONG_STATE


def test_nobody_is_added_as_self_or_where_no_answer_is_taken(round: Round):
    for given, code in (
        ({**round.pair(0), "Relationship": "Self"}, "ESRV35|Relationship"),
        ({**round.pair(round.mara), "Relationship": "Peer"}, "ESRV35|Relationship"),
        ({**round.pair(0), "Relationship": "Neighbour"}, "ESRV35|Relationship"),
        ({**round.about, "PersonID": "P_none", "Relationship": "Peer"}, "ESRV35|PersonID"),
    ):
        assert round.call.refused("qxAddEvaluator", **given) == (400, code)
    round.status("Done")
    assert round.call.refused("qxAddEvaluator", **round.pair(0), Relationship="Peer") == WRONG_STATE
    round.status("Waiting")
    round.call.result(
        "closeAssessment", ThreeSixtyID=round.review.public_id, CloseSessions=0, DeleteMailings=0, ReadyReports=0
    )
    assert round.call.refused("qxAddEvaluator", **round.pair(0), Relationship="Peer") == WRONG_STATE


# -- relationships


def test_a_relationship_changes_while_no_answer_was_shown(round: Round):
    form = round.form(0)

    round.call.result("qxChangeRelationship", **round.pair(0), Relationship="Customer")

    assert round.now(form).relationship == "Customer"
    assert round.answers(form) > 0


def test_a_relationship_stays_once_the_report_has_shown_answers(round: Round):
    forms = [round.form(number) for number in range(3)]
    round.show_report()

    refused = round.call("qxChangeRelationship", **round.pair(0), Relationship="Customer")

    assert refused.status_code == 400
    assert "decided for good" in refused.text
    assert round.now(forms[0]).relationship == "Peer"


def test_who_answered_within_a_group_does_not_become_the_manager(round: Round):
    form, unbegun = round.form(0), round.form(1, status="NotStarted")

    assert round.call.refused("qxChangeRelationship", **round.pair(0), Relationship="Manager") == WRONG_STATE
    round.call.result("qxChangeRelationship", **round.pair(1), Relationship="Manager")

    assert (round.now(form).relationship, round.now(unbegun).relationship) == ("Peer", "Manager")


def test_self_is_no_relationship_of_others(round: Round):
    round.form(0)

    assert round.call.refused("qxChangeRelationship", **round.pair(0), Relationship="Self")[0] == 400
    assert round.call.refused("qxChangeRelationship", **round.pair(round.mara), Relationship="Peer")[0] == 400


# -- removing


def test_answers_are_removed_only_where_that_is_said(round: Round):
    form = round.form(0)

    assert round.call.refused("qxRemoveEvaluator", **round.pair(0), RemoveAnswers=0) == WRONG_STATE
    assert round.call.refused("qxRemoveEvaluator", **round.pair(0)) == (400, "ESRV35|RemoveAnswers")
    assert round.answers(form) > 0
    round.call.result("qxRemoveEvaluator", **round.pair(0), RemoveAnswers=1)

    assert round.others[0].public_id not in round.told()
    assert round.call.refused("qxRemoveEvaluator", **round.pair(0), RemoveAnswers=1) == (400, "ESRV35|PersonID")


def test_shown_answers_are_removed_only_after_they_left_the_report(round: Round):
    for number in range(4):
        round.form(number)
    round.show_report()

    refused = round.call("qxRemoveEvaluator", **round.pair(0), RemoveAnswers=1)
    assert refused.status_code == 400
    assert "qxTakeOutAnswers" in refused.text
    assert round.told()[round.others[0].public_id]["State"] == "Completed"

    round.call.result("qxTakeOutAnswers", **round.pair(0))
    round.call.result("qxRemoveEvaluator", **round.pair(0), RemoveAnswers=1)
    assert round.others[0].public_id not in round.told()


# -- reopening and resetting


@pytest.mark.parametrize(("status", "then"), [("Completed", "InProgress"), ("Declined", "NotStarted")])
def test_a_reopened_evaluation_keeps_its_answers(round: Round, status: str, then: str):
    form = round.form(0, status=status, declined_because="no time")
    before = round.answers(form)

    for _ in range(2):
        round.call.result("qxReopenEvaluation", **round.pair(0))

    found = round.now(form)
    assert (found.status, found.finished_at, found.declined_because) == (then, None, "")
    assert round.answers(form) == before


def test_shown_answers_stay_shown_when_their_evaluation_is_reopened(round: Round):
    forms = [round.form(number) for number in range(3)]
    round.show_report()
    shown = round.engine.run(Answer.objects.filter(shown_in__isnull=False).count)

    round.call.result("qxReopenEvaluation", **round.pair(0))

    assert round.now(forms[0]).status == "InProgress"
    assert round.engine.run(Answer.objects.filter(shown_in__isnull=False).count) == shown > 0


def test_a_reset_evaluation_begins_anew_and_counts_no_longer(round: Round):
    form = round.form(0, partial=True)

    round.call.result("qxResetEvaluation", **round.pair(0))

    found = round.now(form)
    assert (found.status, found.started_at, found.finished_at, found.partial) == ("NotStarted", None, None, False)
    assert (found.subject_metadata, found.evaluator_metadata, found.only_manager) == (None, None, None)
    assert round.answers(form) == 0


def test_shown_answers_are_never_reset(round: Round):
    forms = [round.form(number) for number in range(4)]
    round.show_report()

    for _ in range(2):
        refused = round.call("qxResetEvaluation", **round.pair(0))
        assert refused.status_code == 400
        assert round.answers(forms[0]) > 0
        round.call.result("qxTakeOutAnswers", **round.pair(0))  # then new answers would not be shown either
    assert "would not be shown" in refused.text


def test_nothing_is_reopened_or_reset_once_the_round_is_over(round: Round):
    form = round.form(0)
    round.status("Done")
    for request in ("qxReopenEvaluation", "qxResetEvaluation"):
        assert round.call.refused(request, **round.pair(0)) == WRONG_STATE
    round.status("Waiting")
    round.engine.run(Assessment.objects.filter(pk=round.review.pk).update, status="Closed")
    for request in ("qxReopenEvaluation", "qxResetEvaluation"):
        assert round.call.refused(request, **round.pair(0)) == WRONG_STATE
    assert round.now(form).status == "Completed"


def test_imported_answers_are_reset_but_not_reopened(round: Round):
    form = round.form(0, imported=True)

    assert round.call.refused("qxReopenEvaluation", **round.pair(0)) == WRONG_STATE
    round.call.result("qxResetEvaluation", **round.pair(0))

    assert (round.now(form).imported, round.answers(form)) == (False, 0)
