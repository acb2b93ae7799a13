"""What a page of the questionnaire sent: fields read as answers, each refused alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from django.http import QueryDict

from qxportal.engine.site.questionnaire.items import Field
from qxportal.engine.site.questionnaire.plan import Plan
from qxportal.engine.site.questionnaire.reading import NotAnAnswerError, read
from qxportal.engine.site.saving import Fresh


@dataclass
class Sent:
    """Answers that can be kept, and why others cannot."""

    fresh: list[Fresh] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)  # field name -> words


def whole_page(fields: Sequence[Field], data: QueryDict, plan: Plan) -> Sent:
    """A page sent by its button: what is not there was left open, or its box was not ticked."""
    return _read({one.name: (one, data.get(one.name, "")) for one in fields}, plan, {})


def some_fields(data: QueryDict, plan: Plan) -> Sent:
    """Fields as they were changed, each with the milliseconds since then."""
    given = {name: (plan.fields[name], data.get(name, "")) for name in data if name in plan.fields}
    return _read(given, plan, {name: _age(data.get(f"age.{name}")) for name in given})


def _read(given: Mapping[str, tuple[Field, str]], plan: Plan, ages: Mapping[str, timedelta]) -> Sent:
    sent = Sent()
    for name, (one, raw) in given.items():
        try:
            answer = read(one, raw)
        except NotAnAnswerError as problem:
            sent.refused[name] = str(problem)
        else:
            sent.fresh.append(Fresh(plan.keys[name], answer, ages.get(name, timedelta())))
    return sent


def _age(text: str | None) -> timedelta:
    return timedelta(milliseconds=int(text)) if text and text.isdecimal() and len(text) < 12 else timedelta()
