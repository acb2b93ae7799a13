"""Blocks, flow and embedded data as XML."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from qxportal.engine.http import api_responses
from qxportal.engine.models import Block
from qxportal.engine.surveys.parsed_survey import Payload
from qxportal.engine.surveys.xml.layout import Layout
from qxportal.engine.surveys.xml.writing import element, flag, words

BLOCKS = ("Block", "Standard", "Default")
TYPES = ("Description", "Type", "VariableType")
Turns = Mapping[str, Mapping[str, str]]
APART = ("Type", "ID", "FlowID", "Flow", "EmbeddedData")


def block(id: str, description: str, elements: Iterable[Payload], turns: Turns, layout: Layout) -> str:
    """A block with its questions, with the logic also where each leads and how it is repeated, and page breaks."""
    inside = element("BlockElements", *_elements(elements, layout))
    return element("Block", inside, _looping(turns) if layout.logic else "", ID=id, Description=description)


def _looping(turns: Turns) -> str:
    """For which things the questions of a block are asked."""
    if not turns:
        return ""
    listed = [
        element("Turn", *(words("Field", text, ID=key) for key, text in fields.items()), ID=turn)
        for turn, fields in turns.items()
    ]
    return element("Looping", *listed)


def _elements(elements: Iterable[Payload], layout: Layout) -> Iterator[str]:
    for one in elements:
        if one.get("Type") == "Question":
            logic = one.get("SkipLogic") if layout.logic else None
            skip = api_responses.element("SkipLogic", logic) if logic else ""
            yield element("Question", skip, QuestionID=one.get("QuestionID"))
        elif one.get("Type") == "Page Break":
            yield element("PageBreak")


def after_each_other(ids: Sequence[str]) -> list[Payload]:
    """The flow of a survey that says nothing of one."""
    return [{"Type": "Block", "ID": id, "FlowID": f"FL_{number}"} for number, id in enumerate(ids, start=2)]


def flow(steps: Sequence[Payload], layout: Layout) -> str:
    """The steps in their order, each with what is inside."""
    return element("SurveyFlow", *(_step(step, layout) for step in steps))


def _step(step: Payload, layout: Layout) -> str:
    type = str(step.get("Type"))
    if type in BLOCKS:
        return element("Block", FlowID=step.get("FlowID"), ID=step.get("ID"))
    sound = type.isascii() and type.isidentifier()
    inside = [_step(inner, layout) for inner in step.get("Flow") or ()]
    if type == "EmbeddedData" and layout.field_types:
        inside += [field(one, layout) for one in step.get("EmbeddedData") or ()]
    return element(
        type if sound else "Step",
        *_details(step, layout),
        *inside,
        FlowID=step.get("FlowID"),
        Type=None if sound else type,
    )


def _details(step: Payload, layout: Layout) -> Iterator[str]:
    for name, value in step.items():
        if name in APART or not name.isascii() or not name.isidentifier() or value in (None, "", [], {}):
            continue
        if not isinstance(value, dict | list):
            yield words(name, flag(value) if isinstance(value, bool) else value)
        elif layout.logic:
            yield api_responses.element(name, value)


def field(given: Payload, layout: Layout) -> str:
    """One field of embedded data."""
    more: list[Any] = [words(name, given[name]) for name in TYPES if layout.field_types and _short(given.get(name))]
    return element("Field", words("Name", given.get("Field")), *more, words("Value", given.get("Value")))


def _short(value: object) -> bool:
    return isinstance(value, str | int | float) and value != ""


def page(block: Block) -> Sequence[Payload]:
    """What stands in a block: its questions and page breaks."""
    elements = block.payload.get("BlockElements") or []
    listed = list(elements.values()) if isinstance(elements, dict) else elements
    return [one for one in listed if isinstance(one, dict)]
