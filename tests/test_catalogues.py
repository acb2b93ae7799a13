"""Every catalogue keeps the placeholders of its messages, and those of people outside HR lack nothing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from gettext import GNUTranslations, c2py
from pathlib import Path
from typing import Any

import pytest

from qxportal.core.languages import WRITTEN
from qxportal.ui.management.commands.translations import FOR_READERS, READERS
from tests.sentences import code, templates

ROOT = Path(__file__).parent.parent
CATALOGUES = sorted((ROOT / "qxportal").glob("**/locale/*/LC_MESSAGES/django.mo"))
PLACE = re.compile(r"%\(\w+\)[sd]|\$\{\w+\}|\{\w+\}")
MARKUP = re.compile(r"</?[a-z][^>]*>|&\w+;")
PLURALS = {"de": "n != 1", "fr": "n > 1", "es": "n != 1"}
UNGUARDED = re.compile(r"[^\s\u00a0\u202f?!][;:?!»](?![\w/])|[ \t][;:?!»]|«[^\u00a0\u202f]")  # in French
NO_SENTENCES = {"H:i", "[U+…]"}


@dataclass(frozen=True)
class Entry:
    """A message as one catalogue has it: of a count, all forms."""

    key: str  # with its context
    words: tuple[str, ...]  # in English: one, and of a count also many
    said: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.words[0]!r}: {self.said!r}"


@cache
def entries(path: Path) -> tuple[Entry, ...]:
    """All messages of a compiled catalogue."""
    with path.open("rb") as file:
        kept: Any = GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    plurals = plural_messages(path.with_suffix(".po"))
    found: dict[str, dict[int, str]] = {}
    for name, text in kept.items():
        key, number = name if isinstance(name, tuple) else (name, 0)
        found.setdefault(key, {})[number] = text
    return tuple(
        Entry(key, (one := key.split("\x04")[-1], *([plurals[one]] if one in plurals else [])), tuple(forms.values()))
        for key, forms in found.items()
        if key
    )


def plural_messages(path: Path) -> dict[str, str]:
    """What a catalogue says of many, by what it says of one; the compiled form does not tell."""
    pairs = re.findall(r'^msgid "(.+)"\nmsgid_plural "(.+)"$', path.read_text(), re.MULTILINE)
    return {unquoted(one): unquoted(many) for one, many in pairs}


def unquoted(text: str) -> str:
    return text.replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")


def language_of(path: Path) -> str:
    return path.parts[-3]


def wrong_places(entry: Entry) -> bool:
    """Whether a translation has other placeholders or markup; about one thing, a form need not say the number."""
    wanted, marks = {*PLACE.findall(entry.words[-1])}, sorted(MARKUP.findall(entry.words[-1]))
    *one, last = entry.said
    return (
        {*PLACE.findall(last)} != wanted
        or any({*PLACE.findall(form)} - wanted for form in one)
        or any(sorted(MARKUP.findall(form)) != marks for form in entry.said)
    )


def of_readers() -> Iterator[str]:
    """Every message in the files that people outside HR read."""
    for name in FOR_READERS:
        place = ROOT / name
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.suffix in (".html", ".txt"):
                yield from (each.text for each in templates.read(path.name, path.read_text()).messages)
            elif path.suffix == ".py":
                yield from (each.text for each in code.read(path.name, path.read_text()).messages)


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: str(path.relative_to(ROOT).parent.parent))
def test_catalogues_keep_placeholders(path: Path) -> None:
    assert [str(entry) for entry in entries(path) if wrong_places(entry)] == []
    assert len(entries(path)) > 50


@pytest.mark.parametrize(
    ("words", "said", "wrong"),
    [
        (("Hello %(name)s",), ("Bonjour",), True),
        (("Hello %(name)s",), ("Bonjour %(nom)s",), True),
        (("Hello ${FirstName}",), ("Hola, ${FirstName}:",), False),
        (("Saved {time}",), ("Enregistré",), True),
        (("<b>%(a)s</b>",), ("%(a)s",), True),
        (("%(a)s reads %(b)s",), ("%(b)s: %(a)s lit %(b)s",), False),
        (("One minute", "%(n)s minutes"), ("Une minute", "%(n)s minutes"), False),
        (("One minute", "%(n)s minutes"), ("Une minute", "quelques minutes"), True),
    ],
)
def test_wrong_placeholders_are_found(words: tuple[str, ...], said: tuple[str, ...], *, wrong: bool) -> None:
    assert wrong_places(Entry("", words, said)) is wrong


@pytest.mark.parametrize("language", READERS)
def test_catalogues_of_readers_have_every_message(language: str) -> None:
    known = {
        text for path in CATALOGUES if language_of(path) == language for entry in entries(path) for text in entry.words
    }

    assert {*of_readers()} - known == set()
    assert len({*of_readers()}) > 500


def test_readers_are_written_to_in_each_language_with_a_catalogue() -> None:
    assert {"en", *map(language_of, CATALOGUES)} == {*WRITTEN}


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: str(path.relative_to(ROOT).parent.parent))
def test_plural_forms_are_those_of_the_language(path: Path) -> None:
    with path.open("rb") as file:
        form = GNUTranslations(file).plural  # type: ignore[attr-defined]

    expected = c2py(PLURALS[language_of(path)])
    assert [form(n) for n in range(200)] == [int(expected(n)) for n in range(200)]


def sentences(language: str) -> Iterator[str]:
    for path in CATALOGUES:
        if language_of(path) == language:
            yield from (PLACE.sub("X", form) for entry in entries(path) for form in entry.said)


def test_french_puts_spaces_before_its_marks() -> None:
    wrong = [
        text for text in sentences("fr") if UNGUARDED.search(text) and not any(each in text for each in NO_SENTENCES)
    ]

    assert wrong == []
    assert UNGUARDED.search("Vraiment?")
    assert UNGUARDED.search("«Oui»")
    assert UNGUARDED.search("Vraiment ?")
    assert not UNGUARDED.search("Vraiment\u00a0?")
    assert not UNGUARDED.search("à 14:05, sur https://example.com")


def test_spanish_opens_its_questions() -> None:
    assert [text for text in sentences("es") if text.count("?") != text.count("¿")] == []
    assert [text for text in sentences("es") if text.count("!") != text.count("¡")] == []
    assert any("¿" in text for text in sentences("es"))
