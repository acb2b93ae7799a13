"""Stores a parsed survey."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone

from qxportal.engine.models import Block, Competency, Question, Quota, ResponseSet, Stem, Survey, User
from qxportal.engine.surveys import parsed_survey as parsed
from qxportal.engine.surveys.answer_columns import parts
from qxportal.engine.surveys.headings import headings, in_other_languages
from qxportal.engine.surveys.limits import PARTS, TRANSLATED_PARTS, WORDS, at_most, refusal
from qxportal.engine.surveys.strip_html import strip_html

ID_LENGTH = 60
BATCH, BATCH_WORDS = 500, 500_000
Parts = Mapping[str, Sequence[parsed.AnswerColumn]]


def store(draft: parsed.ParsedSurvey, user: User, *, name: str, owner: User | None, active: bool) -> Survey:
    """Store the survey; without an owner it belongs to the brand."""
    asked = _asked(draft)
    spoken = sorted({language for stem in draft.stems for language in stem.translations} - {draft.language})
    found = {stem.id: parts(stem) for stem in asked}
    _check(found, len(spoken))
    survey = Survey.objects.create(
        brand=user.brand,
        owner=owner,
        public=owner is None,
        creator=user,
        name=name,
        description=draft.description,
        language=draft.language,
        languages=spoken,
        flow=list(draft.flow),
        embedded_data=list(draft.embedded_data),
        options=draft.options,
        active=active,
        activated_at=timezone.now() if active else None,
    )
    stems = _stems(survey, draft, _blocks(survey, draft))
    _questions(survey, asked, stems, found, _competencies(survey, draft, asked, found))
    _quotas(survey, draft.quotas)
    ResponseSet.objects.bulk_create([ResponseSet(survey=survey, name=name) for name in draft.response_sets])
    return survey


def words(stem: parsed.ParsedQuestion) -> dict[str, dict[str, dict[str, Any]]]:
    """Translations of a question's parts: part id -> language -> texts."""
    spoken: dict[str, dict[str, dict[str, Any]]] = {part.public_id: {} for part in parts(stem)}
    for language in stem.translations:
        for part in parts(stem, language):
            others = {"others": [other.label for other in part.others]} if part.others else {}
            spoken[part.public_id][language] = {"text": part.text, "choices": list(part.choices), **others}
    return spoken


def _asked(draft: parsed.ParsedSurvey) -> list[parsed.ParsedQuestion]:
    """The questions that are asked, in order, without those in the trash or not reached by the flow."""
    reached = _reached(draft.flow)
    stems = {stem.id: stem for stem in draft.stems}
    kept = [block for block in draft.blocks if block.kind != parsed.TRASH and (not reached or block.id in reached)]
    ordered = sorted(kept, key=lambda block: reached.get(block.id, 0))
    return [stems[id] for block in ordered for id in block.questions]


def _reached(flow: Sequence[parsed.Payload]) -> dict[str, int]:
    """Block ids reached by the flow -> position."""
    found: dict[str, int] = {}
    waiting = list(reversed(flow))
    while waiting:
        node = waiting.pop()
        if node.get("Type") in ("Block", "Standard", "Default"):
            found.setdefault(str(node.get("ID")), len(found))
        waiting.extend(reversed(node.get("Flow") or ()))
    return found


def _check(found: Parts, languages: int) -> None:
    ids = [part.public_id for those in found.values() for part in those]
    at_most(PARTS, len(ids), "answers", "The survey")
    at_most(TRANSLATED_PARTS, len(ids) * languages, "translated answers", "The survey")
    if not ids:
        raise refusal("The survey", "it has no question that can be answered.")
    taken: set[str] = set()
    for id in ids:
        if len(id) > ID_LENGTH:
            raise refusal(id, f"the id of this answer is longer than {ID_LENGTH} characters.")
        if id in taken:
            raise refusal(id, "two answers have this id.")
        taken.add(id)


def _blocks(survey: Survey, draft: parsed.ParsedSurvey) -> dict[str, Block]:
    """Store the blocks; returns the block of each question."""
    rows = {
        block.id: Block(
            survey=survey,
            public_id=block.id,
            description=strip_html(block.description)[:200],
            kind=block.kind,
            position=position,
            payload=block.payload,
        )
        for position, block in enumerate(draft.blocks)
    }
    Block.objects.bulk_create(rows.values())
    return {id: rows[block.id] for block in draft.blocks for id in block.questions}


def _stems(survey: Survey, draft: parsed.ParsedSurvey, blocks: Mapping[str, Block]) -> dict[str, Stem]:
    order = {id: position for position, id in enumerate(id for block in draft.blocks for id in block.questions)}
    ordered = sorted(draft.stems, key=lambda stem: order.get(stem.id, len(order)))
    rows = {
        stem.id: Stem(
            survey=survey,
            block=blocks.get(stem.id),
            public_id=stem.id,
            tag=stem.tag[:60],
            position=position,
            type=stem.text("QuestionType")[:20],
            selector=stem.text("Selector")[:20],
            sub_selector=stem.text("SubSelector")[:20],
            text=stem.text("QuestionText"),
            description=stem.text("QuestionDescription"),
            payload=stem.payload,
            translations=stem.translations,
        )
        for position, stem in enumerate(ordered)
    }
    Stem.objects.bulk_create(rows.values())
    return rows


def _competencies(
    survey: Survey, draft: parsed.ParsedSurvey, asked: Sequence[parsed.ParsedQuestion], found: Parts
) -> dict[str, Competency]:
    """Store the competencies; returns that of each rated question."""
    rated = [stem for stem in asked if any(part.kind == Question.Kind.RATING for part in found[stem.id])]
    chosen = headings(rated, draft.blocks)
    rows: dict[str, Competency] = {}
    for stem in rated:
        heading = chosen[stem.id]
        spoken = {
            language: words
            for language, words in in_other_languages(heading, stem).items()
            if language != draft.language
        }
        made = Competency(
            survey=survey,
            name=heading.name,
            description=heading.description,
            translations=spoken,
            position=len(rows),
        )
        rows.setdefault(heading.name, made)
    Competency.objects.bulk_create(rows.values())
    return {id: rows[heading.name] for id, heading in chosen.items()}


def _questions(
    survey: Survey,
    asked: Sequence[parsed.ParsedQuestion],
    stems: Mapping[str, Stem],
    found: Parts,
    competencies: Mapping[str, Competency],
) -> None:
    rows: list[Question] = []
    weight = position = kept = 0
    for stem in asked:
        spoken = words(stem)
        for part in found[stem.id]:
            translations = spoken[part.public_id]
            position += 1
            weight += length(part.text, part.choices)
            weight += sum(length(said["text"], said["choices"]) for said in translations.values())
            at_most(WORDS, weight, "characters in questions and choices", stem.id)
            rows.append(
                Question(
                    survey=survey,
                    stem=stems[stem.id],
                    part=part.public_id.replace(stem.id, "", 1).strip("_")[:40],
                    public_id=part.public_id,
                    tag=part.tag,
                    position=position,
                    kind=part.kind,
                    text=part.text,
                    competency=competencies.get(stem.id) if part.kind == Question.Kind.RATING else None,
                    choices=list(part.choices),
                    recodes=list(part.recodes),
                    others=kept_others(part),
                    above=list(part.above),
                    translations=translations,
                    required=part.required,
                )
            )
        if len(rows) >= BATCH or weight - kept > BATCH_WORDS:  # in batches, to save memory
            Question.objects.bulk_create(rows)
            rows, kept = [], weight
    Question.objects.bulk_create(rows)


def kept_others(part: parsed.AnswerColumn) -> list[dict[str, Any]]:
    """Choices besides the points, as stored in rows."""
    return [{"label": other.label, "recode": other.recode, "point": other.point} for other in part.others]


def length(text: str, choices: Sequence[str]) -> int:
    """Number of characters of a part's text and choices."""
    return len(text) + sum(map(len, choices))


def _quotas(survey: Survey, quotas: Sequence[parsed.Quota]) -> None:
    for position, quota in enumerate(quotas):
        chosen = {"public_id": quota.id} if quota.id else {}
        Quota.objects.create(
            survey=survey,
            name=quota.name[:200],
            limit=quota.limit,
            logic=quota.logic,
            logic_type=quota.logic_type,
            position=position,
            **chosen,
        )
