"""Conversion between answers and cells: recodes, labels or texts."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial

from qxportal.engine.assessments.answering import Given
from qxportal.engine.assessments.relationships import squeeze
from qxportal.engine.models import Question

Kind = Question.Kind
Write = Callable[[int | None, str], object]
WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,9})", re.ASCII)
DECIMAL = re.compile(r"(-?[0-9]{1,10})(?:[.,]([0-9]{1,10}))?", re.ASCII)
TWO_WAYS = re.compile(r"-?[1-9][0-9]{0,2},[0-9]{3}", re.ASCII)  # comma as thousands separator or decimal point
SMALLEST, LARGEST = -(2**31), 2**31 - 1  # range of the database column
WITHOUT_CENTS = re.compile(r"-?[0-9]{1,10}\.0{1,10}", re.ASCII)
TICKED, NOT_TICKED = ("1", "true", "x"), ("", "0", "false")
LEFT_OPEN = "-99"  # default recode of questions seen and left blank


class UnreadableError(Exception):
    """A cell is no answer to its question; the message says what would be."""


def plain(value: object) -> object:
    """A numeric text as number, so that JSON has 5 instead of "5"; other texts unchanged."""
    return int(value) if isinstance(value, str) and WHOLE.fullmatch(value) else value


def writer(question: Question, *, labels: bool = False) -> Write:
    """A function from an answer to its cell; the cell is None for a question seen and left blank."""
    if question.kind in (Kind.RATING, Kind.CHOICE):
        shown = _labels(question) if labels else _recodes(question)
        if question.above:  # a list of a drill-down, which may hold a text from before its answers were choices
            return lambda value, text: (text or None) if value is None else shown.get(value, value)
        return lambda value, text: None if value is None else shown.get(value, value)
    if question.kind == Kind.MARK:
        mark = mark_label(question) if labels else 1
        return lambda value, text: mark if value else None
    if question.kind == Kind.NUMBER:
        return lambda value, text: float(text) if text else value
    return lambda value, text: text or None


def mark_label(question: Question) -> str:
    """The cell of a ticked box."""
    return str(question.choices[0]) if question.choices else question.text


def _recodes(question: Question) -> Mapping[int, object]:
    others = {-number: plain(other["recode"]) for number, other in enumerate(question.others, start=1)}
    return {number: plain(recode) for number, recode in enumerate(question.recodes, start=1)} | others


def _labels(question: Question) -> Mapping[int, object]:
    others = {-number: str(other["label"]) for number, other in enumerate(question.others, start=1)}
    return {number: str(label) for number, label in enumerate(question.choices, start=1)} | others


def reader(question: Question) -> Callable[[str], Given | None]:
    """A function from a cell to the answer, None for a blank cell; raises UnreadableError."""
    read = _reader(question)
    if question.kind in (Kind.RATING, Kind.CHOICE) or _goes_below(question):
        return read
    return lambda cell: Given() if cell.strip() == LEFT_OPEN else read(cell)


def _goes_below(question: Question) -> bool:
    """Whether -99 is a possible answer to the question."""
    if question.kind != Kind.NUMBER or question.stem is None:
        return question.kind == Kind.NUMBER
    options = question.stem.payload.get("Configuration")
    least = options.get("CSSliderMin") if isinstance(options, dict) else None
    try:
        return least is not None and float(least) <= int(LEFT_OPEN)
    except (TypeError, ValueError):
        return False


def _reader(question: Question) -> Callable[[str], Given | None]:
    if question.kind in (Kind.RATING, Kind.CHOICE):
        return _choice_reader(question)
    if question.kind == Kind.MARK:
        return _mark_reader(question)
    if question.kind == Kind.NUMBER:
        return partial(_number, decimals=_has_decimals(question))
    return lambda cell: Given(text=cell) if cell else None


def _choice_reader(question: Question) -> Callable[[str], Given | None]:
    recodes: dict[str, int] = {}
    labels: dict[str, int] = {}
    for number in range(1, max(len(question.recodes), len(question.choices)) + 1):
        recodes.setdefault(str(_recodes(question).get(number, number)), number)
    for number in range(-1, -len(question.others) - 1, -1):
        recodes.setdefault(str(_recodes(question)[number]), number)
    for number, label in _labels(question).items():
        labels.setdefault(squeeze(str(label)), number)
    meaning, possible = labels | recodes, ", ".join(recodes)[:200]

    def read(cell: str) -> Given | None:
        if not cell.strip():
            return None
        number = meaning.get(cell) or meaning.get(cell.strip()) or meaning.get(squeeze(cell))
        if number is None and WITHOUT_CENTS.fullmatch(cell.strip()):  # 2.0, as data frames write 2
            number = meaning.get(cell.strip().partition(".")[0])
        if number is None and cell.strip() == LEFT_OPEN:
            return Given()
        if number is None:
            raise UnreadableError(f"{shown_cell(cell)} is none of {possible}, nor a label.")
        return Given(value=number)

    return read


def _mark_reader(question: Question) -> Callable[[str], Given | None]:
    ticked = {*TICKED, squeeze(mark_label(question))}

    def read(cell: str) -> Given | None:
        word = squeeze(cell)
        if word in NOT_TICKED:
            return None
        if word not in ticked:
            raise UnreadableError(f"{shown_cell(cell)} is neither 1 nor blank.")
        return Given(value=1)

    return read


def readers_of_boxes(boxes: Sequence[Question]) -> list[tuple[Question, Callable[[str], Given | None]]]:
    """Functions that read one cell with all ticked choices (recodes or labels, comma-separated), one per box."""
    recodes = {_recode_of(box): box.public_id for box in boxes}
    labels = {squeeze(mark_label(box)): box.public_id for box in boxes}
    longest = sum(len(label) + 1 for label in labels)

    @lru_cache(1)  # all boxes read the same cell
    def ticked(cell: str) -> frozenset[str]:
        words = [word.strip() for word in cell.split(",")]
        if all(word in recodes for word in words):
            return frozenset(recodes[word] for word in words)
        found, rest = set[str](), squeeze(cell)
        if len(rest) > longest:
            raise UnreadableError(f"{shown_cell(cell)} names more than there are choices.")
        while rest:  # a label may contain commas
            label = max((one for one in labels if f"{rest},".startswith(f"{one},")), key=len, default="")
            if not label:
                raise UnreadableError(
                    f"{shown_cell(cell)} is none of {', '.join(recodes)[:200]}, nor labels of theirs."
                )
            found.add(labels[label])
            rest = rest[len(label) + 1 :]
        return frozenset(found)

    def read(box: Question, cell: str) -> Given | None:
        if not cell.strip():
            return None
        if cell.strip() == LEFT_OPEN and LEFT_OPEN not in recodes:
            return Given()
        return Given(value=1) if box.public_id in ticked(cell) else None

    return [(box, partial(read, box)) for box in boxes]


def _recode_of(box: Question) -> str:
    """A choice's code in exports: its recode, or its number."""
    statement, _, choice = box.part.rpartition("_")
    payload = box.stem.payload if box.stem else {}
    if box.part.startswith("#"):  # of a column of a side by side
        columns = payload.get("AdditionalQuestions")
        payload = columns.get(box.part[1:].partition("_")[0]) if isinstance(columns, dict) else None
    found = payload.get("RecodeValues") if isinstance(payload, dict) else None
    if isinstance(found, dict) and isinstance(found.get(statement), dict):  # of a profile
        found = found[statement]
    return str(found.get(choice, choice)) if isinstance(found, dict) else choice


def _has_decimals(question: Question) -> bool:
    """Whether decimals are allowed: for a slider with decimals, or a part of a sum."""
    if question.stem is None:
        return False
    options = question.stem.payload.get("Configuration")
    said = str(options.get("NumDecimals", "")) if isinstance(options, dict) else ""
    return question.stem.type == "CS" or said.strip() not in ("", "0")


def _number(cell: str, *, decimals: bool) -> Given | None:
    """An answer with a whole number; decimals are stored as text beside the nearest whole number."""
    text = cell.strip()
    if not text:
        return None
    found = DECIMAL.fullmatch(text)
    if found is None or not SMALLEST <= int(found[1]) <= LARGEST:
        raise UnreadableError(f"{shown_cell(cell)} is no {'number' if decimals else 'whole number'}.")
    if TWO_WAYS.fullmatch(text):
        raise UnreadableError(
            f"{shown_cell(cell)} can be read in two ways: write {found[1]}.{found[2]} or {found[1]}{found[2]}."
        )
    rest = (found[2] or "").rstrip("0")
    if not rest:
        return Given(value=int(found[1]))
    if not decimals:
        raise UnreadableError(f"{shown_cell(cell)} is no whole number, and this question has no decimals.")
    exact = f"{found[1]}.{rest}"
    return Given(value=min(LARGEST, max(SMALLEST, round(float(exact)))), text=exact)


def shown_cell(cell: str) -> str:
    """A cell, shortened and quoted for error messages."""
    return repr(cell.strip()[:40])
