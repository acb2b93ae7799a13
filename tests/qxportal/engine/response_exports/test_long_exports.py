"""getLegacyResponseData: long and wide tables."""

from collections.abc import Iterable
from datetime import UTC, datetime

import pytest
import requests

from qxportal.engine.models import Answer, Evaluation, Person, Question
from tests.qxportal.engine.conftest import Caller
from tests.qxportal.engine.response_exports.conftest import Study
from tests.support.engine_fixture import Engine
from tests.support.samples import sample


def test_a_table_has_an_end_to_the_right(engine: Engine, study: Study, call: Caller):
    def invent() -> None:
        for number, person in enumerate(people):
            person.metadata = {f"Field {number} {key}": "x" for key in range(100)}
            person.save()

    people = engine.people(21)
    engine.run(invent)
    engine.run(_forms, engine, study, people)

    refused = call.refused("getLegacyResponseData", SurveyID=study.survey.public_id)
    assert refused == (400, "ETS6")


def _forms(engine: Engine, study: Study, people: Iterable[Person]) -> None:
    finished = datetime(2026, 8, 1, tzinfo=UTC)
    made = Evaluation.objects.bulk_create(
        [
            Evaluation(
                assessment=study.assessment,
                subject=study.subject,
                evaluator=person,
                relationship="Peer",
                status="Completed",
                started_at=finished,
                finished_at=finished,
            )
            for person in people
        ]
    )
    question = Question.objects.get(survey=study.survey, public_id="QID5")
    Answer.objects.bulk_create([Answer(evaluation=one, question=question, text="x" * 2000) for one in made])


@pytest.mark.parametrize("form", sample(["JSON", "CSV", "XML", "HTML"], every=2))
def test_a_long_export_is_whole_and_its_length_announced(engine: Engine, call: Caller, study: Study, form: str):
    engine.run(_forms, engine, study, engine.people(1_100))

    answer: requests.Response = call("getLegacyResponseData", form=form, SurveyID=study.survey.public_id)

    assert int(answer.headers["Content-Length"]) == len(answer.content) > 2_000_000
    assert answer.text.count("x" * 2000) == 1_100
    if form == "JSON":
        assert len(answer.json()) == 1_102


def test_a_long_export_can_be_cut_too(engine: Engine, call: Caller, study: Study):
    engine.run(_forms, engine, study, engine.people(1_100))
    engine.fault("cut", cut_at=1_500_000)

    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        call("getLegacyResponseData", SurveyID=study.survey.public_id)
