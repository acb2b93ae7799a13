"""Choices carried forward: the file names the source question that has them.

A carried choice has the id of its source with an x before it, as in the vendor's exports.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from qxportal.engine.surveys.parsed_survey import ParsedQuestion
from qxportal.engine.surveys.php_values import as_list, as_map
from qxportal.engine.surveys.remarks import Remarks

LOCATOR = re.compile(r"q://([A-Za-z0-9_.#-]{1,40})/(Choice|Answer)", re.ASCII)
DYNAMIC = {"DynamicChoices": "Choice", "DynamicAnswers": "Answer"}
DEEPEST = 10


def source(given: object) -> tuple[str, str] | None:
    """The source question named anywhere inside, and whether its choices or its answers are meant."""
    if isinstance(given, str):
        named = LOCATOR.match(given)
        return (named.group(1), f"{named.group(2)}s") if named else None
    inner = given.values() if isinstance(given, dict) else given if isinstance(given, list) else ()
    return next((found for one in inner if (found := source(one))), None)


def resolved(stems: Sequence[ParsedQuestion], remarks: Remarks) -> list[ParsedQuestion]:
    """The questions with their carried choices filled in."""
    reading = _Reading({stem.id: stem for stem in stems}, remarks)
    return [reading.stem(stem.id, ()) or stem for stem in stems]


class _Reading:
    """Resolves each question once, after its sources."""

    def __init__(self, stems: Mapping[str, ParsedQuestion], remarks: Remarks) -> None:
        self.stems = stems
        self.remarks = remarks
        self.done: dict[str, ParsedQuestion] = {}

    def stem(self, id: str, path: tuple[str, ...]) -> ParsedQuestion | None:
        """The resolved question; None if missing or part of a cycle."""
        if id in self.done:
            return self.done[id]
        if id not in self.stems or id in path or len(path) == DEEPEST:
            return None
        stem = self.stems[id]
        for key, name in DYNAMIC.items():
            named = source(stem.payload.get(key))
            if named is None:
                if stem.payload.get(key):
                    self.remarks.add(f"{id} {key}", "it names no question: only the question's own choices are taken.")
                continue
            of = self.stem(named[0].partition("#")[0], (*path, id))
            if of is None or not as_map(of.payload.get(named[1]), f"{of.id} {named[1]}"):
                self.remarks.add(f"{id} {key}", f"{named[0]} has no choices: only the question's own ones are taken.")
                continue
            stem = _with(stem, name, of, named[1])
        self.done[id] = stem
        return stem


def _with(stem: ParsedQuestion, name: str, of: ParsedQuestion, list: str) -> ParsedQuestion:
    """The question with another one's choices or answers before its own."""
    own, theirs = as_map(stem.payload.get(f"{name}s"), stem.id), as_map(of.payload.get(list), of.id)
    ids = {id: f"x{id}" for id in _ordered(theirs, of.payload.get(f"{list[:-1]}Order"), of.id)}
    shown = {new: own.get(new) or {"Display": _display(theirs[id])} for id, new in ids.items()}
    order = [*_ordered(own, stem.payload.get(f"{name}Order"), stem.id)]
    payload: dict[str, Any] = {
        **stem.payload,
        f"{name}s": {**shown, **own},
        f"{name}Order": [*(new for new in shown if new not in order), *order],
    }
    if payload.get("QuestionType") != "Matrix" or name == "Answer":
        payload["RecodeValues"] = _recoded(stem, of, own, ids)
        said = as_map(of.payload.get("AnalyzeChoices"), f"{of.id} AnalyzeChoices")
        analysed = {new: said[id] for id, new in ids.items() if id in said}
        payload["AnalyzeChoices"] = {
            **analysed,
            **as_map(stem.payload.get("AnalyzeChoices"), f"{stem.id} AnalyzeChoices"),
        }
    columns = stem.payload.get("AdditionalQuestions")
    if isinstance(columns, dict) and name == "Choice":  # all columns have the same statements
        lists = {key: payload[key] for key in ("Choices", "ChoiceOrder")}
        payload["AdditionalQuestions"] = {
            id: {**column, **lists} if isinstance(column, dict) else column for id, column in columns.items()
        }
    return replace(stem, payload=payload, translations=_translated(stem, name, of, list, ids))


def _recoded(
    stem: ParsedQuestion, of: ParsedQuestion, own: Mapping[str, Any], ids: Mapping[str, str]
) -> dict[str, Any]:
    """Recodes: carried choices keep their source's, or get new numbers if own choices already have these."""
    said = as_map(stem.payload.get("RecodeValues"), f"{stem.id} RecodeValues")
    theirs = as_map(of.payload.get("RecodeValues"), f"{of.id} RecodeValues")
    taken = {new: theirs.get(id, id) for id, new in ids.items()}
    used = {str(said.get(id, id)) for id in own}
    if used & {str(recode) for recode in taken.values()}:
        last = max((int(recode) for recode in used if recode.isdecimal() and len(recode) < 10), default=0)
        taken = {new: str(last + number) for number, new in enumerate(ids.values(), start=1)}
    return {**taken, **said}


def _translated(
    stem: ParsedQuestion, name: str, of: ParsedQuestion, list: str, ids: Mapping[str, str]
) -> dict[str, Any]:
    found: dict[str, Any] = dict(stem.translations)
    for language, said in of.translations.items():
        theirs = as_map(said.get(list), f"{of.id} Language {language}")
        taken = {new: {"Display": _display(theirs[id])} for id, new in ids.items() if id in theirs}
        if taken:
            before = as_map(found.get(language), f"{stem.id} Language {language}")
            own = as_map(before.get(f"{name}s"), f"{stem.id} Language {language}")
            found[language] = {**before, f"{name}s": {**taken, **own}}
    return found


def _ordered(given: Mapping[str, Any], order: object, place: str) -> list[str]:
    wanted = [str(id) for id in as_list(order, f"{place} order") if isinstance(id, str | int)]
    return [*dict.fromkeys([*(id for id in wanted if id in given), *given])]


def _display(entry: object) -> object:
    return entry.get("Display") if isinstance(entry, dict) else entry
