"""Validation: missing and invalid answers, question by question."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qxportal.engine.models import Question
from qxportal.engine.site.questionnaire.drill_down import next_list
from qxportal.engine.site.questionnaire.items import Field, Item
from qxportal.engine.site.questionnaire.pages import Page
from qxportal.engine.surveys.logic import Answered

Kind = Question.Kind
PHONE = re.compile(r"[+(]?[0-9][0-9 ()/.+-]{4,30}", re.ASCII)


@dataclass(frozen=True)
class Remark:
    """A missing or invalid answer that blocks submitting or only needs a confirmation."""

    page: str
    item: str
    field: str  # the field with the missing or invalid answer, target of a link
    question: str
    statement: str  # of a matrix; empty if the question has one answer
    words: str
    must: bool


def remarks(pages: Sequence[Page], answers: Mapping[str, Answered]) -> list[Remark]:
    """All missing and invalid answers, in the order of the pages."""
    return [remark for page in pages for item in page.items for remark in _of_item(page, item, answers)]


def is_answered(answered: Answered | None) -> bool:
    """Whether a field has an answer."""
    return answered is not None and (bool(answered.text) or (answered.value is not None))


def first_open(pages: Sequence[Page], answers: Mapping[str, Answered]) -> Page | None:
    """The first page with an open question; the last page if all are answered."""
    for page in pages:
        if any(_open(item, answers) for item in page.items):
            return page
    return pages[-1] if pages else None


def newly_open(page: Page, before: Mapping[str, Answered], now: Mapping[str, Answered]) -> str:
    """The name of a drill-down list that these answers open; empty if there is none."""
    for item in (inner for one in page.items for inner in (one, *one.columns) if inner.layout == "drill"):
        lists = list(item.fields)
        then, last = (next_list(lists, chosen(answers)) for answers in (before, now))
        if last is not then and lists.index(last) > lists.index(then) and not is_answered(now.get(last.name)):
            return last.name
    return ""


def counted(pages: Sequence[Page], answers: Mapping[str, Answered]) -> tuple[int, int]:
    """The numbers of answered and of all statements."""
    units = [unit for page in pages for item in page.items for unit in _units(item, answers)]
    return sum(any(is_answered(answers.get(name)) for name in unit) for unit in units), len(units)


def chosen(answers: Mapping[str, Answered]) -> dict[str, int]:
    """The values of the answers that have one."""
    return {name: said.value for name, said in answers.items() if said.value is not None}


def _units(item: Item, answers: Mapping[str, Answered]) -> Iterator[list[str]]:
    """Fields that count as one answer: a row of a matrix, all boxes of a question, a text, a drill-down.

    A drill-down is answered if its last list with options is.
    """
    for column in item.columns:
        yield from _units(column, answers)
    if item.layout == "drill":
        yield [next_list(list(item.fields), chosen(answers)).name]
        return
    if item.layout == "boxes":
        yield [one.name for one in item.fields]
        return
    for row in item.rows:
        if item.layout == "grid" and row.fields and row.fields[0].kind == Kind.MARK:
            yield [one.name for one in row.fields]
        else:
            yield from ([one.name] for one in row.fields if not one.choice)


def _open(item: Item, answers: Mapping[str, Answered]) -> bool:
    return any(not any(is_answered(answers.get(name)) for name in unit) for unit in _units(item, answers))


def _of_item(page: Page, item: Item, answers: Mapping[str, Answered]) -> Iterator[Remark]:
    must = {one.name for one in item.fields if one.required}
    for unit in _units(item, answers):
        if any(is_answered(answers.get(name)) for name in unit):
            continue
        required = bool(must.intersection(unit))
        words = _("This question must be answered.") if required else _("This question is not answered.")
        yield Remark(page.id, item.id, unit[0], item.text, _statement(item, unit[0]), words, required)
    for inner in (*item.columns, item):
        if words := _refused(inner, answers):
            yield Remark(page.id, item.id, next(inner.fields).name, inner.text or item.text, "", words, True)


def _statement(item: Item, field: str) -> str:
    if item.layout == "drill" and len(item.rows) > 1:
        label = next((one.label for one in item.fields if one.name == field), "")
        return f"{item.text} – {label}" if item.text and label else label
    if item.layout == "columns":
        return next((words for column in item.columns if (words := _statement(column, field))), "")
    rows = item.rows if item.layout in ("matrix", "profile", "fields", "grid") and len(item.rows) > 1 else ()
    return next((row.label for row in rows if any(one.name == field for one in row.fields)), "")


def _refused(item: Item, answers: Mapping[str, Answered]) -> str:
    """The reason why a question's answers are invalid; empty if they are valid or missing."""
    validation = item.payload.get("Validation")
    settings = validation.get("Settings") if isinstance(validation, dict) else None
    given = [(one, answers[one.name]) for one in item.fields if is_answered(answers.get(one.name))]
    if not given:
        return ""
    return _ranks(item, given) or (_by_settings(item, settings, given) if isinstance(settings, dict) else "")


def _by_settings(item: Item, settings: Mapping[str, Any], given: Sequence[tuple[Field, Answered]]) -> str:
    kind = str(settings.get("Type", ""))
    if (total := _whole(settings.get("ChoiceTotal"))) is not None and item.payload.get("QuestionType") == "CS":
        found = sum(float(said.text or said.value or 0) for _field, said in given)
        if abs(found - total) > 0.005:
            return _("The numbers add up to %(found)s; they should add up to %(total)s.") % {
                "found": f"{found:g}",
                "total": total,
            }
    ticked = [one for one, _said in given if one.kind == Kind.MARK]
    if len(ticked) > 1 and (alone := next((one for one in ticked if one.exclusive), None)):
        return _("“%(choice)s” cannot be chosen together with other answers.") % {"choice": alone.label}
    if item.layout == "boxes" and (words := _choices(settings, len(ticked))):
        return words
    texts = [said.text for one, said in given if one.kind == Kind.TEXT]
    least = _whole(settings.get("MinChars")) if kind in ("MinChar", "CharRange") else None
    if least and (short := next((text for text in texts if len(text) < least), None)):
        return _("Write at least %(least)s characters; there are %(n)s.") % {"least": least, "n": len(short)}
    most = _whole(settings.get("MaxChars") or settings.get("TotalChars"))
    if kind in ("CharRange", "TotalChar") and most and (long := next((t for t in texts if len(t) > most), None)):
        return _("Write at most %(most)s characters; there are %(n)s.") % {"most": most, "n": len(long)}
    if kind == "ContentType":
        return next((words for text in texts if (words := _content(settings, text))), "")
    return ""


def _choices(settings: Mapping[str, Any], n: int) -> str:
    least, most = _whole(settings.get("MinChoices")), _whole(settings.get("MaxChoices"))
    if least and n < least:
        return ngettext("Choose at least %(n)s answer.", "Choose at least %(n)s answers.", least) % {"n": least}
    if most and n > most:
        return ngettext("Choose at most %(n)s answer.", "Choose at most %(n)s answers.", most) % {"n": most}
    return ""


def _ranks(item: Item, given: Sequence[tuple[Field, Answered]]) -> str:
    if item.payload.get("QuestionType") != "RO":
        return ""
    ranks = [said.value for _field, said in given]
    return "" if len(set(ranks)) == len(ranks) else _("Give each place only once.")


def _content(settings: Mapping[str, Any], text: str) -> str:
    wanted = str(settings.get("ContentType", ""))
    if wanted == "ValidEmail":
        try:
            validate_email(text.strip())
        except ValidationError:
            return _("Enter an e-mail address such as name@example.com.")
    if wanted == "ValidPhone" and not PHONE.fullmatch(text.strip()):
        return _("Enter a telephone number.")
    if wanted == "ValidNumber":
        return _a_number(settings.get("ValidNumber"), text)
    return ""


def _a_number(limits: object, text: str) -> str:
    try:
        number = float(text.strip().replace(",", "."))
    except ValueError:
        return _("Enter a number.")
    least, most = (_whole(limits.get(key)) if isinstance(limits, dict) else None for key in ("Min", "Max"))
    if (least is not None and number < least) or (most is not None and number > most):
        return _("Enter a number from %(least)s to %(most)s.") % {
            "least": "–" if least is None else least,
            "most": "–" if most is None else most,
        }
    return ""


def _whole(value: object) -> int | None:
    text = str(value).strip()
    return int(text) if text.lstrip("-").isdecimal() and text.isascii() and len(text) < 10 else None
