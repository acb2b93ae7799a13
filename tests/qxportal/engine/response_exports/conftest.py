"""An assessment with a question of every kind, and its responses."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from qxportal.engine.models import Answer, Assessment, Evaluation, Participant, Person, Question, Stem, Survey
from tests.qxportal.engine.conftest import Caller
from tests.support.built_once import built_once
from tests.support.engine_fixture import Engine

COMMENT = 'Says "no", when needed;\r\nnever <b>late</b> & never =1+1'


@dataclass
class Study:
    """A form with a question of every kind, and two recorded responses and a begun one about Mara."""

    assessment: Assessment
    subject: Participant
    manager: Evaluation
    peer: Evaluation
    begun: Evaluation
    jonas: Person

    @property
    def survey(self) -> Survey:
        return self.assessment.survey


def _questions(survey: Survey) -> list[Question]:
    survey.questions.all().delete()
    boxes = Stem.objects.create(survey=survey, public_id="QID3", tag="Q3", position=3, type="MC", selector="MAVR")
    return Question.objects.bulk_create(
        [
            Question(
                survey=survey,
                public_id="QID1",
                tag="clear",
                position=1,
                text="Explains decisions",
                choices=["Never", "Sometimes", "Always"],
                recodes=["10", "20", "99"],
            ),
            Question(
                survey=survey,
                public_id="QID2",
                tag="site",
                position=2,
                kind="Choice",
                text="Where do you meet?",
                choices=["Leeds", "Gdańsk"],
            ),
            *(
                Question(
                    survey=survey,
                    stem=boxes,
                    part=str(number),
                    public_id=f"QID3_{number}",
                    tag=f"boxes_{number}",
                    position=2 + number,
                    kind="Mark",
                    text=f"Worked on: {label}",
                    choices=[label],
                )
                for number, label in enumerate(("Audits", "Tenders"), start=1)
            ),
            Question(survey=survey, public_id="QID4", tag="days", position=5, kind="Number", text="Days together"),
            Question(survey=survey, public_id="QID5", tag="keep", position=6, kind="Text", text="What to keep?"),
        ]
    )


@pytest.fixture
@built_once
def study(engine: Engine) -> Study:
    assessment = engine.assessment("Leaders", options={"SelfEvaluation": False})
    questions = {question.public_id: question for question in engine.run(_questions, assessment.survey)}
    mara = engine.person("Mara", "Lindqvist", metadata={"Department": "Sales"})
    jonas = engine.person("Jonas", "Okafor", metadata={"Title": "Buyer, senior"}, unique_identifier="M-17")
    aisha = engine.person("Aisha", "Petrov")
    subject = engine.subject(assessment, mara)

    def form(evaluator: Person, relationship: str, status: str, hour: int, said: dict[str, Any], **fields: Any) -> Any:
        started = datetime(2026, 7, 1, hour, 0, 0, tzinfo=UTC)
        made = Evaluation.objects.create(
            assessment=assessment,
            subject=subject,
            evaluator=evaluator,
            relationship=relationship,
            status=status,
            started_at=started,
            finished_at=started.replace(minute=20) if status == "Completed" else None,
            **fields,
        )
        for name, value in said.items():
            given = {"text": value} if isinstance(value, str) else {"value": value}
            Answer.objects.create(evaluation=made, question=questions[name], **given)
        return made

    full = {"QID1": 3, "QID2": 2, "QID3_1": 1, "QID3_2": None, "QID4": -4, "QID5": COMMENT}
    open_ = {"QID1": None, "QID3_1": None, "QID3_2": None, "QID4": None, "QID5": ""}
    place = {"ip_address": "203.0.113.7", "latitude": 53.8, "longitude": -1.55, "accuracy": 30.0}
    manager = engine.run(form, jonas, "Manager", "Completed", 22, full, **place)
    peer = engine.run(form, aisha, "Peer", "Completed", 9, open_, imported=True)
    tom = engine.person("Tom", "Dubois")
    begun = engine.run(form, tom, "Peer", "InProgress", 8, {"QID1": 1})
    return Study(assessment, subject, manager, peer, begun, jonas)


@pytest.fixture
def ask(call: Caller, study: Study) -> Any:
    """Gives the responses as JSON."""

    def export(**wishes: Any) -> dict[str, dict[str, Any]]:
        answer = call("getLegacyResponseData", SurveyID=study.survey.public_id, **wishes)
        assert answer.status_code == 200, answer.text
        found: dict[str, dict[str, Any]] = answer.json()
        return found

    return export
