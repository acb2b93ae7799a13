"""Reads a file of translations.

CSV or tab-separated: a row per text, a column per language. The column of the survey's own language is for the
translator to read. An empty cell leaves what is there.

    ID,EN,DE,FR
    SurveyName,Feedback,Rückmeldung,Retour
    QID2_QuestionText,How often …?,Wie oft …?,À quelle fréquence … ?
    QID2_Choice1,Listens,Hört zu,Écoute
    QID2_Answer5,Always,Immer,Toujours
    QID7_Answer2_1,Slow,Langsam,Lent
    QID19#1_QuestionText,I get,Ich bekomme,Je reçois
    Competency1,Builds trust,Vertrauen schaffen,Inspire confiance
    Competency1_Description,People can rely on words.,Auf Worte ist Verlass.,On peut s’y fier.

JSON, in the words of QSF:

    {"DE": {"SurveyName": "…", "QID2": {"QuestionText": "…", "Choices": {"1": {"Display": "…"}}, "Answers": {…}},
            "Competency1": "…", "Competency1_Description": "…"}}

Competencies count from 1 in the order in which reports show them. In a profile each statement has answers of its own:
QID7_Answer2_1 is answer 1 of statement 2.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qxportal.engine.http.arguments import clean
from qxportal.engine.http.errors import Invalid
from qxportal.engine.surveys.decoding import decoded
from qxportal.engine.surveys.limits import LANGUAGES, at_most, refusal
from qxportal.engine.surveys.php_values import as_language, as_map, as_text
from qxportal.engine.surveys.qsf.strict import load

MOST_ROWS = 50_000
NAME = "SurveyName"
ID = re.compile(
    r"(?P<question>[^_]{1,40})(?:_(?P<what>QuestionText|Choice|Answer)(?P<number>[A-Za-z0-9]{0,20}(?:_[A-Za-z0-9]{1,20})?))?",
    re.ASCII,
)
HEADING = re.compile(r"Competency(?P<number>[1-9][0-9]{0,3})(?P<description>_Description)?", re.ASCII)
NAMES, DESCRIPTIONS = "CompetencyNames", "CompetencyDescriptions"
LISTS = {"Choice": "Choices", "Answer": "Answers"}


@dataclass(frozen=True)
class Phrase:
    """One text in one language: of a question, of one of its choices or answers, of a competency, or the survey's name.

    A text that is of no question is a competency's where `list` says so, else the survey's name.
    """

    place: str
    language: str
    question: str
    list: str  # Choices, Answers, NAMES or DESCRIPTIONS; empty: the question's own text
    choice: str  # its id, in a profile behind that of its statement; of a competency its number
    text: str


def read(file: bytes) -> list[Phrase]:
    """Every text that the file gives."""
    text = decoded(file)
    phrases = list(_json(file) if text.lstrip()[:1] == "{" else _table(text))
    at_most(LANGUAGES, len({phrase.language for phrase in phrases}), "languages", "The file")
    return phrases


def _table(text: str) -> Iterator[Phrase]:
    clean("FileContents", text)
    head = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter="\t" if "\t" in head else ",", strict=True)
    try:
        languages = _languages(next(rows, []))
        for number, cells in enumerate(rows, start=2):
            at_most(MOST_ROWS, number, "rows", "The file")
            if any(cell.strip() for cell in cells):
                yield from _row(f"Row {number}", languages, cells)
    except csv.Error as error:
        raise Invalid("FileContents", f"The file is no sound CSV: {error}.") from error


def _languages(header: Sequence[str]) -> list[str]:
    first, *rest = [title.strip() for title in header] or [""]
    if first.casefold() not in ("id", "phraseid", "questionid") or not rest:
        raise refusal("Row 1", "a column ID is expected first, and a column for each language.")
    at_most(LANGUAGES + 1, len(rest), "columns of languages", "Row 1")
    languages = [as_language(title, "Row 1") for title in rest]
    if len(set(languages)) < len(languages):
        raise refusal("Row 1", "a language has two columns.")
    return languages


def _row(place: str, languages: Sequence[str], cells: Sequence[str]) -> Iterator[Phrase]:
    if len(cells) > len(languages) + 1:
        raise refusal(place, "it has more cells than the header.")
    id, *texts = [cell.strip() for cell in cells]
    if heading := HEADING.fullmatch(id):
        for language, text in zip(languages, texts, strict=False):
            if text:
                yield _of_heading(f"{place}, {language}", language, heading, text)
        return
    found = ID.fullmatch(id)
    if found is None or (found["what"] in LISTS) != bool(found["number"]):
        raise refusal(place, f"{id[:40]!r} names no text: QID1_QuestionText, QID1_Choice2 or QID1_Answer3 is expected.")
    question = "" if id == NAME else found["question"]
    for language, text in zip(languages, texts, strict=False):
        if text:
            here = f"{place}, {language}"
            yield Phrase(
                here, language, question, LISTS.get(found["what"], ""), found["number"] or "", as_text(text, here)
            )


def _json(file: bytes) -> Iterator[Phrase]:
    for code, said in as_map(load(file), "The file").items():
        language = as_language(code, "The file")
        for question, words in as_map(said, language).items():
            place = f"{language} {question}"
            if heading := HEADING.fullmatch(question):
                yield _of_heading(place, language, heading, words)
            elif question == NAME:
                yield Phrase(place, language, "", "", "", as_text(words, place))
            else:
                yield from _said(place, language, question, as_map(words, place))


def _of_heading(place: str, language: str, heading: re.Match[str], text: object) -> Phrase:
    kind = DESCRIPTIONS if heading["description"] else NAMES
    return Phrase(place, language, "", kind, heading["number"], as_text(text, place))


def _said(place: str, language: str, question: str, words: Mapping[str, Any]) -> Iterator[Phrase]:
    for key, value in words.items():
        if key == "QuestionText":
            yield Phrase(place, language, question, "", "", as_text(value, place))
        elif key in LISTS.values():
            for choice, shown in _each(as_map(value, f"{place} {key}")):
                here = f"{place} {key} {choice}"
                text = shown.get("Display") if isinstance(shown, dict) else shown
                yield Phrase(here, language, question, key, choice, as_text(text, here))
        elif key == "AdditionalQuestions":
            for number, inner in as_map(value, f"{place} {key}").items():
                yield from _said(f"{place}#{number}", language, f"{question}#{number}", as_map(inner, place))
        else:
            raise refusal(place, f"{key[:40]!r} is no text of a question.")


def _each(listed: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The choices by their ids; answers of a profile, which stand in a map for each statement, by both ids."""
    for id, shown in listed.items():
        if isinstance(shown, dict) and shown and "Display" not in shown:
            yield from ((f"{id}_{answer}", inner) for answer, inner in shown.items())
        else:
            yield id, shown
