"""A survey in one language prepared for asking: questions by block, flow, and data for conditions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from qxportal.core.languages import main, written
from qxportal.engine.models import Question, Survey
from qxportal.engine.reports.languages import Texts
from qxportal.engine.site.questionnaire.items import Field, Item, of_questions, of_stem
from qxportal.engine.surveys import answer_columns
from qxportal.engine.surveys.parsed_survey import TRASH, ParsedQuestion, Payload
from qxportal.engine.surveys.php_values import as_flag

BREAK = ""  # a page break among questions


@dataclass(frozen=True)
class Block:
    """Questions that belong together; each block begins a page."""

    id: str
    questions: Sequence[str]  # ids, and BREAK
    skips: Mapping[str, Sequence[Payload]] = field(default_factory=dict)  # skip logic by question
    shuffled: bool = False  # questions in random order


@dataclass(frozen=True)
class Plan:
    """A survey as it is asked in one language."""

    survey_id: int
    language: str
    blocks: Mapping[str, Block]
    flow: Sequence[Payload]
    items: Mapping[str, Sequence[Item]]  # by question id; several if it is asked in turns
    keys: Mapping[str, int]  # field name -> primary key of the question row
    kinds: Mapping[str, str]
    points: Mapping[str, Mapping[int, str]]  # field name -> the ids of choices by value
    embedded: Mapping[str, str]

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """All fields by name."""
        return {one.name: one for items in self.items.values() for item in items for one in item.fields}

    @cached_property
    def drill_downs(self) -> Mapping[str, Sequence[Field]]:
        """All lists of a drill-down by the name of each."""
        items = [item for items in self.items.values() for item in items]
        found = [tuple(one.fields) for item in items for one in (item, *item.columns) if one.layout == "drill"]
        return {one.name: lists for lists in found for one in lists}

    @cached_property
    def moves(self) -> bool:
        """Whether an answer can change which questions are asked or their texts."""
        asked = (item for items in self.items.values() for item in items)
        return (
            any(step.get("Type") == "Branch" for step in self.flow)
            or any(block.skips for block in self.blocks.values())
            or any("Logic" in (said := repr(item.payload)) or "Dynamic" in said or "${q:" in said for item in asked)
        )


def plan_of(survey: Survey, language: str) -> Plan:
    """A survey's plan in this language, or in its own; cached until the survey changes."""
    spoken = language if language in survey.languages else survey.language
    return plan(survey.pk, survey.modified_at, spoken)


@lru_cache(maxsize=64)
def plan(survey_id: int, modified_at: datetime, language: str) -> Plan:
    """The plan of a survey at a time of modification, in one of its languages."""
    survey = Survey.objects.get(pk=survey_id)
    rows = list(survey.questions.select_related("competency", "stem").order_by("position", "pk"))
    stems = list(survey.stems.select_related("block").order_by("position"))
    other = language if language != survey.language else ""
    keys = {row.public_id: row.pk for row in rows}
    items: dict[str, Sequence[Item]] = {}
    points: dict[str, Mapping[int, str]] = {}
    for row in stems:
        stem = ParsedQuestion(id=row.public_id, payload=row.payload, translations=row.translations)
        # Stored columns may be those of an earlier import; then the question cannot be answered.
        items[row.public_id] = [one for one in of_stem(stem, other) if all(each.name in keys for each in one.fields)]
        points |= {part.public_id: part.chosen for part in answer_columns.parts(stem)}
    blocks = {block.id: block for block in _blocks(survey)}
    own = [row for row in rows if row.stem_id is None]
    if own:
        groups = _groups(own, survey, language)
        items |= {item.id: [item] for item in groups}
        blocks |= {item.id: Block(item.id, [item.id]) for item in groups}
    return Plan(
        survey_id,
        language,
        blocks,
        survey.flow or [{"Type": "Block", "ID": id} for id in blocks],
        items,
        keys,
        {row.public_id: row.kind for row in rows},
        points,
        {str(one.get("Field", "")): str(one.get("Value") or "") for one in survey.embedded_data},
    )


def _blocks(survey: Survey) -> list[Block]:
    return [
        block_of(row.public_id, row.payload, [stem.public_id for stem in row.stems.order_by("position")])
        for row in survey.blocks.prefetch_related("stems").exclude(kind=TRASH).order_by("position")
    ]


def block_of(id: str, payload: Mapping[str, Any], questions: Sequence[str]) -> Block:
    """An imported block, with its stored questions."""
    order: list[str] = []
    skips: dict[str, Sequence[Payload]] = {}
    known = set(questions)
    elements = payload.get("BlockElements")
    listed = elements.values() if isinstance(elements, dict) else elements if isinstance(elements, list) else []
    for one in listed:
        if not isinstance(one, dict):
            continue
        if one.get("Type") == "Page Break":
            order.append(BREAK)
        elif (name := str(one.get("QuestionID", ""))) in known:
            order.append(name)
            if isinstance(one.get("SkipLogic"), list):
                skips[name] = [entry for entry in one["SkipLogic"] if isinstance(entry, dict)]
    options = payload.get("Options")
    shuffled = isinstance(options, dict) and as_flag(options.get("RandomizeQuestions"))
    return Block(id, [*order, *(name for name in questions if name not in order)], skips, shuffled)


def _groups(rows: Sequence[Question], survey: Survey, language: str) -> list[Item]:
    """Blocks of a survey made here: statements by competency, then open questions."""
    groups: dict[tuple[int | None, bool], list[Question]] = {}
    for row in rows:
        groups.setdefault((row.competency_id, row.kind == Question.Kind.TEXT), []).append(row)
    texts = Texts(survey, main(language))
    with override(written(language)):
        own_words = _("In your own words")
    return [
        of_questions(
            members,
            language if language != survey.language else "",
            id=f"G{number}",
            text=texts.name(members[0].competency) if members[0].competency else own_words,
            note=texts.description(members[0].competency) if members[0].competency else "",
        )
        for number, members in enumerate(groups.values(), start=1)
    ]
