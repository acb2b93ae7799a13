"""Remarks on features of a QSF file that are not supported here."""

from collections.abc import Iterator, Sequence

from qxportal.engine.surveys.answer_columns import MAKERS, LocalizedQuestion
from qxportal.engine.surveys.parsed_survey import TRASH, Block, ParsedQuestion, Payload
from qxportal.engine.surveys.remarks import Remarks

TAKEN = frozenset({"BL", "FL", "SO", "SQ", "QO", "RS"})
# About the project, not the survey.
NO_PART = frozenset({"PROJ", "STAT", "QC", "PL", "NT", "NOTE", "QG", "QGO", "PR", "BR", "SCO"})
SILENT = frozenset({"DB", "Timing", "Captcha", "Meta"})  # nobody answers them
DONE = frozenset(
    {"Root", "Group", "Block", "Standard", "Default", "EmbeddedData", "Branch", "BlockRandomizer", "EndSurvey"}
)
BLOCKS = ("Block", "Standard", "Default")


def note(
    elements: object,
    stems: Sequence[ParsedQuestion],
    blocks: Sequence[Block],
    steps: Sequence[Payload],
    remarks: Remarks,
) -> None:
    """Add remarks on elements, questions and steps without effect."""
    listed = list(elements.values()) if isinstance(elements, dict) else elements
    for number, item in enumerate(listed if isinstance(listed, list) else (), start=1):
        kind = str(item.get("Element")) if isinstance(item, dict) else ""
        if kind and kind not in TAKEN | NO_PART:
            remarks.add(f"Element {number} ({kind[:20]})", "this kind is not known here and was left out.")
        elif kind == "SCO" and _scores(item.get("Payload")):
            remarks.add(f"Element {number} (SCO)", "scores are not computed here: scoring was left out.")
    placed = {id for block in blocks for id in block.questions}
    for stem in stems:
        type = stem.text("QuestionType")
        if type not in MAKERS and type not in SILENT:
            remarks.add(stem.id, f"questions of the type {type} are kept and shown, but cannot be answered.")
        elif type == "MC" and not stem.payload.get("Choices"):
            remarks.add(stem.id, "it has no choices: it is shown, but cannot be answered.")
        elif type == "DD":
            _note_lists(stem, remarks)
        if stem.id not in placed:
            remarks.add(stem.id, "it stands in no block and is not asked.")
    known = {block.id for block in blocks}
    reached: set[str] = set()
    for step in _all(steps):
        place, type = f"Survey flow {step.get('FlowID') or ''}".rstrip(), str(step["Type"])
        if type in BLOCKS:
            reached.add(str(step.get("ID")))
            if str(step.get("ID")) not in known:
                remarks.add(place, f"the file has no block {str(step.get('ID'))[:40]}.")
        elif type not in DONE:
            remarks.add(place, f"a step of the type {type} is kept and shown, but does nothing here.")
    for block in blocks:
        if steps and block.kind != TRASH and block.id not in reached and block.questions:
            remarks.add(f"Block {block.id}", "no step of the flow leads to it: its questions are not asked.")


def _note_lists(stem: ParsedQuestion, remarks: Remarks) -> None:
    """Add remarks on missing information about a drill-down's lists."""
    place = f"{stem.id} AnswerMap"
    asked = LocalizedQuestion(stem.id, stem.tag, stem.payload, {})
    tree = asked.drill_down
    if not (asked.choices and asked.answers):
        remarks.add(stem.id, "it has no lists or no answers: it is shown, but cannot be answered.")
    elif len(asked.choices) > 1 and not tree.parents:
        remarks.add(place, "what belongs to which answer is not said: each list offers all answers.")
    elif tree.lost:
        remarks.add(
            f"{stem.id} AnswerMap", f"answers that belong to none in the list before were left out: {tree.lost}."
        )


def _all(steps: Sequence[Payload]) -> Iterator[Payload]:
    for step in steps:
        yield step
        yield from _all(step.get("Flow") or ())


def _scores(payload: object) -> bool:
    categories = payload.get("ScoringCategories") if isinstance(payload, dict) else None
    return bool(categories)
