"""Reads form input as the answer to a field."""

import re

from django.utils.translation import gettext as _

from qxportal.engine.assessments.answering import Given
from qxportal.engine.http.text import storable
from qxportal.engine.models import Question
from qxportal.engine.site.questionnaire.items import Field

Kind = Question.Kind
LONGEST = 20_000  # characters of a text
NUMBER = re.compile(r"(-?[0-9]{1,9})(?:[.,]([0-9]{1,6}))?", re.ASCII)


class NotAnAnswerError(Exception):
    """The input is no answer to the question; the message says what would be."""


def read(field: Field, raw: str) -> Given:
    """The answer; an empty one means seen and left blank. Raises NotAnAnswerError."""
    if field.kind == Kind.TEXT:
        return _text(raw)
    text = raw.strip()
    if not text:
        return Given()
    if field.kind == Kind.MARK:
        return Given(value=1) if text in ("1", "on") else Given()
    if field.kind == Kind.NUMBER:
        return _number(field, text)
    found = next((one.value for one in field.options if str(one.value) == text), None)
    if found is None:
        raise NotAnAnswerError(_("Choose one of the answers shown."))
    return Given(value=found)


def shown(field: Field, value: int | None, text: str) -> str:
    """An answer as form input, the inverse of `read`."""
    if field.kind == Kind.TEXT:
        return text
    if field.kind == Kind.NUMBER and text:
        return text
    return "" if value is None else str(value)


def refusal(text: str, *, most: int = LONGEST) -> str:
    """The reason why a text cannot be stored; empty if it can."""
    if len(text) > most:
        lengths = {"length": len(text), "most": most}
        return _("The text is too long: %(length)s characters, at most %(most)s.") % lengths
    return "" if storable(text) else _("The text holds a character that cannot be kept.")


def _text(raw: str) -> Given:
    text = raw.replace("\r\n", "\n").strip()
    if words := refusal(text):
        raise NotAnAnswerError(words)
    return Given(text=text)


def _number(field: Field, text: str) -> Given:
    found = NUMBER.fullmatch(text)
    if found is None or (found[2] and not field.decimals):
        raise NotAnAnswerError(_("Enter a number.") if field.decimals else _("Enter a whole number."))
    rest = (found[2] or "")[: field.decimals].rstrip("0")
    exact = f"{found[1]}.{rest}" if rest else found[1]
    if field.lowest is not None and float(exact) < field.lowest:
        raise NotAnAnswerError(_("Enter a number from %(lowest)s up.") % {"lowest": f"{field.lowest:g}"})
    if field.highest is not None and float(exact) > field.highest:
        raise NotAnAnswerError(_("Enter a number up to %(highest)s.") % {"highest": f"{field.highest:g}"})
    return Given(value=round(float(exact)), text=exact if rest else "")
