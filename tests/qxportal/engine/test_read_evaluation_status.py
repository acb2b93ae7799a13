"""getEvaluationStatus: one line per form, sound whatever people wrote, and as cheap for many as for few."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connections

from qxportal.engine.http.arguments import check
from qxportal.engine.http.request_parsing import Incoming
from qxportal.engine.models import Answer, Assessment, Evaluation, Question
from qxportal.engine.requests.progress import get_evaluation_status
from qxportal.threesixty.catalogue import CATALOGUE
from tests.qxportal.engine.conftest import Caller, Rows
from tests.support.engine_fixture import Engine

EVERYTHING = dict.fromkeys(("IncludeEvaluationResponses", "IncludeEvaluatorMetadata", "IncludeSubjectMetadata"), "1")


@pytest.fixture
def leaders(engine: Engine) -> Assessment:
    return engine.assessment("Leaders", options={"SelfEvaluation": False})


@pytest.mark.parametrize(
    "comment", ['"', 'Says "no",\r\nthen yes', "one\rtwo\nthree", ",,,", " edges ", "=1+1", "'", '""', "Zażółć 🙂"]
)
def test_comments_come_back_as_they_were_written(
    engine: Engine, call: Caller, rows: Rows, leaders: Assessment, comment: str
):
    mara, jonas, aisha = engine.people(3)
    subject = engine.subject(leaders, mara)
    first = engine.evaluation(subject, jonas, "Peer", "Completed")
    engine.evaluation(subject, aisha, "Peer", "Completed")
    engine.run(Answer.objects.filter(evaluation=first, question__public_id="QID13").update, text=comment)

    lines = rows(call("getEvaluationStatus", form="CSV", ThreeSixtyID=leaders.public_id, **EVERYTHING))

    assert [line["QID13"] for line in lines] == [comment, "Keeps calm when a release slips."]
    assert [line["ParticipantUniqueIdentifier"] for line in lines] == [jonas.public_id, aisha.public_id]


def test_answers_are_written_in_their_recodes(engine: Engine, call: Caller, rows: Rows, leaders: Assessment):
    mara, jonas = engine.people(2)
    form = engine.evaluation(engine.subject(leaders, mara), jonas, "Peer", "Completed")

    def recode() -> None:
        questions = Question.objects.filter(survey=leaders.survey)
        questions.filter(public_id="QID1").update(recodes=["-2", "-1", "0", "1", "2"])
        Answer.objects.filter(evaluation=form, question__public_id="QID1").update(value=2)
        Answer.objects.filter(evaluation=form, question__public_id="QID2").update(value=None)

    engine.run(recode)

    (line,) = rows(call("getEvaluationStatus", form="CSV", ThreeSixtyID=leaders.public_id, **EVERYTHING))
    assert (line["QID1"], line["QID2"]) == ("-1", "")


def test_questions_count_only_with_responses(engine: Engine, call: Caller, rows: Rows, leaders: Assessment):
    mara, jonas = engine.people(2)
    engine.evaluation(engine.subject(leaders, mara), jonas, "Peer", "Completed")
    which = {"ThreeSixtyID": leaders.public_id}

    (line,) = rows(call("getEvaluationStatus", form="CSV", **which, Questions="QID1,QID99"))
    assert not [column for column in line if column.startswith("QID")]

    (line,) = rows(
        call("getEvaluationStatus", form="CSV", **which, Questions="QID3,QID1", IncludeEvaluationResponses=1)
    )
    assert [column for column in line if column.startswith("QID")] == ["QID1", "QID3"]
    assert "Subject Department" not in line


def test_each_side_of_metadata_has_its_own_switch(engine: Engine, call: Caller, rows: Rows, leaders: Assessment):
    mara = engine.person("Mara", "Lindqvist", metadata={"Department": "Sales"})
    jonas = engine.person("Jonas", "Okafor", metadata={"Title": "Buyer"})
    form = engine.evaluation(engine.subject(leaders, mara), jonas, "Peer", "Completed")
    engine.run(Evaluation.objects.filter(pk=form.pk).update, evaluator_metadata={"Title": "Trainee"})

    def extra(**switch: Any) -> dict[str, str]:
        (line,) = rows(call("getEvaluationStatus", form="CSV", ThreeSixtyID=leaders.public_id, **switch))
        return {column: cell for column, cell in line.items() if " " in column}

    assert extra() == {}
    assert extra(IncludeSubjectMetadata=1) == {"Subject Department": "Sales"}
    assert extra(IncludeEvaluatorMetadata=1) == {"Evaluator Title": "Trainee"}  # as it was when he answered


def _queries(engine: Engine, assessment: Assessment) -> int:
    arguments = check(CATALOGUE["getEvaluationStatus"], Incoming({"ThreeSixtyID": assessment.public_id, **EVERYTHING}))
    asked: list[str] = []

    def count(execute, sql, params, many, context):
        asked.append(sql)
        return execute(sql, params, many, context)

    with connections["engine"].execute_wrapper(count):
        get_evaluation_status(engine.api_user.row, arguments)
    return len(asked)


def test_many_forms_take_no_more_queries_than_few(engine: Engine, leaders: Assessment):
    mara, *others = engine.people(120)
    subject = engine.subject(leaders, mara)
    engine.evaluation(subject, others[0], "Peer", "Completed")
    few = engine.run(_queries, engine, leaders)
    begun = datetime(2026, 7, 1, tzinfo=UTC)
    engine.run(
        Evaluation.objects.bulk_create,
        [
            Evaluation(assessment=leaders, subject=subject, evaluator=one, status="InProgress", started_at=begun)
            for one in others[1:]
        ],
    )

    assert engine.run(_queries, engine, leaders) == few
