"""What the site's tests share: an assessment with people who are asked."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from qxportal.engine.models import Assessment, Evaluation, Participant, Person
from tests.support.engine_fixture import Engine


@dataclass
class Round:
    """An active assessment: Ben is asked about Anna as a colleague, Anna about herself."""

    assessment: Assessment
    subject: Participant
    anna: Person
    ben: Person
    evaluation: Evaluation
    own: Evaluation

    @property
    def path(self) -> str:
        return f"/tasks/{self.evaluation.public_id}/"


@pytest.fixture
def round(engine: Engine) -> Round:
    anna, ben = engine.person("Anna", "Berger"), engine.person("Ben", "Castle")
    assessment = engine.assessment("Leadership 360 spring", status="Active", options={"DeclineEvaluations": True})
    subject = engine.subject(assessment, anna)
    evaluation = engine.evaluation(subject, ben, "Peer")
    own = engine.run(Evaluation.objects.get, subject=subject, evaluator=anna)
    return Round(assessment, subject, anna, ben, evaluation, own)


def radios(page: requests.Response) -> list[str]:
    """The names of the groups of options on a page."""
    return list(dict.fromkeys(re.findall(r'type="radio" name="([^"]+)"', page.text)))


def texts(page: requests.Response) -> list[str]:
    return re.findall(r'<textarea[^>]* name="([^"]+)"', page.text)


def all_answers(page: requests.Response, value: str = "4") -> dict[str, str]:
    """Every question of a page answered."""
    return {**dict.fromkeys(radios(page), value), **dict.fromkeys(texts(page), "Keeps calm.")}


def answer_all(browser: Any, path: str) -> requests.Response:
    """Go through all pages and give the one that asks whether to submit."""
    page = browser.get(f"{path}go-on/")
    for _page in range(30):
        if page.url.endswith("/submit/"):
            return page  # type: ignore[no-any-return]
        page = browser.submit(page, all_answers(page))
    raise AssertionError("The pages do not end.")
