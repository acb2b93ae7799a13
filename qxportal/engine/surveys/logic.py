"""Whether a completed form meets a condition, such as that of a quota.

A condition is groups of expressions, numbered from 0; "and" binds closer than "or". An expression that asks for
something else than an answer or a field is never met.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from qxportal.engine.models import Question

Kind = Question.Kind
DEEPEST = 20
OR = ("Or", "OrIf", "ElseIf")


@dataclass(frozen=True)
class Answered:
    """What a form says to one question."""

    kind: str
    value: int | None
    text: str


@dataclass(frozen=True)
class AnsweredEvaluation:
    """What a condition may ask of a form: answers by the ids of questions, and fields by their names."""

    answers: Mapping[str, Answered]
    fields: Mapping[str, str]
    points: Mapping[str, Mapping[int, str]]  # the ids of a question's choices by the `value` that means them


def meets(evaluation: AnsweredEvaluation, logic: object, depth: int = 0) -> bool:
    """Whether the form meets the condition; an empty one is always met."""
    terms: list[tuple[bool, bool]] = []
    for item in _numbered(logic):
        if item.get("Type") == "Expression" or "LogicType" in item:
            terms.append((_or(item), _expression(evaluation, item)))
        elif depth < DEEPEST:
            first = next(_numbered(item), {})
            terms.append((item.get("Type") in OR or _or(first), meets(evaluation, item, depth + 1)))
    met, together = False, True
    for number, (apart, term) in enumerate(terms):
        if apart and number:
            met, together = met or together, True
        together = together and term
    return met or together


def named(logic: object, depth: int = 0) -> Iterator[str]:
    """The ids of the questions that a condition asks for."""
    for item in _numbered(logic):
        yield _path(item)[0]
        if depth < DEEPEST:
            yield from named(item, depth + 1)


def _numbered(logic: object) -> Iterator[Mapping[str, Any]]:
    """The groups or expressions inside, in their order."""
    if isinstance(logic, dict):
        items = [logic[key] for key in sorted((key for key in logic if key.isdecimal()), key=int)]
    else:
        items = logic if isinstance(logic, list) else []
    return (item for item in items if isinstance(item, dict))


def _or(item: Mapping[str, Any]) -> bool:
    return item.get("Conjuction", item.get("Conjunction")) in OR  # the vendor's spelling, and the right one


def _path(item: Mapping[str, Any]) -> list[str]:
    """The question, what is asked of it, and of which choice."""
    place = item.get("LeftOperand") or item.get("ChoiceLocator") or ""
    return [unquote(part) for part in str(place).removeprefix("q://").split("/")]


def _expression(evaluation: AnsweredEvaluation, item: Mapping[str, Any]) -> bool:
    operator, wanted = str(item.get("Operator")), str(item.get("RightOperand", ""))
    if item.get("LogicType") == "EmbeddedField":
        name = str(item.get("LeftOperand", "")).removeprefix("e://Field/")
        return _compared(evaluation.fields.get(name, ""), operator, wanted)
    question, asked, *ids = [*_path(item), ""]
    ids = [id for id in ids if id]
    if item.get("LogicType") != "Question":
        return False
    if asked in ("SelectableChoice", "SelectableAnswer") and operator in ("Selected", "NotSelected"):
        return _selected(evaluation, question, asked, ids) == (operator == "Selected")
    if asked in ("ChoiceTextEntryValue", "ChoiceNumericEntryValue"):
        return _compared(_entered(evaluation, question, ids), operator, wanted)
    return False


def _selected(evaluation: AnsweredEvaluation, question: str, asked: str, ids: Sequence[str]) -> bool:
    """Whether a choice was chosen: of the question, of one statement of a matrix, or of any of them."""
    if len(ids) == 2:
        row, column = ids
        return _chosen(evaluation, f"{question}_{row}") == column or _marked(evaluation, f"{question}_{row}_{column}")
    if len(ids) != 1:
        return False
    if asked == "SelectableAnswer":
        return any(_chosen(evaluation, id) == ids[0] for id in evaluation.answers if id.startswith(f"{question}_"))
    return _chosen(evaluation, question) == ids[0] or _marked(evaluation, f"{question}_{ids[0]}")


def _chosen(evaluation: AnsweredEvaluation, id: str) -> str:
    """The id of the choice that was chosen; empty where none was."""
    answered = evaluation.answers.get(id)
    if answered is None or answered.kind not in (Kind.RATING, Kind.CHOICE) or answered.value is None:
        return ""
    return evaluation.points.get(id, {}).get(answered.value, "")


def _marked(evaluation: AnsweredEvaluation, id: str) -> bool:
    answered = evaluation.answers.get(id)
    return answered is not None and answered.kind == Kind.MARK and bool(answered.value)


def _entered(evaluation: AnsweredEvaluation, question: str, ids: Sequence[str]) -> str:
    names = [f"{question}_{id}{end}" for id in ids[:1] for end in ("_TEXT", "")] or [question]
    for name in names:
        if answered := evaluation.answers.get(name):
            return answered.text or ("" if answered.value is None else str(answered.value))
    return ""


def _compared(found: str, operator: str, wanted: str) -> bool:
    if operator in WORDS:
        return WORDS[operator](found.strip().casefold(), wanted.strip().casefold())
    if operator not in NUMBERS:
        return False
    try:
        return NUMBERS[operator](float(found), float(wanted))
    except ValueError:
        return False


WORDS: Mapping[str, Callable[[str, str], bool]] = {
    "EqualTo": lambda found, wanted: found == wanted,
    "NotEqualTo": lambda found, wanted: found != wanted,
    "Contains": lambda found, wanted: wanted in found,
    "DoesNotContain": lambda found, wanted: wanted not in found,
    "Empty": lambda found, wanted: not found,
    "NotEmpty": lambda found, wanted: bool(found),
}
NUMBERS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThan": lambda found, wanted: found > wanted,
    "GreaterThanOrEqual": lambda found, wanted: found >= wanted,
    "LessThan": lambda found, wanted: found < wanted,
    "LessThanOrEqual": lambda found, wanted: found <= wanted,
}
