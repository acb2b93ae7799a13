"""Questions as shown to an evaluator: texts and answer fields."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from qxportal.engine.models import Question
from qxportal.engine.surveys import answer_columns
from qxportal.engine.surveys.answer_columns import MULTIPLE, LocalizedQuestion
from qxportal.engine.surveys.choices import Choice
from qxportal.engine.surveys.parsed_survey import AnswerColumn, ParsedQuestion, Payload
from qxportal.engine.surveys.php_values import as_flag, as_map
from qxportal.engine.surveys.strip_html import strip_html

Kind = Question.Kind
LONG_TEXTS = ("ML", "ESTB")
LISTS = ("DL", "SB")


@dataclass(frozen=True, slots=True)
class Option:
    """One possible answer."""

    value: int  # as in Answer.value
    label: str
    id: str = ""  # the choice's id in its question
    beside: bool = False  # not a point of the scale, such as "cannot say"
    below: int = 0  # in a list of a drill-down: value of the answer in the list before; 0: it goes with any


@dataclass(frozen=True, slots=True)
class Field:
    """One answer field: options, a checkbox, a text or a number."""

    name: str  # public id of the question row
    kind: str
    label: str = ""
    options: tuple[Option, ...] = ()
    required: bool = False
    choice: str = ""  # id of the choice that it belongs to: a box, or the own words of "other"
    exclusive: bool = False  # an exclusive box
    long: bool = False  # multi-line text
    listed: bool = False  # options as a select box
    lowest: float | None = None  # of a number
    highest: float | None = None
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """A statement with its fields, or the only row of a plain question."""

    fields: tuple[Field, ...]
    label: str = ""
    opposite: str = ""  # the other pole of a statement with two
    choice: str = ""  # id of the statement


@dataclass(frozen=True)
class Item:
    """One question.

    layout: words (nothing to answer), choice, boxes, matrix (one option per row), profile (the same, each row with
    options of its own), grid (a field per cell), fields (texts or numbers under each other), drill (lists of which each
    hangs on the one before), columns (several of these side by side)
    """

    id: str
    layout: str
    text: str = ""
    note: str = ""  # what stands below it, smaller
    rows: tuple[Row, ...] = ()
    columns: tuple["Item", ...] = ()
    payload: Payload = field(default_factory=dict)
    question: str = ""  # public id of the question that it is a turn of

    @property
    def fields(self) -> Iterator[Field]:
        """All fields, in reading order."""
        for row in self.rows:
            yield from row.fields
        for column in self.columns:
            yield from column.fields


def of_stem(stem: ParsedQuestion, language: str) -> list[Item]:
    """An imported question in one language as one item, or one per turn of a repeated block."""
    said = stem.translations.get(language, {})
    turns = stem.payload.get("Turns")
    if not (isinstance(turns, dict) and turns):
        return [
            _item(LocalizedQuestion(stem.id, stem.tag, stem.payload, said), answer_columns.parts(stem, language), stem)
        ]
    parts = answer_columns.parts(stem, language)
    items = []
    for number, (turn, given) in enumerate(turns.items(), start=1):
        fields = {**given, answer_columns.NUMBER: str(number), answer_columns.TOTAL: str(len(turns))}
        payload, words = (answer_columns.piped(one, fields) for one in (stem.payload, said))
        own = [part for part in parts if part.public_id.startswith(f"{turn}_")]
        asked = LocalizedQuestion(f"{turn}_{stem.id}", stem.tag, payload, words)
        items.append(_item(asked, own, stem, turn=next(filter(None, given.values()), turn)))
    return items


def of_questions(rows: Sequence[Question], language: str, *, id: str, text: str, note: str) -> Item:
    """Questions of a survey made here: statements of one competency, or open questions."""
    fields = [_of_row(row, language) for row in rows]
    scales = {one.options for one in fields}
    if len(scales) == 1 and all(one.kind in (Kind.RATING, Kind.CHOICE) for one in fields):
        return Item(id, "matrix", text, note, tuple(Row((one,), one.label) for one in fields))
    return Item(id, "fields", text, note, tuple(Row((one,), one.label) for one in fields))


def _of_row(row: Question, language: str) -> Field:
    said = row.translations.get(language, {})
    labels = said.get("choices") or row.choices
    others = said.get("others") or [other["label"] for other in row.others]
    options = [Option(number, str(label), str(number)) for number, label in enumerate(labels, start=1)]
    options += [Option(-number, str(label), beside=True) for number, label in enumerate(others, start=1)]
    return Field(
        row.public_id,
        row.kind,
        said.get("text") or row.text,
        tuple(options) if row.kind in (Kind.RATING, Kind.CHOICE) else (),
        row.required,
        long=row.kind == Kind.TEXT,
    )


def _item(asked: LocalizedQuestion, parts: Sequence[AnswerColumn], stem: ParsedQuestion, turn: str = "") -> Item:
    layout, rows, columns = _laid_out(asked, {part.public_id: part for part in parts})
    text = asked.text
    if turn and turn not in text:
        text = f"{text} ({turn})" if text else turn
    return Item(asked.id, layout, text, "", tuple(rows), tuple(columns), asked.payload, stem.id)


def _laid_out(asked: LocalizedQuestion, parts: Mapping[str, AnswerColumn]) -> tuple[str, list[Row], list[Item]]:
    if not parts:
        return "words", [], []
    match asked.type:
        case "MC" if asked.selector in MULTIPLE:
            fields = [one for choice in asked.choices for one in _of_choice(asked, choice, parts)]
            return "boxes", [Row(tuple(fields))], []
        case "MC":
            main = _scale(asked, asked.id, asked.choices, parts)
            words = [one for choice in asked.choices for one in _own_words(asked, choice, parts)]
            return "choice", [Row((*main, *words))], []
        case "Matrix":
            return *_matrix(asked, parts), []
        case "DD":
            return "drill", list(_lists(asked, parts)), []
        case "SBS":
            return "columns", [], list(_side_by_side(asked, parts))
    return "fields", [_alone(asked, part) for part in parts.values()], []


def _matrix(asked: LocalizedQuestion, parts: Mapping[str, AnswerColumn]) -> tuple[str, list[Row]]:
    rows, cells = [], False
    for statement in asked.choices:
        left, _, right = statement.label.partition(":") if asked.selector == "Bipolar" else (statement.label, "", "")
        words = _own_words(asked, statement, parts)
        points = answer_columns.points_of(asked, statement)
        whole = _scale(asked, f"{asked.id}_{statement.id}", points, parts)
        if not whole:
            cells = True
            whole = [
                _plain(asked, part, label=answer.label)
                for answer in points
                if (part := parts.get(f"{asked.id}_{statement.id}_{answer.id}"))
            ]
        rows.append(Row((*whole, *words), left.strip(), right.strip(), statement.id))
    if cells:
        return "grid", rows
    same = len({row.fields[0].options for row in rows}) == 1
    return ("matrix" if same else "profile"), rows


def _lists(asked: LocalizedQuestion, parts: Mapping[str, AnswerColumn]) -> Iterator[Row]:
    """The lists of a drill-down."""
    for number, one in enumerate(asked.choices, start=1):
        if part := parts.get(f"{asked.id}_{one.id}"):
            label = one.label or f"{asked.text} ({number})"
            options = tuple(
                Option(value, words or id, id, below=below)
                for value, (words, id, below) in enumerate(
                    zip(part.choices, part.ids, part.above, strict=True), start=1
                )
            )
            yield Row(
                (Field(part.public_id, part.kind, label, options, part.required, listed=True),), label, choice=one.id
            )


def _side_by_side(asked: LocalizedQuestion, parts: Mapping[str, AnswerColumn]) -> Iterator[Item]:
    """The columns of a side-by-side question, each a question about the same statements."""
    place = f"{asked.id} AdditionalQuestions"
    said = as_map(asked.said.get("AdditionalQuestions"), place)
    statements = {key: asked.payload[key] for key in ("Choices", "ChoiceOrder") if asked.payload.get(key)}
    for id, column in as_map(asked.payload.get("AdditionalQuestions"), place).items():
        inner: dict[str, Any] = {**statements, **as_map(column, place)}
        name = f"{asked.id}#{id}"
        own = {key: part for key, part in parts.items() if key == name or key.startswith(f"{name}_")}
        words = {"Choices": asked.said.get("Choices"), **as_map(said.get(id), place)}
        layout, rows, _columns = _laid_out(LocalizedQuestion(name, asked.tag, inner, words), own)
        heading = strip_html(str(words.get("QuestionText") or inner.get("QuestionText") or ""))
        if rows:
            yield Item(name, layout, heading, "", tuple(rows), (), inner, asked.id)


def _scale(
    asked: LocalizedQuestion, id: str, points: Sequence[Choice], parts: Mapping[str, AnswerColumn]
) -> list[Field]:
    """The field of a part answered by one of these points, in the author's order; empty if there is none."""
    part = parts.get(id)
    if part is None or part.kind not in (Kind.RATING, Kind.CHOICE):
        return []
    values = {choice: value for value, choice in part.chosen.items()}
    options = [
        Option(values[one.id], one.label or str(abs(values[one.id])), one.id, values[one.id] < 0)
        for one in points
        if one.id in values
    ]
    listed = asked.selector in LISTS or asked.payload.get("SubSelector") in LISTS
    return [Field(id, part.kind, part.text, tuple(options), part.required, listed=listed)]


def _of_choice(asked: LocalizedQuestion, choice: Choice, parts: Mapping[str, AnswerColumn]) -> Iterator[Field]:
    if part := parts.get(f"{asked.id}_{choice.id}"):
        entry = as_map(asked.payload.get("Choices"), asked.id).get(choice.id)
        exclusive = isinstance(entry, dict) and as_flag(entry.get("ExclusiveAnswer"))
        yield Field(
            part.public_id, part.kind, choice.label, required=asked.required, choice=choice.id, exclusive=exclusive
        )
    yield from _own_words(asked, choice, parts)


def _own_words(asked: LocalizedQuestion, choice: Choice, parts: Mapping[str, AnswerColumn]) -> list[Field]:
    part = parts.get(f"{asked.id}_{choice.id}_TEXT")
    return [Field(part.public_id, part.kind, choice.label, choice=choice.id)] if part else []


def _plain(asked: LocalizedQuestion, part: AnswerColumn, label: str = "") -> Field:
    """The field of any other part: text, number, box or options."""
    values = {choice: value for value, choice in part.chosen.items()}
    labels = dict(zip(part.ids, part.choices, strict=False)) | {other.id: other.label for other in part.others}
    options = [Option(value, labels.get(id, id), id, value < 0) for id, value in values.items()]
    lowest, highest, decimals = _limits(asked) if part.kind == Kind.NUMBER else (None, None, 0)
    return Field(
        part.public_id,
        part.kind,
        label or _own_label(asked, part),
        tuple(options) if part.kind in (Kind.RATING, Kind.CHOICE) else (),
        part.required,
        long=part.kind == Kind.TEXT and asked.selector in LONG_TEXTS,
        lowest=lowest,
        highest=highest,
        decimals=decimals,
    )


def _alone(asked: LocalizedQuestion, part: AnswerColumn) -> Row:
    one = _plain(asked, part)
    return Row((one,), one.label, choice=part.public_id.removeprefix(f"{asked.id}_").partition("_")[0])


def _own_label(asked: LocalizedQuestion, part: AnswerColumn) -> str:
    """The label of a field; empty if the question's text is enough."""
    if part.text == asked.text:
        return ""
    return part.text.removeprefix(f"{asked.text} – ")


def _limits(asked: LocalizedQuestion) -> tuple[float | None, float | None, int]:
    """Minimum, maximum and number of decimals of a numeric answer."""
    if asked.type == "RO":
        return 1, len(asked.choices), 0
    said = as_map(asked.payload.get("Configuration"), f"{asked.id} Configuration")
    decimals = _number(said.get("NumDecimals")) or 0
    lowest = _number(said.get("CSSliderMin"))
    if asked.type == "CS":
        return (0 if lowest is None else lowest), None, 2
    return lowest, _number(said.get("CSSliderMax")), min(6, max(0, int(decimals)))


def _number(value: object) -> float | None:
    try:
        found = float(str(value))
    except ValueError:
        return None
    return found if abs(found) < 1e9 else None
