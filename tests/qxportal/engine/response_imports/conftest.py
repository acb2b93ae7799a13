"""Files of responses and the assessment that takes them."""

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import requests

from qxportal.engine.models import Answer, Person, Survey
from tests.qxportal.engine.conftest import Caller
from tests.support.case_files import case
from tests.support.engine_fixture import Engine

Load = Callable[..., Any]

PAIR = ("SubjectUniqueIdentifier", "ParticipantUniqueIdentifier", "Relationship", "Unsolicited")

S0001 = ("S0001", "E0001", "Peer", "")


def sheet(*lines: Sequence[object]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(lines)
    return out.getvalue().encode()


@pytest.fixture
def survey(engine: Engine, call: Caller) -> Survey:
    """plain_q1: one question."""
    return imported(engine, call, "plain_q1")


def imported(engine: Engine, call: Caller, name: str) -> Survey:
    answer = call.upload("importSurvey", case(f"surveys/{name}.qsf"), ImportFormat="QSF", Name=name)
    return engine.run(lambda: Survey.objects.get(public_id=answer.json()["Result"]["SurveyID"]))


@pytest.fixture
def people(engine: Engine) -> list[Person]:
    """A subject and evaluators with the keys and addresses that the files have."""
    subject = engine.person("Sub", "One", email="sub1@t.example", unique_identifier="S0001")
    return [
        subject,
        *(engine.person("Ev", f"No{n}", email=f"ev{n}@t.example", unique_identifier=f"E000{n}") for n in range(1, 5)),
    ]


@pytest.fixture
def load(engine: Engine, call: Caller, survey: Survey, people: list[Person]) -> Load:
    """Imports a file into an assessment with the form and gives the Result, or the words of the refusal."""

    def send(file: bytes, form: Survey = survey) -> Any:
        review = engine.assessment("Leaders", survey=form, relationships=("Mentor",))
        engine.subject(review, people[0])
        answer: requests.Response = call.upload("importResponses", file, ThreeSixtyID=review.public_id)
        assert answer.status_code in (200, 400), answer.text
        return answer.json()["Result"] or answer.json()["Meta"]["ErrorMessage"]

    return send


@pytest.fixture
def said(engine: Engine) -> Callable[[], list[tuple[str, int | None, str]]]:
    """Every answer there is."""

    def read() -> list[tuple[str, int | None, str]]:
        found = Answer.objects.order_by("pk").values_list("question__public_id", "value", "text")
        return engine.run(lambda: list(found))

    return read
