"""Evaluates conditions, such as a quota's, on a completed evaluation.

A condition is groups of expressions, numbered from 0; "and" binds closer than "or". An expression about anything but
an answer or a field is never met.
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
    """The answer to one question."""

    kind: str
    value: int | None
    text: str


@dataclass(frozen=True)
class AnsweredEvaluation:
    """The facts for conditions: answers by question id, and fields by name."""

    answers: Mapping[str, Answered]
    fields: Mapping[str, str]
    points: Mapping[str, Mapping[int, str]]  # question id -> `value` -> choice id


def meets(evaluation: AnsweredEvaluation, logic: object, depth: int = 0) -> bool:
    """Whether the evaluation meets the condition; an empty one is always met."""
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
    """The ids of the questions in a condition."""
    for item in _numbered(logic):
        yield _path(item)[0]
        if depth < DEEPEST:
            yield from named(item, depth + 1)


def _numbered(logic: object) -> Iterator[Mapping[str, Any]]:
    """The inner groups or expressions in order."""
    if isinstance(logic, dict):
        items = [logic[key] for key in sorted((key for key in logic if key.isdecimal()), key=int)]
    else:
        items = logic if isinstance(logic, list) else []
    return (item for item in items if isinstance(item, dict))


def _or(item: Mapping[str, Any]) -> bool:
    return item.get("Conjuction", item.get("Conjunction")) in OR  # the vendor's spelling and the correct one


def _path(item: Mapping[str, Any]) -> list[str]:
    """Question, property and choice of an operand."""
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
    """Whether a choice was selected: of the question, or of one or any statement of a matrix."""
    if len(ids) == 2:
        row, column = ids
        return _chosen(evaluation, f"{question}_{row}") == column or _marked(evaluation, f"{question}_{row}_{column}")
    if len(ids) != 1:
        return False
    if asked == "SelectableAnswer":
        return any(_chosen(evaluation, id) == ids[0] for id in evaluation.answers if id.startswith(f"{question}_"))
    return _chosen(evaluation, question) == ids[0] or _marked(evaluation, f"{question}_{ids[0]}")


def _chosen(evaluation: AnsweredEvaluation, id: str) -> str:
    """The id of the selected choice; empty if there is none."""
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
