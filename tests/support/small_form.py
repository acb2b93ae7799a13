"""A form of the engine for tests whose reports only have to be there."""

from typing import Any

from qxportal.engine.models import Competency, Question, Survey, User
from qxportal.engine.surveys.default_survey import SCALE


def make_small_form(user: User, name: str) -> Survey:
    """Two statements and an open question, so that reports about them are short."""
    survey = Survey.objects.create(brand=user.brand, owner=user, creator=user, name=name, language=user.language)
    results = Competency.objects.create(survey=survey, name="Results", position=0)
    rated = {"kind": Question.Kind.RATING, "competency": results, "choices": SCALE, "required": True}
    kinds: list[dict[str, Any]] = [rated, rated, {"kind": Question.Kind.TEXT}]
    texts = ("Explains decisions so that everybody understands them.", "Sets clear priorities.", "What should stay?")
    Question.objects.bulk_create(
        Question(survey=survey, public_id=f"QID{number}", tag=f"Q{number}", position=number - 1, text=text, **kind)
        for number, (kind, text) in enumerate(zip(kinds, texts, strict=True), start=1)
    )
    return survey
