"""What a report shows after it was shown once: an edition, whoever asks and whatever happened since."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests
from django.db import transaction

from qxportal.engine.editions import fence
from qxportal.engine.editions.erasing import erase
from qxportal.engine.editions.start import begin
from qxportal.engine.models import (
    Answer,
    AnswerClass,
    Assessment,
    Edition,
    EditionFence,
    Evaluation,
    Participant,
    Person,
    Question,
    Series,
    Voice,
)
from tests.qxportal.engine.conftest import Caller
from tests.support.engine_fixture import Engine

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])


class Round:
    """One subject with raters, and calls about him."""

    def __init__(self, engine: Engine, call: Caller) -> None:
        self.engine, self.call = engine, call
        self.review = engine.assessment("Leaders", relationships=("Customer",))
        self.mara, *self.others = engine.people(14)
        self.subject = engine.subject(self.review, self.mara)
        self.which = {"ThreeSixtyID": self.review.public_id, "PersonID": self.mara.public_id}
        self.about = {"ThreeSixtyID": self.review.public_id, "SubjectID": self.mara.public_id}

    def answers(self, number: int, relationship: str = "Peer", *, person: Person | None = None, **fields: Any) -> Any:
        """The n-th rater gives a form in which every statement has this many points."""
        rater = person or self.others[number]
        form = self.engine.evaluation(self.subject, rater, relationship, "Completed", **fields)
        ratings = Answer.objects.filter(evaluation=form, question__kind=Question.Kind.RATING)
        self.engine.run(ratings.update, value=1 + number % 5)
        texts = Answer.objects.filter(evaluation=form, question__kind=Question.Kind.TEXT)
        self.engine.run(texts.update, text=f"Rater {number} says so.")
        return form

    def status(self, word: str) -> None:
        self.call.result("setSubjectStatus", **self.about, Status=word, CloseSessions=0)

    def fetch(self) -> dict[str, Any]:
        return dict(self.call.result("getSubjectReport", **self.which)["Report"])

    def fetch_done(self) -> dict[str, Any]:
        self.status("Done")
        found = self.fetch()
        self.status("Waiting")
        return found

    def facts(self) -> dict[str, Any]:
        (found,) = self.call.result("qxGetEditions", **self.about)["Editions"]
        return dict(found)

    def line(self, name: str) -> dict[str, Any]:
        return next(line for line in self.facts()["Lines"] if line["Line"] == name)

    def count(self, model: Any) -> int:
        return int(self.engine.run(model.objects.count))


@pytest.fixture
def at(engine: Engine, call: Caller) -> Round:
    return Round(engine, call)


def cell(report: dict[str, Any], line: str = "group:Peer") -> tuple[float, int] | None:
    """Mean and number of the first statement in a line."""
    found = report["Competencies"][0]["Items"][0]["Results"].get(line)
    return (found["Mean"], found["Count"]) if found else None


def test_one_more_answer_changes_no_byte_of_a_report_that_was_given(at: Round):
    for number in range(3):
        at.answers(number)
    first = at.fetch_done()
    at.answers(3)
    at.status("Done")

    assert cell(first) == (2.0, 3)
    assert at.fetch() == first
    assert at.line("Peer") == {
        "Line": "Peer",
        "Label": "Peers",
        "Kind": "group",
        "Answered": 4,
        "Shown": 3,
        "Waiting": 1,
        "Hidden": False,
    }
    assert at.count(Edition) == 1


def test_those_who_wait_join_when_they_are_enough(at: Round):
    for number in range(3):
        at.answers(number)
    at.fetch_done()
    for number in (3, 4):
        at.answers(number)
    assert cell(at.fetch_done()) == (2.0, 3)
    at.answers(0, person=at.others[9])

    assert cell(at.fetch_done()) == (2.7, 6)  # 1, 2, 3 and 4, 5, 1
    facts = at.facts()
    assert (facts["Edition"], facts["Pending"], facts["Status"]) == (2, False, "Waiting")


def test_waiting_ones_of_several_lines_join_all_others(at: Round):
    for number in range(3):
        at.answers(number)
        at.answers(number, "DirectReport", person=at.others[number + 3])
    at.fetch_done()
    at.answers(4, person=at.others[7])
    at.answers(4, "DirectReport", person=at.others[8])
    at.answers(4, "Customer", person=at.others[9])

    report = at.fetch_done()

    assert (cell(report), cell(report, "group:DirectReport")) == ((2.0, 3), (2.0, 3))
    assert cell(report, "all_others") == (5.0, 3)
    assert [block.get("Group") for block in report["Comments"][0]["Blocks"]] == ["Peers", "Direct reports", None]


@pytest.mark.parametrize("viewer", ["Admin", "Subject"])
def test_nobody_gets_figures_before_the_round_is_over(at: Round, viewer: str):
    for number in range(5):
        at.answers(number)

    assert at.call.refused("getSubjectReport", **at.which) == (400, "ETS4")
    assert at.call.refused("getSubjectReportPDF", **at.which, Viewer=viewer) == (400, "ETS4")
    facts = at.facts()
    assert (facts["Edition"], facts["MadeAt"], facts["Pending"], facts["Open"]) == (0, None, True, 1)
    assert at.count(Edition) == 0


def test_while_the_subject_is_waiting_the_last_edition_is_given(at: Round):
    for number in range(3):
        at.answers(number)
    first = at.fetch_done()
    for number in range(3, 9):
        at.answers(number)

    assert at.fetch() == first
    assert at.facts()["Pending"] is True


def test_a_closed_assessment_with_its_reports_ready_gives_figures(at: Round):
    for number in range(3):
        at.answers(number)
    at.call.result("closeAssessment", ThreeSixtyID=at.review.public_id)

    assert cell(at.fetch()) == (2.0, 3)


def test_a_changed_answer_is_another_answer_and_is_not_shown(at: Round):
    forms = [at.answers(number) for number in range(3)]
    first = at.fetch_done()
    at.engine.run(Answer.objects.filter(evaluation=forms[0]).update, value=5)
    at.status("Done")

    assert at.fetch() == first


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


def test_a_hidden_line_is_shown_no_more(at: Round):
    for number in range(3):
        at.answers(number)
        at.answers(number, "DirectReport", person=at.others[number + 3])
    at.fetch_done()

    assert at.call.refused("qxHideReportLine", **at.about, Line="Friends") == (400, "ESRV35|Line")
    at.call.result("qxHideReportLine", **at.about, Line="Peer")
    report = at.fetch()

    assert [group["Key"] for group in report["Groups"]] == ["group:DirectReport"]
    assert [block["Group"] for block in report["Comments"][0]["Blocks"]] == ["Direct reports"]
    assert at.line("Peer")["Hidden"] is True


def test_responses_are_not_imported_into_a_round_that_is_over(at: Round):
    sheet = (
        "SubjectUniqueIdentifier,ParticipantUniqueIdentifier,Relationship,QID1\n"
        f"{at.mara.public_id},{at.others[0].public_id},Peer,4\n"
    )
    into = {"ThreeSixtyID": at.review.public_id, "FileContents": sheet}
    at.status("Done")
    done = at.call("importResponses", **into).json()["Meta"]["ErrorMessage"]
    at.status("Waiting")
    at.call.result("closeAssessment", ThreeSixtyID=at.review.public_id)
    closed = at.call("importResponses", **into).json()["Meta"]["ErrorMessage"]

    assert "Row 2" in done and "Done" in done
    assert "Row 2" in closed and "closed" in closed
    assert not at.engine.run(Evaluation.objects.filter(imported=True).exists)


def test_imported_answers_do_not_count_where_people_answered_themselves(at: Round):
    at.answers(0)
    for number in range(1, 4):
        at.answers(number, imported=True)

    assert cell(at.fetch_done()) == (3.0, 3)  # 2, 3, 4: the imported ones alone
    assert at.line("Peer")["Waiting"] == 1


def test_classes_outlive_the_assessment_and_its_id_is_never_used_again(at: Round):
    for number in range(3):
        at.answers(number)
    at.fetch_done()
    survey = at.engine.survey("Another form")
    for form in at.engine.run(lambda: list(Evaluation.objects.select_related("evaluator").all())):
        which = {"PersonID": form.evaluator.public_id, "ThreeSixtyID": at.review.public_id}
        at.call("removePerson", **which, RemoveEvaluations=1)
    changed = {"ThreeSixtyID": at.review.public_id, "SurveyID": survey.public_id}
    assert at.call.refused("updateAssessment", **changed) == (400, "ETS3")
    at.call.result("deleteAssessment", ThreeSixtyID=at.review.public_id)

    assert at.count(AnswerClass) and at.count(Edition) == 1
    again = {"ThreeSixtyID": at.review.public_id, "Name": "Again", "Type": "360", "OwnerID": at.engine.api_user.user_id}
    assert at.call.refused("createAssessment", **again) == (400, "ETS1")


def test_who_is_the_subject_learns_nothing_of_his_raters(at: Round):
    user = at.engine.api_user
    at.engine.run(Person.objects.filter(pk=at.mara.pk).update, user=user.row)
    at.answers(0)

    assert at.call.result("qxGetEditions", ThreeSixtyID=at.review.public_id)["Editions"] == []
    for request, more in (
        ("qxGetEditions", {}),
        ("qxHideReportLine", {"Line": "Peer"}),
        ("qxTakeOutAnswers", {"PersonID": at.others[0].public_id}),
        ("qxConfirmManager", {"PersonID": at.others[0].public_id}),
    ):
        assert at.call.refused(request, **at.about, **more) == (403, "ESRV3")


def test_what_editions_tell_names_no_answer_and_no_moment_of_one(at: Round):
    for number in range(4):
        at.answers(number)
    at.fetch_done()
    text = json.dumps(at.call.result("qxGetEditions", ThreeSixtyID=at.review.public_id))

    assert "Rater" not in text
    assert not any(person.public_id in text for person in at.others)


def _old(engine: Engine) -> None:
    """Leave rows as they were before there were editions."""

    def forget() -> None:
        Answer.objects.update(shown_in=None)
        for model in (Edition, AnswerClass, Voice, Series, EditionFence):
            model.objects.all().delete()
        Evaluation.objects.update(only_manager=None)
        EditionFence.objects.create(begun=False)

    engine.run(forget)


@pytest.mark.parametrize("status", ["Done", "Waiting"])
def test_what_may_have_been_read_becomes_the_first_edition(at: Round, status: str):
    at.engine.run(Person.objects.filter(pk=at.mara.pk).update, manager=at.others[8])
    at.answers(4, "Manager", person=at.others[8])
    for number in range(3):
        at.answers(number)
    at.status(status)
    _old(at.engine)

    assert at.engine.run(begin) == 1
    assert at.engine.run(begin) == 0
    at.answers(3)
    at.status("Done")

    report = at.fetch()
    assert (cell(report), cell(report, "manager")) == ((2.0, 3), (5.0, 1))
    assert at.facts()["Edition"] == 1


def _put_back(given: int) -> None:
    row = EditionFence.objects.get()
    row.given = given
    row.save()


def test_after_a_restore_nothing_new_is_made_until_an_operator_confirms(at: Round):
    def inside(function: Callable[[], int]) -> int:
        with transaction.atomic(using="engine"):
            return function()

    for number in range(3):
        at.answers(number)
    first = at.fetch_done()
    given = at.engine.run(lambda: EditionFence.objects.get().given)
    at.engine.run(_put_back, given - 1)  # as a database of an hour ago
    for number in range(3, 6):
        at.answers(number)

    at.engine.run(Participant.objects.filter(pk=at.subject.pk).update, status="Done")
    assert at.call.refused("getSubjectReport", **at.which) == (400, "ETS12")
    at.engine.run(Participant.objects.filter(pk=at.subject.pk).update, status="Waiting")
    assert at.fetch() == first  # what is known to have been given is given

    at.engine.run(inside, fence.confirm)
    assert cell(at.fetch_done()) == (2.7, 6)


def test_many_who_fetch_at_once_get_one_edition(at: Round):
    for number in range(4):
        at.answers(number)
    at.status("Done")

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: at.call("getSubjectReport", **at.which).content, range(6)))

    assert len(set(found)) == 1
    assert at.count(Edition) == 1


@pytest.mark.parametrize("kind", ["500-after", "cut", "stale"])
def test_an_edition_counts_as_given_whatever_became_of_the_answer(at: Round, kind: str):
    for number in range(3):
        at.answers(number)
    at.status("Done")
    at.engine.fault(kind, request="getSubjectReport", seconds=60.0)
    with suppress(requests.RequestException):
        at.call("getSubjectReport", **at.which)
    at.status("Waiting")
    at.answers(3)
    at.status("Done")

    assert cell(at.fetch()) == (2.0, 3)
    assert at.facts()["Edition"] == 1


def test_a_class_keeps_no_name(at: Round):
    for number in range(3):
        at.answers(number)
    at.fetch_done()
    rows = at.engine.run(lambda: json.dumps([[*AnswerClass.objects.values_list()], [*Voice.objects.values_list()]]))

    for person in at.others[:3]:
        assert person.public_id not in rows
        assert person.email not in rows


def test_the_stored_file_of_the_fence_is_private(at: Round, settings: Any):
    for number in range(3):
        at.answers(number)
    at.fetch_done()
    path = Path(settings.VAR) / "editions"

    assert path.stat().st_mode & 0o077 == 0
    assert at.review.status == Assessment.Status.ACTIVE
