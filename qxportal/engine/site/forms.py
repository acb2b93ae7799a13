"""Parses a questionnaire page's data: each field is accepted or refused alone, lists of a drill-down together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from django.http import QueryDict

from qxportal.engine.assessments.answering import Given
from qxportal.engine.site.questionnaire.drill_down import NotTogetherError, whole
from qxportal.engine.site.questionnaire.items import Field
from qxportal.engine.site.questionnaire.plan import Plan
from qxportal.engine.site.questionnaire.reading import NotAnAnswerError, read, shown
from qxportal.engine.site.saving import Fresh

When = tuple[timedelta, datetime | None]  # age by the device's clock, and time by the server's


@dataclass
class Sent:
    """Valid answers, and reasons for refused ones."""

    fresh: list[Fresh] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)  # field name -> words


def marks_of(fields: Sequence[Field], values: Mapping[str, str]) -> str:
    """Digests of a page's shown values as "name:digest" words, by which the sent page reveals unchanged fields."""
    return " ".join(f"{one.name}:{_mark(values.get(one.name, ''))}" for one in fields)


def whole_page(fields: Sequence[Field], data: QueryDict, plan: Plan) -> Sent:
    """Answers of a page sent by its button; missing fields are blank or unticked.

    An unchanged field counts as old as the page, because another device may have changed it since.
    """
    opened, sent = _moment(data.get("shown-at")), _moment(data.get("given-at"))
    marks = dict(word.rpartition(":")[::2] for word in data.get("shown", "").split())

    def when(one: Field, answer: Given) -> When:
        untouched = marks.get(one.name) == _mark(shown(one, answer.value, answer.text))
        return timedelta(), opened if opened and untouched else sent

    return _read({one.name: (one, data.get(one.name, "")) for one in fields}, plan, when)


def some_fields(data: QueryDict, plan: Plan) -> Sent:
    """Answers of single changed fields, each with its age in milliseconds and the server's time at the change."""
    given = {name: (plan.fields[name], data.get(name, "")) for name in data if name in plan.fields}
    return _read(
        given, plan, lambda one, _answer: (_age(data.get(f"age.{one.name}")), _moment(data.get(f"at.{one.name}")))
    )


def _read(
    given: Mapping[str, tuple[Field, str]],
    plan: Plan,
    when: Callable[[Field, Given], When],
) -> Sent:
    sent = Sent()
    answers: dict[str, Given] = {}
    for name, (one, raw) in given.items():
        try:
            answers[name] = read(one, raw)
        except NotAnAnswerError as problem:
            sent.refused[name] = str(problem)
    times = {name: when(given[name][0], answer) for name, answer in answers.items()}
    for lists in {id(lists): lists for name in given if (lists := plan.drill_downs.get(name))}.values():
        _join(lists, answers, times, sent)
    sent.fresh = [Fresh(plan.keys[name], answer, *times[name]) for name, answer in answers.items()]
    return sent


def _join(lists: Sequence[Field], answers: dict[str, Given], times: dict[str, When], sent: Sent) -> None:
    """Merge the answers in a drill-down's lists into one, as new as the newest of them, or refuse all."""
    own = {one.name: answers.pop(one.name) for one in lists if one.name in answers}
    if any(one.name in sent.refused for one in lists):
        return
    try:
        together = whole(lists, own)
    except NotTogetherError as problem:
        sent.refused[problem.field] = str(problem)
        return
    ages, moments = zip(*(times[name] for name in own), strict=True)
    newest = None if None in moments else max(moments)
    answers.update(together)
    times.update(dict.fromkeys(together, (min(ages), newest)))


def _mark(value: str) -> str:
    return blake2b(value.encode(), digest_size=6).hexdigest()


def _age(text: str | None) -> timedelta:
    return timedelta(milliseconds=int(text)) if text and text.isdecimal() and len(text) < 12 else timedelta()


def _moment(text: str | None) -> datetime | None:
    """A time from milliseconds since 1970; None if missing or invalid."""
    if not text or not text.isdecimal() or len(text) > 14:
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(text))
