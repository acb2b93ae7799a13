"""What the site's tests share: an assessment with people who are asked."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.utils import timezone

from qxportal.engine.editions.report_source import report_source
from qxportal.engine.models import (
    Assessment,
    Edition,
    Evaluation,
    Participant,
    Person,
    ReportAccess,
    ReportOpening,
    Survey,
)
from qxportal.engine.reports import aggregate
from qxportal.engine.reports.results import ReportData
from qxportal.engine.reports.types import Viewer as For
from qxportal.engine.surveys.qsf.read import read as read_qsf
from qxportal.engine.surveys.store import store
from tests.qxportal.engine.surveys.survey_files import packed
from tests.support.built_once import built_once
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
@built_once
def round(engine: Engine) -> Round:
    anna, ben = engine.person("Anna", "Berger"), engine.person("Ben", "Castle")
    assessment = engine.assessment("Leadership 360 spring", status="Active", options={"DeclineEvaluations": True})
    subject = engine.subject(assessment, anna)
    evaluation = engine.evaluation(subject, ben, "Peer")
    own = engine.run(Evaluation.objects.get, subject=subject, evaluator=anna)
    return Round(assessment, subject, anna, ben, evaluation, own)


def survey_of(engine: Engine, form: dict[str, Any]) -> Survey:
    """A survey from the JSON of a file, ready to be answered."""
    draft = read_qsf(packed(form))
    return engine.run(store, draft, engine.api_user.row, name="From a file", owner=engine.api_user.row, active=True)


def round_of(engine: Engine, form: dict[str, Any]) -> Round:
    """The same two people with a survey from the JSON of a file."""
    anna, ben = engine.person("Anna", "Berger"), engine.person("Ben", "Castle")
    assessment = engine.assessment("Leadership 360 spring", survey=survey_of(engine, form))
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


@dataclass
class Released:
    """A subject whose round is over, with a manager, and rows of access as wanted."""

    engine: Engine
    assessment: Assessment
    subject: Participant
    anna: Person
    boss: Person
    peer: Person

    def give(self, person: Person | None = None, viewer: str = "Subject", **fields: Any) -> ReportAccess:
        values = {
            "person": person or self.anna,
            "viewer": viewer,
            "from_at": timezone.now() - timedelta(hours=1),
            **fields,
        }
        return self.engine.run(
            ReportAccess.objects.create,
            brand=self.assessment.brand,
            assessment=self.assessment,
            subject=self.subject,
            **values,
        )

    def openings(self) -> list[tuple[str, str, int]]:
        found = ReportOpening.objects.order_by("pk").values_list("person__first_name", "what", "edition")
        return self.engine.run(lambda: list(found))

    def editions(self) -> int:
        return self.engine.run(Edition.objects.count)

    def report(self) -> ReportData:
        return self.engine.run(lambda: aggregate.report(report_source(self.assessment, self.subject), For()))


def opened(browser: Any, access: ReportAccess) -> requests.Response:
    """The page after the button that opens a report."""
    page = browser.get(f"/reports/{access.public_id}/")
    return browser.submit(page, {}, action="/open/")  # type: ignore[no-any-return]


@pytest.fixture
@built_once
def released(engine: Engine) -> Released:
    boss, anna, *others = (
        engine.person("Mia", "Stone"),
        engine.person("Anna", "Berger", metadata={"Title": "Head of Service"}),
        *engine.people(8),
    )
    engine.run(Person.objects.filter(pk=anna.pk).update, manager=boss)
    assessment = engine.assessment("Leadership 360 spring", relationships=("Customer",))
    subject = engine.subject(assessment, anna)
    engine.evaluation(subject, boss, "Manager", "Completed")
    for number, person in enumerate(others):
        engine.evaluation(subject, person, ("Peer", "DirectReport")[number % 2], "Completed")
    own = engine.run(subject.evaluations.get, evaluator=anna)
    engine.run(own.delete)
    engine.evaluation(subject, anna, "Self", "Completed")
    engine.run(Participant.objects.filter(pk=subject.pk).update, status="Done", report_ready=True)
    return Released(engine, assessment, engine.refreshed(subject), anna, boss, others[0])
