"""importResponses: every export of this server fills a copy of the assessment."""

from typing import Any

import pytest

from qxportal.engine.models import Answer, Assessment, Evaluation, Person, Question, Survey
from tests.qxportal.engine.conftest import Caller, Rows
from tests.qxportal.engine.response_imports.conftest import Load
from tests.support.case_files import case
from tests.support.engine_fixture import Engine

SWITCHES = [
    {},
    {"ExportTags": "1"},
    {"ExportQuestionIDs": "1"},
    {"ExportTags": "1", "Labels": "1", "LocationData": "1"},
]


@pytest.mark.parametrize("form", ["CSV", "JSON", "XML", "HTML"])
@pytest.mark.parametrize("switches", SWITCHES, ids=["plain", "tags", "ids", "labels"])
def test_our_own_raw_data_fill_a_copy(
    engine: Engine, call: Caller, people: list[Person], form: str, switches: dict[str, str]
):
    original = engine.assessment("Leaders", relationships=("Mentor",))
    copy = engine.assessment("Leaders again", relationships=("Mentor",), survey=original.survey)
    for review in (original, copy):
        engine.subject(review, people[0])
    about = engine.run(lambda: original.participants.get(is_subject=True))
    for number, person in enumerate(people[1:]):
        engine.run(_answer, about, person, "Manager" if number == 0 else "Mentor", number)
    survey = {"SurveyID": original.survey.public_id}

    file = call("getLegacyResponseData", form=form, **survey, **switches, UnansweredRecode="-99").content
    answer = call.upload("importResponses", file, ThreeSixtyID=copy.public_id)

    assert answer.json()["Result"]["Count"] == 4, answer.text
    assert engine.run(_told, copy) == engine.run(_told, original)


TEXTS = ('Says "no",\r\nthen <b>maybe</b> & "yes"', "=1+1", "Zażółć 🙂", "-9")


def _answer(subject: Any, evaluator: Person, relationship: str, number: int) -> None:
    made = Evaluation.objects.create(
        assessment=subject.assessment,
        subject=subject,
        evaluator=evaluator,
        relationship=relationship,
        status="Completed",
        unsolicited=number == 1,
        partial=number == 2,
        started_at="2026-03-01 08:00:00Z",
        finished_at=f"2026-03-0{number + 1} 09:30:15Z",
    )
    for question in Question.objects.filter(survey=subject.assessment.survey, public_id__in=("QID1", "QID2")):
        Answer.objects.create(
            evaluation=made, question=question, value=number + 1 if question.public_id == "QID1" else None
        )
    text = Question.objects.filter(survey=subject.assessment.survey, kind="Text").order_by("pk")[0]
    Answer.objects.create(evaluation=made, question=text, text=TEXTS[number])


def _told(review: Assessment) -> set[tuple[Any, ...]]:
    forms = Evaluation.objects.filter(assessment=review, status="Completed")
    columns = ("evaluator", "relationship", "unsolicited", "partial", "finished_at")
    answers = ("answers__question__public_id", "answers__value", "answers__text")
    return set(forms.values_list(*columns, *answers))


def test_hrs_own_identifiers_come_back_in_every_export(
    engine: Engine, call: Caller, rows: Rows, load: Load, people: Any, survey: Survey
):
    load(case("responses/dataset_360_one_header.csv"))
    review = engine.run(lambda: Assessment.objects.get(name="Leaders"))
    which = {"ThreeSixtyID": review.public_id}

    (subject,) = rows(call("getSubjectStatus", form="CSV", **which))
    assert (subject["UniqueIdentifier"], subject["ExternalDataReference"]) == (people[0].public_id, "S0001")
    forms = rows(call("getEvaluationStatus", form="CSV", **which))
    assert {(one["SubjectExternalDataReference"], one["EvaluatorExternalDataReference"]) for one in forms} == {
        ("S0001", "S0001"),
        ("S0001", "E0001"),
    }
    (said,) = call("getLegacyResponseData", SurveyID=survey.public_id).json().values()
    assert (said["SubjectExternalDataReference"], said["ExternalDataReference"]) == ("S0001", "E0001")
    listed = {one["PersonID"]: one["ExternalDataReference"] for one in call.result("getPersons")["Persons"]}
    assert listed == {person.public_id: person.unique_identifier for person in people}
