"""The competency of a rated statement.

Its name is the first of these that distinguishes it:
1. the label given to the question by its author,
2. the name given to the block, if the question is the only rated one in it,
3. the question's text, if no other rated question has the same one,
4. the name of the block.
Questions with the same resulting name share one competency.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from qxportal.engine.surveys.parsed_survey import Block, ParsedQuestion
from qxportal.engine.surveys.php_values import as_map
from qxportal.engine.surveys.strip_html import strip_html

LONGEST = 200
UNNAMED = re.compile(r"(default question )?block( \d{1,4})?|untitled( block)?|standard|", re.IGNORECASE)


@dataclass(frozen=True)
class Heading:
    """A competency's name and description."""

    name: str
    description: str = ""


def headings(rated: Sequence[ParsedQuestion], blocks: Iterable[Block]) -> dict[str, Heading]:
    """The competency of each rated question, by question id."""
    home = {id: block for block in blocks for id in block.questions}
    texts = {stem.id: strip_html(stem.text("QuestionText")) for stem in rated}
    shared = Counter(texts.values())
    crowd = Counter(home[stem.id].id for stem in rated if stem.id in home)
    return {stem.id: _heading(stem, texts, shared, home.get(stem.id), crowd) for stem in rated}


def _heading(
    stem: ParsedQuestion,
    texts: Mapping[str, str],
    shared: Mapping[str, int],
    block: Block | None,
    crowd: Mapping[str, int],
) -> Heading:
    text, label, name = texts[stem.id], _label(stem), _name(block)
    if label:
        return Heading(label, _unless(text, label))
    if block is not None and name and crowd[block.id] == 1:
        return Heading(name, _unless(text, name))
    if text and shared[text] == 1:
        return Heading(_short(text), text if len(text) > LONGEST else "")
    return Heading(name or _short(text) or stem.tag)


def in_other_languages(heading: Heading, stem: ParsedQuestion) -> dict[str, dict[str, str]]:
    """Translations of a competency's name and description, if they are the question's own texts."""
    own = strip_html(stem.text("QuestionText"))
    texts = {language: strip_html(str(said.get("QuestionText") or "")) for language, said in stem.translations.items()}
    names = {language: {"name": _short(text)} for language, text in texts.items() if heading.name == _short(own)}
    return {
        language: names.get(language, {}) | ({"description": text} if heading.description == own else {})
        for language, text in texts.items()
        if text and (language in names or heading.description == own)
    }


def _label(stem: ParsedQuestion) -> str:
    options = as_map(stem.payload.get("Configuration"), f"{stem.id} Configuration")
    chosen = options.get("QuestionDescriptionOption") == "SpecifyLabel"
    return _short(strip_html(stem.text("QuestionDescription"))) if chosen else ""


def _name(block: Block | None) -> str:
    name = strip_html(block.description) if block else ""
    return "" if UNNAMED.fullmatch(name) else _short(name)


def _unless(text: str, name: str) -> str:
    return "" if text == name else text


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"
