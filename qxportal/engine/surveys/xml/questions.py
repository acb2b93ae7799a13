"""Questions as XML: those that a file described, and those that were made here."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from qxportal.engine.http import api_responses
from qxportal.engine.models import Question, Stem
from qxportal.engine.surveys.answer_columns import LocalizedQuestion, has_own_scales, points_of
from qxportal.engine.surveys.choices import Choice, choices
from qxportal.engine.surveys.parsed_survey import Payload
from qxportal.engine.surveys.php_values import as_map
from qxportal.engine.surveys.xml.layout import Layout
from qxportal.engine.surveys.xml.writing import element, flag, words

Kind = Question.Kind
PLAIN = {
    Kind.RATING: ("MC", "SAHR", "TX"),
    Kind.CHOICE: ("MC", "SAVR", "TX"),
    Kind.TEXT: ("TE", "ML", ""),
    Kind.MARK: ("MC", "MAVR", "TX"),
    Kind.NUMBER: ("Slider", "HSLIDER", ""),
}
LOGIC = ("DisplayLogic", "InPageDisplayLogic", "SkipLogic", "Randomization", "DynamicChoices", "DynamicAnswers")


def stem(row: Stem, layout: Layout) -> str:
    """A question as its author wrote it."""
    said = row.translations.get(layout.language) or {}
    return written(row.public_id, row.tag, row.payload, said, layout)


def plain(row: Question, layout: Layout) -> str:
    """A question without an author's own words about it."""
    type, selector, sub_selector = PLAIN[Kind(row.kind)]
    said = row.translations.get(layout.language) or {}
    labels = said.get("choices") or row.choices
    recodes = row.recodes or [str(number) for number in range(1, len(row.choices) + 1)]
    listed = [
        Choice(str(number), label, str(recode), label)
        for number, (label, recode) in enumerate(zip(labels, recodes, strict=False), start=1)
    ]
    return element(
        "Question",
        words("Type", type),
        words("Selector", selector),
        words("SubSelector", sub_selector),
        words("QuestionText", said.get("text") or row.text),
        words("QuestionDescription", row.text[:100]),
        words("ExportTag", row.tag),
        element("Validation", words("ForceResponse", flag(row.required))),
        _choices("Choice", listed) if listed else "",
        QuestionID=row.public_id,
    )


def written(id: str, tag: str, payload: Payload, said: Payload, layout: Layout) -> str:
    """A question in the words of a file, or of the language in which `said` has some."""
    return element(
        "Question",
        words("Type", payload.get("QuestionType", "")),
        words("Selector", payload.get("Selector", "")),
        words("SubSelector", payload.get("SubSelector", "")),
        words("QuestionText", said.get("QuestionText") or payload.get("QuestionText", "")),
        words("QuestionDescription", payload.get("QuestionDescription", "")),
        words("ExportTag", tag),
        _validation(payload, layout, id),
        *_lists(payload, said, layout, id),
        *(_inside(id, payload, said, layout) if layout.compound else ()),
        *(api_responses.element(name, payload[name]) for name in LOGIC if layout.logic and payload.get(name)),
        QuestionID=id,
    )


def _lists(payload: Payload, said: Payload, layout: Layout, id: str) -> Iterator[str]:
    asked = LocalizedQuestion(id, "", payload, said)
    own = has_own_scales(asked.selector, payload)
    drill_down = payload.get("QuestionType") == "DD"
    for key, name in (("Choices", "Choice"), ("Answers", "Answer")):
        if own and key == "Answers":
            continue  # they stand with their statements
        listed = choices(payload, id, key=key, said=said)
        if not listed:
            continue
        if not layout.by_display:
            listed = sorted(listed, key=_by_id)
        scales = {one.id: _choices("Answer", points_of(asked, one)) for one in listed} if own else {}
        parents = asked.drill_down.parents if drill_down and key == "Answers" else {}
        yield _choices(name, listed, scales, parents)


def _choices(
    name: str, listed: Sequence[Choice], scales: Mapping[str, str] = {}, parents: Mapping[str, str] = {}
) -> str:
    """Choices, with the scales of statements that have their own, and the answers that others stand below."""
    return element(
        f"{name}s",
        *(
            element(
                name,
                words("Description", one.markup),
                scales.get(one.id, ""),
                ID=one.id,
                Recode=one.recode,
                TextEntry="1" if one.text_entry else None,
                Parent=parents.get(one.id),
            )
            for one in listed
        ),
    )


def _by_id(choice: Choice) -> tuple[int, str]:
    return (int(choice.id) if choice.id.isdecimal() else 1 << 60, choice.id)


def _validation(payload: Payload, layout: Layout, id: str) -> str:
    validation = as_map(payload.get("Validation"), f"{id} Validation")
    settings = as_map(validation.get("Settings"), f"{id} Validation Settings")
    more = _settings(settings, layout) if layout.validation else ()
    return element("Validation", words("ForceResponse", flag(settings.get("ForceResponse") == "ON")), *more)


def _settings(settings: Mapping[str, Any], layout: Layout) -> Iterator[str]:
    for name, value in settings.items():
        if name == "ForceResponse" or not name.isascii() or not name.isidentifier():
            continue
        if not isinstance(value, dict | list):
            yield words(name, flag(value) if isinstance(value, bool) else value)
        elif layout.logic:
            yield api_responses.element(name, value)


def _inside(id: str, payload: Payload, said: Payload, layout: Layout) -> Iterator[str]:
    """The questions that stand side by side in one."""
    columns = as_map(payload.get("AdditionalQuestions"), f"{id} AdditionalQuestions")
    translated = as_map(said.get("AdditionalQuestions"), f"{id} Language AdditionalQuestions")
    shared = {key: payload[key] for key in ("Choices", "ChoiceOrder") if payload.get(key)}
    found = []
    for number, column in columns.items():
        inner = {**shared, **as_map(column, f"{id}#{number}")}
        if inner.get("QuestionType") == "SBS":
            continue
        spoken = {"Choices": said.get("Choices"), **as_map(translated.get(number), f"{id}#{number} Language")}
        tag = str(inner.get("DataExportTag") or f"{id}#{number}")
        found.append(written(f"{id}#{number}", tag, inner, spoken, layout))
    if found:
        yield element("SubQuestions", *found)
