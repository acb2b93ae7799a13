"""Survey files for tests, and what becomes of them."""

import json
from pathlib import Path
from typing import Any

from qxportal.engine.models import Question, Survey
from tests.qxportal.engine.conftest import Caller

LEADERSHIP = (Path(__file__).parent / "leadership_360.qsf").read_bytes()


def leadership() -> dict[str, Any]:
    """The leadership form as JSON, to be changed."""
    form: dict[str, Any] = json.loads(LEADERSHIP)
    return form


def elements(form: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """The form's elements of a kind."""
    return [one for one in form["SurveyElements"] if one["Element"] == kind]


def question(form: dict[str, Any], id: str) -> dict[str, Any]:
    """The payload of one of its questions."""
    found: dict[str, Any] = next(one["Payload"] for one in elements(form, "SQ") if one["PrimaryAttribute"] == id)
    return found


# Answers of three lists: number -> (label, number of the answer that it stands below).
PLACES: dict[str, tuple[str, str | None]] = {
    "1": ("Austria", None),
    "2": ("Germany", None),
    "3": ("Singapore", None),
    "4": ("Tyrol", "1"),
    "5": ("Bavaria", "2"),
    "6": ("Saxony", "2"),
    "7": ("Neustadt", "5"),
    "8": ("Munich", "5"),
    "9": ("Neustadt", "6"),
    "10": ("Innsbruck", "4"),
}


def drill_down(form: dict[str, Any], id: str = "QID15", *, required: bool = False) -> dict[str, Any]:
    """One of its questions made a drill-down: country, region, town."""
    payload = question(form, id)
    payload.update(
        QuestionText="Where do you work?",
        QuestionType="DD",
        Selector="DL",
        DataExportTag="place",
        Choices={"1": {"Display": "Country"}, "2": {"Display": "Region"}, "3": {"Display": "Town"}},
        ChoiceOrder=[1, 2, 3],
        Answers={number: {"Display": label} for number, (label, _above) in PLACES.items()},
        AnswerMap={number: above for number, (_label, above) in PLACES.items()},
        Validation={"Settings": {"ForceResponse": "ON" if required else "OFF", "Type": "None"}},
        Language={"DE": {"QuestionText": "Wo arbeiten Sie?", "Answers": {"1": {"Display": "Österreich"}}}},
    )
    return payload


def profile(form: dict[str, Any], id: str = "QID15", *, required: bool = False) -> dict[str, Any]:
    """One of its questions made a profile: each statement has a scale of its own."""
    payload = question(form, id)
    payload.update(
        QuestionText="How does this person work?",
        QuestionType="Matrix",
        Selector="Profile",
        SubSelector="SingleAnswer",
        DataExportTag="ways",
        Choices={"1": {"Display": "Pace"}, "2": {"Display": "Care"}},
        ChoiceOrder=[1, 2],
        Answers={
            "1": {"1": {"Display": "Slow"}, "2": {"Display": "Steady"}, "3": {"Display": "Fast"}},
            "2": {str(n): {"Display": word} for n, word in enumerate(("None", "Little", "Some", "Much", "All"), 1)},
        },
        AnswerOrder=[1, 2, 3],
        Validation={"Settings": {"ForceResponse": "ON" if required else "OFF", "Type": "None"}},
    )
    return payload


def packed(form: Any) -> bytes:
    """The form as a file."""
    return json.dumps(form).encode()


def imported(call: Caller, file: bytes, **parameters: str) -> Survey:
    """The survey that a file becomes."""
    answer = call.upload("importSurvey", file, **{"Name": "Leadership feedback", **parameters})
    assert answer.status_code == 200, answer.text
    survey: Survey = call.engine.run(Survey.objects.get, public_id=answer.json()["Result"]["SurveyID"])
    return survey


def asked(call: Caller, survey: Survey) -> dict[str, Question]:
    """Its questions by their ids, in their order."""
    rows = call.engine.run(lambda: list(survey.questions.select_related("competency", "stem__block")))
    return {row.public_id: row for row in rows}


def refusal(call: Caller, file: bytes, **parameters: str) -> str:
    """Why a file is refused; nothing is left of it."""
    before = call.engine.run(Survey.objects.count)
    answer = call.upload("importSurvey", file, **{"Name": "Leadership feedback", **parameters})
    meta = answer.json()["Meta"]
    assert (answer.status_code, meta["QualtricsErrorCode"]) == (400, "ESRV35|FileContents"), answer.text
    assert call.engine.run(Survey.objects.count) == before
    return str(meta["ErrorMessage"]).removeprefix("Invalid request. Missing or invalid parameter FileContents. ")
