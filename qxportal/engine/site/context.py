"""Template contexts of tasks and questions."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from qxportal.engine.models import Evaluation, Question
from qxportal.engine.site.evaluations import OwnEvaluation
from qxportal.engine.site.questionnaire import drill_down
from qxportal.engine.site.questionnaire.items import Field, Item, Row
from qxportal.engine.site.questionnaire.reading import shown
from qxportal.engine.site.questionnaire.validity import chosen
from qxportal.engine.site.visitors import SiteRequest
from qxportal.engine.surveys.logic import Answered
from qxportal.threesixty.relationships import DIRECT_REPORT, MANAGER, PEER, SELF

Kind = Question.Kind
Status = Evaluation.Status
VALUE = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)  # of an answer in a list


def frame(request: SiteRequest) -> dict[str, Any]:
    """Context of every page for a signed-in person."""
    return {"brand": request.person.org_structure.brand, "person": request.person}


def task(own: OwnEvaluation) -> dict[str, Any]:
    """A task as template context."""
    row, assessment = own.row, own.row.assessment
    declinable = own.can_answer and not own.is_own and bool(assessment.options.get("DeclineEvaluations"))
    facts = {
        "id": row.public_id,
        "title": _("Feedback on yourself") if own.is_own else _("Feedback on %(name)s") % {"name": row.subject.person},
        "assessment": assessment.name,
        "subject": row.subject.person,
        "own": own,
        "is_own": own.is_own,
        "relationship": relationship_words(own),
        "state": row.status,
        "open": own.can_answer,
        "begun": row.status == Status.IN_PROGRESS,
        "submitted": row.status == Status.COMPLETED,
        "declined": row.status == Status.DECLINED,
        "again": own.round_is_open and row.status in (Status.COMPLETED, Status.DECLINED) and not row.imported,
        "declinable": declinable,
        "deadline": own.deadline,
        "zone": assessment.brand.zone.key,
    }
    return {**facts, "facts": facts}


def relationship_words(own: OwnEvaluation) -> str:
    """The label of the evaluator's relationship to the subject."""
    words = {
        SELF: _("About yourself"),
        MANAGER: _("You are the manager"),
        PEER: _("You are a colleague"),
        DIRECT_REPORT: _("You report to this person"),
    }
    name = own.row.relationship
    if name in words:
        return words[name]
    return own.own_label


def item_context(
    item: Item, answers: Mapping[str, Answered], refused: Mapping[str, str] = {}, typed: Mapping[str, str] = {}
) -> dict[str, Any]:
    """A question with its answers so far, or with refused input."""
    if item.layout == "drill":
        return _lists(item, answers, refused, typed)
    rows = [
        {
            "label": row.label,
            "opposite": row.opposite,
            "fields": [
                {**_field(one, answers, refused, typed), "heading": _heading(item, row, one)} for one in row.fields
            ],
        }
        for row in item.rows
    ]
    return {
        "id": item.id,
        "layout": item.layout,
        "text": item.text,
        "note": item.note,
        "rows": rows,
        "columns": [item_context(column, answers, refused, typed) for column in item.columns],
        "required": any(one.required for one in item.fields),
        "cells": [one.label for one in item.rows[0].fields] if item.layout == "grid" and item.rows else [],
    }


def _lists(
    item: Item, answers: Mapping[str, Answered], refused: Mapping[str, str], typed: Mapping[str, str]
) -> dict[str, Any]:
    """A drill-down: each list with the options after the answers in earlier lists."""
    fields = list(item.fields)
    values = {name: int(raw) for name, raw in typed.items() if VALUE.fullmatch(raw)} if typed else chosen(answers)
    rows, first = [], ""  # the first list without an answer
    for one, options in zip(fields, drill_down.offered(fields, values), strict=True):
        prompt = _("Choose…") if options else _("Nothing to choose here")
        if first:
            prompt = _("First choose: %(list)s") % {"list": first}
        elif options and values.get(one.name) not in {option.value for option in options}:
            first = one.label
        field = _field(replace(one, options=options), answers, refused, typed)
        rows.append({"label": one.label, "fields": [{**field, "heading": one.label, "prompt": prompt}]})
    return {
        "id": item.id,
        "layout": item.layout,
        "text": item.text,
        "rows": rows,
        "required": any(one.required for one in fields),
    }


def _heading(item: Item, row: Row, one: Field) -> str:
    """The label of an answer in the copy of all answers; empty if the question's text is enough."""
    label = row.label if row.label != item.text else ""
    if label and len(row.fields) > 1:
        return f"{label} – {one.label}"
    return label or ("" if item.layout == "choice" and not one.choice else one.label)


def _field(
    one: Field, answers: Mapping[str, Answered], refused: Mapping[str, str], typed: Mapping[str, str]
) -> dict[str, Any]:
    said = answers.get(one.name)
    value = typed.get(one.name, "") if typed else shown(one, said.value, said.text) if said else ""
    return {
        "name": one.name,
        "kind": str(one.kind),
        "label": one.label,
        "options": [
            {
                "value": str(option.value),
                "label": option.label,
                "beside": option.beside,
                "id": f"{one.name}.{option.value}",
                "chosen": str(option.value) == value,
            }
            for option in one.options
        ],
        "value": value,
        "ticked": value == "1",
        "compact": bool(one.options) and all(len(option.label) <= 3 for option in one.options if not option.beside),
        "exclusive": one.exclusive,
        "long": one.long,
        "listed": one.listed,
        "beside_choice": bool(one.choice),
        "lowest": one.lowest,
        "highest": one.highest,
        "step": 10**-one.decimals if one.decimals else 1,
        "required": one.required,
        "problem": refused.get(one.name, ""),
        "words": next((option.label for option in one.options if str(option.value) == value), value),
    }
