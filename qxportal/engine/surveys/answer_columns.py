"""The parts of a question that are answered, each a column of every export.

single choice, dropdown, score    one, and one more for each choice with a text of its own
several choices                   one per choice
matrix                            one per statement, or one per cell where each cell is answered
drill-down                        one per list
text, form                        one, or one per field
slider, sum, rank, groups         one per choice
side by side                      those of each of its columns
words, pictures, timers, captcha  none
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from qxportal.engine.models import Question
from qxportal.engine.surveys import choices as read
from qxportal.engine.surveys import drill_down, tags
from qxportal.engine.surveys.choices import Choice
from qxportal.engine.surveys.limits import LABEL, PARTS, WORDS, at_most, refusal
from qxportal.engine.surveys.parsed_survey import AnswerColumn, Other, ParsedQuestion, Payload
from qxportal.engine.surveys.php_values import as_map, as_text
from qxportal.engine.surveys.scales import scale
from qxportal.engine.surveys.strip_html import strip_html

Kind = Question.Kind
FIELD = re.compile(r"\$\{lm://(?:Field/([A-Za-z0-9]{1,20})|(CurrentLoopNumber|TotalLoops))\}", re.ASCII)
NUMBER, TOTAL = "CurrentLoopNumber", "TotalLoops"  # number of the turn, and of all turns
MULTIPLE = ("MAVR", "MAHR", "MACOL", "MSB")
LIKES = ("Dislike", "Neutral", "Like")


@dataclass(frozen=True)
class LocalizedQuestion:
    """A question with its texts in one language."""

    id: str
    tag: str
    payload: Payload
    said: Payload  # translated texts, which override the payload's

    @property
    def type(self) -> str:
        """MC, Matrix, TE, ..."""
        return str(self.payload.get("QuestionType", ""))

    @property
    def selector(self) -> str:
        """Its layout, the Selector in QSF."""
        return str(self.payload.get("Selector", ""))

    @cached_property
    def text(self) -> str:
        """Its text."""
        own = as_text(self.payload.get("QuestionText"), f"{self.id} QuestionText")
        return strip_html(as_text(self.said.get("QuestionText"), f"{self.id} QuestionText") or own)[:LABEL]

    @cached_property
    def choices(self) -> list[Choice]:
        """Its choices or statements."""
        return read.choices(self.payload, self.id, said=self.said)

    @cached_property
    def answers(self) -> list[Choice]:
        """The columns of a matrix."""
        return read.choices(self.payload, self.id, key="Answers", said=self.said)

    @cached_property
    def drill_down(self) -> drill_down.Tree:
        """The answers of a drill-down, list by list."""
        return drill_down.tree(self.payload, self.id, len(self.choices), self.answers)

    @cached_property
    def required(self) -> bool:
        """Whether it must be answered."""
        validation = as_map(self.payload.get("Validation"), f"{self.id} Validation")
        return as_map(validation.get("Settings"), f"{self.id} Validation Settings").get("ForceResponse") == "ON"

    def of(self, choice: Choice) -> str:
        """The question's text with one of its choices."""
        return f"{self.text} – {choice.label}" if self.text and choice.label else self.text or choice.label

    def part(
        self,
        id: str,
        kind: Kind,
        text: str,
        points: Sequence[Choice] | None = None,
        *,
        others: Sequence[Other] = (),
        above: Sequence[int] = (),
        tag: str = "",
        loose: bool = False,
    ) -> AnswerColumn:
        """One part; a loose one is optional even if the question is required."""
        return AnswerColumn(
            public_id=f"{self.id}_{id}" if id else self.id,
            tag=(tag or tags.tag(self.id, self.tag, self.payload, id))[:80],
            kind=kind,
            text=text or self.tag,
            choices=[point.label for point in points or ()],
            recodes=read.recodes(points or []) if kind in (Kind.RATING, Kind.CHOICE) else [],
            ids=[point.id for point in points or ()],
            others=others,
            above=above,
            required=self.required and not loose,
        )


def parts(stem: ParsedQuestion, language: str = "") -> list[AnswerColumn]:
    """The parts of a question in its own language or another one."""
    said = stem.translations.get(language, {})
    turns = stem.payload.get("Turns")
    if isinstance(turns, dict) and turns:
        return _in_turns(stem, said, turns)
    found = list(_parts(LocalizedQuestion(stem.id, stem.tag, stem.payload, said)))
    at_most(PARTS, len(found), "answers", stem.id)
    return found


def _in_turns(stem: ParsedQuestion, said: Payload, turns: Mapping[str, Mapping[str, str]]) -> list[AnswerColumn]:
    """The parts of a question that is asked once per turn of a loop."""
    at_most(WORDS, len(repr((stem.payload, said))) * len(turns), "characters in all turns", stem.id)
    found: list[AnswerColumn] = []
    for number, (turn, given) in enumerate(turns.items(), start=1):
        fields = {**given, NUMBER: str(number), TOTAL: str(len(turns))}
        payload, words = (piped(one, fields) for one in (stem.payload, said))
        label = next(filter(None, given.values()), turn)
        for part in _parts(LocalizedQuestion(stem.id, stem.tag, payload, words)):
            named = label in part.text
            found.append(
                replace(
                    part,
                    public_id=f"{turn}_{part.public_id}",
                    tag=f"{turn}_{part.tag}"[:80],
                    text=part.text if named else f"{part.text} ({label})",
                )
            )
        at_most(PARTS, len(found), "answers", stem.id)
    return found


def piped(value: Any, fields: Mapping[str, str]) -> Any:
    """The value with a turn's texts filled into the loop's placeholders."""
    if isinstance(value, str):
        return (
            FIELD.sub(lambda place: fields.get(place.group(1) or place.group(2), ""), value)
            if "lm://" in value
            else value
        )
    if isinstance(value, dict):
        return {key: piped(inner, fields) for key, inner in value.items()}
    return [piped(inner, fields) for inner in value] if isinstance(value, list) else value


def _parts(asked: LocalizedQuestion) -> Iterator[AnswerColumn]:
    make = MAKERS.get(asked.type)
    return make(asked) if make else iter(())


def _choice(asked: LocalizedQuestion) -> Iterator[AnswerColumn]:
    if asked.selector in MULTIPLE:
        for choice in asked.choices:
            yield asked.part(choice.id, Kind.MARK, asked.of(choice), [choice], loose=True)
            yield from _own_texts(asked, [choice])
        return
    if asked.choices and (asked.selector == "NPS" or asked.payload.get("Rating") is True):
        yield _rated(asked, "", asked.text, asked.choices)
    elif asked.choices:
        yield asked.part("", Kind.CHOICE, asked.text, asked.choices)
    yield from _own_texts(asked, asked.choices)


def _own_texts(asked: LocalizedQuestion, choices: Sequence[Choice]) -> Iterator[AnswerColumn]:
    """Text entries of choices; in a single-answer question the vendor has one column for them."""
    alone = asked.type == "MC" and asked.selector not in MULTIPLE
    for number, choice in enumerate(choice for choice in choices if choice.text_entry):
        tag = f"{asked.tag}_TEXT" if alone and number == 0 else ""
        yield asked.part(f"{choice.id}_TEXT", Kind.TEXT, asked.of(choice), tag=tag, loose=True)


def _rated(asked: LocalizedQuestion, id: str, text: str, points: list[Choice]) -> AnswerColumn:
    """A rated part; a plain choice if the scale has fewer than two points."""
    found = scale(points)
    if len(found.points) < 2:
        return asked.part(id, Kind.CHOICE, text, points)
    others = [Other(other.choice.id, other.choice.label, other.choice.recode, other.point) for other in found.others]
    return asked.part(id, Kind.RATING, text, found.points, others=others)


def _matrix(asked: LocalizedQuestion) -> Iterator[AnswerColumn]:
    cells = {"TE": Kind.TEXT, "CS": Kind.NUMBER, "RO": Kind.NUMBER}.get(asked.selector)
    if asked.payload.get("SubSelector") == "MultipleAnswer":
        cells = Kind.MARK
    offered = {statement.id: points_of(asked, statement) for statement in asked.choices}
    at_most(PARTS, sum(len(points) if cells else 1 for points in offered.values()), "answers", asked.id)
    for statement in asked.choices:
        if cells:
            for answer in offered[statement.id]:
                points = [answer] if cells == Kind.MARK else None
                text = " – ".join(word for word in (statement.label, answer.label) if word)
                id = f"{statement.id}_{answer.id}"
                tag = f"{tags.tag(asked.id, asked.tag, asked.payload, id)}_TEXT" if cells == Kind.TEXT else ""
                yield asked.part(id, cells, text, points, tag=tag, loose=cells == Kind.MARK)
        elif asked.selector == "MaxDiff":
            yield asked.part(statement.id, Kind.CHOICE, statement.label, asked.answers)
        else:
            poles = statement.label.replace(":", " – ", 1) if asked.selector == "Bipolar" else statement.label
            yield _rated(asked, statement.id, poles, offered[statement.id])
        yield from _own_texts(asked, [statement])


def points_of(asked: LocalizedQuestion, statement: Choice) -> list[Choice]:
    """The scale of a statement; in a profile each statement has its own.

    In a profile Answers has a map per statement; AnswerOrder and RecodeValues have one, too, or apply to all.
    Common recodes apply to a statement only if they name each of its answers: others would merge two points.
    """
    if not has_own_scales(asked.selector, asked.payload):
        return asked.answers
    place = f"{asked.id} Answers"
    own, order, recodes, analysed, said = (
        _of_statement(given, statement.id)
        for given in (
            *(asked.payload.get(key) for key in ("Answers", "AnswerOrder", "RecodeValues", "AnalyzeChoices")),
            asked.said.get("Answers"),
        )
    )
    listed = as_map(own, place)
    if recodes is asked.payload.get("RecodeValues") and not listed.keys() <= as_map(recodes, place).keys():
        recodes = {}
    rules = {"RecodeValues": recodes, "AnalyzeChoices": analysed}
    return read.listed(listed, rules, place, order=order, said=as_map(said, place))


def has_own_scales(selector: str, payload: Payload) -> bool:
    """Whether each statement of a matrix has its own answers."""
    answers = payload.get("Answers")
    listed = list(answers.values()) if isinstance(answers, dict) else answers if isinstance(answers, list) else []
    return selector == "Profile" and all(isinstance(one, dict | list) and "Display" not in one for one in listed)


def _of_statement(given: object, id: str) -> object:
    """A profile's setting for one statement, or the common one."""
    listed = list(given.values()) if isinstance(given, dict) else given if isinstance(given, list) else []
    if any(isinstance(one, dict | list) for one in listed):
        return as_map(given, id).get(id)
    return given


def _text(asked: LocalizedQuestion) -> Iterator[AnswerColumn]:
    if asked.selector == "FORM":
        for field in asked.choices:
            yield asked.part(field.id, Kind.TEXT, asked.of(field))
    else:
        yield asked.part("", Kind.TEXT, asked.text)


def _numbers(asked: LocalizedQuestion) -> Iterator[AnswerColumn]:
    if not asked.choices:
        yield asked.part("", Kind.NUMBER, asked.text)
    for choice in asked.choices:
        yield asked.part(choice.id, Kind.NUMBER, asked.of(choice))
        yield from _own_texts(asked, [choice])


def _groups(asked: LocalizedQuestion) -> Iterator[AnswerColumn]:
    """Items that are sorted into groups and ranked there."""
    groups = _labels(asked, as_map(asked.payload.get("Groups"), f"{asked.id} Groups"))
    for choice in asked.choices:
        yield asked.part(f"{choice.id}_GROUP", Kind.CHOICE, asked.of(choice), groups)
        yield asked.part(f"{choice.id}_RANK", Kind.NUMBER, asked.of(choice))


def _labels(asked: LocalizedQuestion, given: Mapping[str, object]) -> list[Choice]:
    named = {str(number): name for number, name in enumerate(given.values(), start=1)}
    return read.listed(named, {}, asked.id)


def _regions(asked: LocalizedQuestion) -> Iterator[AnswerColumn]:
    for region in asked.choices:
        if asked.selector == "LD":
            likes = [Choice(str(number), word, str(number)) for number, word in enumerate(LIKES, start=1)]
            yield asked.part(region.id, Kind.CHOICE, asked.of(region), likes)
        else:
            yield asked.part(region.id, Kind.MARK, asked.of(region), [region], loose=True)


def _words(asked: LocalizedQuestion) -> Iterator[AnswerColumn]:
    """Words of a text that are assigned to categories."""
    for word in asked.choices:
        yield asked.part(word.id, Kind.CHOICE, asked.of(word), asked.answers)


def _lists(asked: LocalizedQuestion) -> Iterator[AnswerColumn]:
    """The lists of a drill-down, if they have answers."""
    if asked.answers:
        tree = asked.drill_down
        for listed, offered, above in zip(asked.choices, tree.lists, tree.values_above, strict=True):
            yield asked.part(listed.id, Kind.CHOICE, asked.of(listed), offered, above=above)


def _free(asked: LocalizedQuestion) -> Iterator[AnswerColumn]:
    yield asked.part("", Kind.TEXT, asked.text)


def _side_by_side(asked: LocalizedQuestion) -> Iterator[AnswerColumn]:
    columns = as_map(asked.payload.get("AdditionalQuestions"), f"{asked.id} AdditionalQuestions")
    said = as_map(asked.said.get("AdditionalQuestions"), f"{asked.id} AdditionalQuestions")
    statements = {key: asked.payload[key] for key in ("Choices", "ChoiceOrder") if asked.payload.get(key)}
    for id, column in columns.items():
        place = f"{asked.id}#{id}"
        if not (id.isascii() and id.isalnum() and len(id) <= 6):
            raise refusal(asked.id, f"{id[:20]!r} is no id of a column.")
        inner = {**statements, **as_map(column, place)}
        if inner.get("QuestionType") != "SBS":  # columns cannot be nested
            words = {"Choices": asked.said.get("Choices"), **as_map(said.get(id), place)}
            yield from _parts(LocalizedQuestion(place, f"{asked.tag}#{id}", inner, words))


MAKERS: Mapping[str, Callable[[LocalizedQuestion], Iterator[AnswerColumn]]] = {
    "CS": _numbers,
    "DD": _lists,
    "Draw": _free,
    "FileUpload": _free,
    "HL": _words,
    "HeatMap": _free,
    "HotSpot": _regions,
    "MC": _choice,
    "Matrix": _matrix,
    "PGR": _groups,
    "RO": _numbers,
    "SBS": _side_by_side,
    "SS": _numbers,
    "Slider": _numbers,
    "TE": _text,
    "TreeSelect": _free,
}
