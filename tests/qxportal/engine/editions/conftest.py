"""A round with one subject, whose report is fetched again and again."""

from typing import Any

import pytest

from qxportal.engine.models import Answer, Person, Question
from tests.qxportal.engine.conftest import Caller
from tests.support.built_once import built_once
from tests.support.engine_fixture import Engine


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
@built_once
def at(engine: Engine, call: Caller) -> Round:
    return Round(engine, call)


def cell(report: dict[str, Any], line: str = "group:Peer") -> tuple[float, int] | None:
    """Mean and number of the first statement in a line."""
    found = report["Competencies"][0]["Items"][0]["Results"].get(line)
    return (found["Mean"], found["Count"]) if found else None
