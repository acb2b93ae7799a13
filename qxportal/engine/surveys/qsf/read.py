"""Reads a whole QSF file: its survey entry, and its elements by kind."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qxportal.engine.http.errors import Invalid
from qxportal.engine.surveys.limits import BLOCKS, QUESTIONS, at_most, refusal
from qxportal.engine.surveys.parsed_survey import TRASH, Block, ParsedQuestion, ParsedSurvey
from qxportal.engine.surveys.php_values import as_language, as_list, as_map, as_text
from qxportal.engine.surveys.qsf import flow, quotas, unread
from qxportal.engine.surveys.qsf import questions as stems
from qxportal.engine.surveys.qsf.carried import resolved
from qxportal.engine.surveys.qsf.loops import looped
from qxportal.engine.surveys.qsf.strict import load
from qxportal.engine.surveys.remarks import Remarks

KINDS = ("BL", "FL", "SO", "SQ", "QO", "RS")


@dataclass(frozen=True)
class Element:
    """One element of the file and its position."""

    place: str
    attributes: Mapping[str, Any]

    @property
    def payload(self) -> object:
        """The element's payload."""
        return self.attributes.get("Payload")

    def attribute(self, name: str) -> str:
        """PrimaryAttribute or SecondaryAttribute."""
        return as_text(self.attributes.get(name), f"{self.place} {name}")


def read(file: bytes) -> ParsedSurvey:
    """The survey in the file; raises Invalid."""
    content = load(file)
    if not isinstance(content, dict) or "SurveyElements" not in content:
        raise Invalid("FileContents", "The file is no QSF: it has no SurveyElements.")
    entry = as_map(content.get("SurveyEntry"), "SurveyEntry")
    elements = _elements(content["SurveyElements"])
    remarks = Remarks()
    written = [stems.read(one.payload, one.place, one.attribute("PrimaryAttribute"), remarks) for one in elements["SQ"]]
    blocks = _blocks(elements["BL"], written)
    steps = flow.read(elements["FL"][0].payload, "Survey flow", remarks) if elements["FL"] else []
    questions, blocks = looped(resolved(written, remarks), blocks, remarks)
    unread.note(content["SurveyElements"], questions, blocks, steps, remarks)
    return ParsedSurvey(
        stems=questions,
        blocks=blocks,
        language=as_language(entry.get("SurveyLanguage") or "EN", "SurveyEntry SurveyLanguage"),
        description=as_text(entry.get("SurveyDescription"), "SurveyEntry SurveyDescription"),
        flow=steps,
        embedded_data=flow.embedded_data(steps, remarks),
        options=as_map(elements["SO"][0].payload, "Survey options") if elements["SO"] else {},
        quotas=quotas.read([(one.place, one.payload) for one in elements["QO"]], remarks),
        response_sets=_response_sets(elements["RS"], as_text(entry.get("SurveyActiveResponseSet"), "SurveyEntry")),
        remarks=remarks.told(),
    )


def _elements(given: object) -> Mapping[str, Sequence[Element]]:
    found: defaultdict[str, list[Element]] = defaultdict(list)
    for number, item in enumerate(as_list(given, "SurveyElements"), start=1):
        attributes = as_map(item, f"Element {number}")
        kind = as_text(attributes.get("Element"), f"Element {number}")
        if kind in KINDS:
            found[kind].append(Element(f"Element {number} ({kind})", attributes))
    at_most(QUESTIONS, len(found["SQ"]), "questions", "SurveyElements")
    if not found["SQ"]:
        raise refusal("SurveyElements", "it has no question (SQ).")
    return found


def _blocks(elements: Sequence[Element], questions: Sequence[ParsedQuestion]) -> list[Block]:
    """The blocks with their questions; without any, one block with all questions."""
    known = {stem.id for stem in questions}
    if len(known) < len(questions):
        ids = [stem.id for stem in questions]
        raise refusal(next(id for id in ids if ids.count(id) > 1), "two questions have this id.")
    given = [item for element in elements for item in as_list(element.payload, element.place)]
    at_most(BLOCKS, len(given), "blocks", "Survey blocks")
    blocks = [_block(item, f"Block {number}", known) for number, item in enumerate(given, start=1)]
    if len({block.id for block in blocks}) < len(blocks):
        raise refusal("Survey blocks", "two blocks have the same ID.")
    seen: set[str] = set()
    for block in blocks:
        for id in block.questions:
            if id in seen:
                raise refusal(f"Block {block.id}", f"the question {id} stands in it and in a block before.")
            seen.add(id)
    return blocks or [_only([stem.id for stem in questions])]


def _only(ids: Sequence[str]) -> Block:
    """The only block of a file without blocks."""
    elements = [{"Type": "Question", "QuestionID": id} for id in ids]
    return Block(id="BL_1", description="", kind="Default", questions=ids, payload={"BlockElements": elements})


def _block(item: object, place: str, known: set[str]) -> Block:
    block = as_map(item, place)
    id = as_text(block.get("ID"), f"{place} ID", limit=40)
    if not id:
        raise refusal(place, "it has no ID.")
    questions: list[str] = []
    for element in as_list(block.get("BlockElements"), f"{place} BlockElements"):
        inner = as_map(element, f"{place} BlockElements")
        if inner.get("Type") == "Question":
            question = as_text(inner.get("QuestionID"), f"{place} QuestionID", limit=40)
            if question in known:  # the vendor's lists still contain deleted questions
                questions.append(question)
    kind = as_text(block.get("Type"), f"{place} Type", limit=20)
    return Block(
        id=id,
        description=as_text(block.get("Description"), f"{place} Description"),
        kind=kind if kind in ("Default", TRASH) else "Standard",
        questions=list(dict.fromkeys(questions)),
        payload=block,
    )


def _response_sets(elements: Sequence[Element], default: str) -> list[str]:
    """Names of response sets except the default, which is the active one or else the first."""
    ids = [one.attribute("PrimaryAttribute") for one in elements]
    chosen = default if default in ids else ids[0] if ids else ""
    named = [(id, one.attribute("SecondaryAttribute")) for id, one in zip(ids, elements, strict=True)]
    return [(name or id)[:200] for id, name in named if id != chosen][:BLOCKS]
