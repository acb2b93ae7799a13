"""Mirrored contents of a survey: questions by language, blocks, quotas, and differences between syncs."""

import html
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.db import transaction
from django.utils.html import strip_tags

from qxportal.threesixty.records.survey_definition import ChoiceRecord, QuestionRecord, SurveyDefinition
from qxportal.threesixty.records.surveys import QuotaRecord
from surveys.models import Survey, SurveyContent

ADDED, CHANGED, REMOVED = "added", "changed", "removed"
DRILL_DOWN = "DD"  # several lists, each offering what is below the answer in the list before
MOST_OFFERED = 20_000  # answers shown per list of a drill-down
MOST_CHANGES = 20  # number of syncs with differences to keep
LINES, BLANKS = re.compile(r"(?i)<\s*(?:br|/p|/div|/li)\b[^<>]*>"), re.compile(r"\s+")


def plain(text: str) -> str:
    """A survey text without markup, on one line."""
    words = LINES.sub(" ", text)
    with suppress(SuspiciousOperation):  # more tags open than close, so it is shown as written
        words = strip_tags(words)
    return BLANKS.sub(" ", html.unescape(words)).replace("\x00", "").strip()


def facts_of(definition: SurveyDefinition, others: Mapping[str, SurveyDefinition]) -> dict[str, Any]:
    """A survey in the mirror's form; `others` adds its questions in further languages."""
    return {
        "default_language": definition.default_language,
        "languages": list(definition.languages),
        "created_at": _moment(definition.created_at),
        "modified_at": _moment(definition.modified_at),
        "starts_at": _moment(definition.starts_at),
        "expires_at": _moment(definition.expires_at),
        "embedded": {plain(name): plain(value) for name, value in definition.embedded_data.items()},
        "blocks": [
            {"name": plain(block.description), "questions": list(block.questions)} for block in definition.blocks
        ],
        "questions": [_question(one) for one in definition.questions],
        "translated": {code: [_question(one) for one in other.questions] for code, other in others.items()},
    }


def mirror_content(
    survey: Survey, facts: dict[str, Any], quotas: Iterable[QuotaRecord], *, as_of: datetime
) -> SurveyContent | None:
    """Store a survey's contents unless newer ones are stored; record the differences from the previous ones."""
    with transaction.atomic():
        known = SurveyContent.objects.select_for_update().filter(survey=survey).first()
        if known is not None and known.seen_at > as_of:
            return None
        changes = known.changes if known else []
        if known and (lines := differences(known.facts["questions"], facts["questions"])):
            changes = [{"at": as_of.isoformat(), "lines": lines}, *changes][:MOST_CHANGES]
        rows = [{"name": plain(one.name), "limit": one.limit, "count": one.count} for one in quotas]
        content, _made = SurveyContent.objects.update_or_create(
            survey=survey,
            defaults={"org": survey.org, "seen_at": as_of, "facts": facts, "quotas": rows, "changes": changes},
        )
    return content


def differences(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Questions that were added, changed or removed, each with its text."""
    old, new = ({one["id"]: one for one in questions} for questions in (before, after))
    found = [
        {"what": CHANGED if one["id"] in old else ADDED, "name": name_of(one)}
        for one in after
        if old.get(one["id"]) != one
    ]
    return found + [{"what": REMOVED, "name": name_of(one)} for one in before if one["id"] not in new]


def name_of(question: Mapping[str, Any]) -> str:
    """Display name of a question in lists: its export tag and the beginning of its text."""
    text = question["text"]
    shown = f"{text[:80]}…" if len(text) > 80 else text
    return f"{question['tag'] or question['id']}: {shown}" if shown else str(question["tag"] or question["id"])


def questions_in(content: SurveyContent, language: str) -> list[dict[str, Any]]:
    """A survey's questions by block, in a language; questions outside all blocks come last."""
    listed = content.facts["translated"].get(language) or content.facts["questions"]
    by_id = {one["id"]: one | lists_of(one) for one in listed}
    blocks = [
        {"name": block["name"], "questions": [by_id.pop(key) for key in block["questions"] if key in by_id]}
        for block in content.facts["blocks"]
    ]
    return [block for block in [*blocks, {"name": "", "questions": list(by_id.values())}] if block["questions"]]


def lists_of(question: Mapping[str, Any]) -> dict[str, Any]:
    """Lists of a drill-down with their options, grouped by the answer in the list before; empty for other questions."""
    if question["type"] != DRILL_DOWN:
        return {}
    above = {one["id"]: one.get("parent", "") for one in question["answers"]}
    texts = {one["id"]: one["text"] for one in question["answers"]}
    lists: list[dict[str, Any]] = []
    reached = {""}  # by the list before
    for level in question["choices"]:
        offered = [one for one in question["answers"] if above[one["id"]] in reached]
        groups: dict[str, list[dict[str, Any]]] = {}
        for one in offered[:MOST_OFFERED]:
            groups.setdefault(above[one["id"]], []).append(one)
        named = [{"below": id, "text": texts.get(id, ""), "answers": inside} for id, inside in groups.items()]
        lists.append({"text": level["text"], "count": len(offered), "groups": named})
        if any(above.values()):
            reached = {one["id"] for one in offered}
    return {"lists": lists}


def _question(record: QuestionRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "type": record.type,
        "selector": record.selector,
        "sub": record.sub_selector,
        "text": plain(record.text or record.description),
        "tag": record.export_tag,
        "required": record.required,
        "choices": [_choice(one) for one in record.choices],
        "answers": [_choice(one) for one in record.answers],
        "inside": [_question(one) for one in record.inside],
    }


def _choice(record: ChoiceRecord) -> dict[str, Any]:
    facts = {
        "id": record.id,
        "text": plain(record.description),
        "recode": record.recode,
        "text_entry": record.text_entry,
    }
    # rarely present attributes are left out elsewhere, or every question would look changed
    below = {"parent": record.parent} if record.parent else {}
    return facts | below | ({"answers": [_choice(one) for one in record.answers]} if record.answers else {})


def _moment(when: datetime | None) -> str:
    return when.isoformat() if when else ""
