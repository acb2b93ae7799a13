"""The QSF type of a question written as text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qxportal.engine.surveys.limits import refusal

NAMES = {
    "mc": "MC",
    "multiplechoice": "MC",
    "matrix": "Matrix",
    "te": "TE",
    "textentry": "TE",
    "cs": "CS",
    "constantsum": "CS",
    "ro": "RO",
    "rank": "RO",
    "rankorder": "RO",
    "db": "DB",
    "text": "DB",
    "slider": "Slider",
}
SELECTORS: Mapping[str, Mapping[str, str]] = {
    "MC": {
        "singleanswer": "SAVR",
        "vertical": "SAVR",
        "horizontal": "SAHR",
        "multipleanswer": "MAVR",
        "dropdown": "DL",
        "select": "SB",
        "multiselect": "MSB",
        "rating": "SAVR",
    },
    "Matrix": {"singleanswer": "Likert", "multipleanswer": "Likert", "bipolar": "Bipolar", "likert": "Likert"},
    "TE": {"singleline": "SL", "multiline": "ML", "essay": "ESTB", "form": "FORM"},
}
ALONE = {
    "multipleanswer": ("", "MultipleAnswer"),
    "singleanswer": ("", "SingleAnswer"),
    "horizontal": ("", "Horizontal"),
    "vertical": ("", "Vertical"),
    "dropdown": ("MC", "DropDown"),
    "select": ("MC", "Select"),
    "multiselect": ("MC", "MultiSelect"),
    "singleline": ("TE", "SingleLine"),
    "essay": ("TE", "Essay"),
    "form": ("TE", "Form"),
    "rating": ("MC", "Rating"),
}
FIXED = {"CS": ("VRTL", "TX"), "RO": ("DND", "TX"), "DB": ("TB", ""), "Slider": ("HSLIDER", "")}
LAYOUTS = ("vertical", "horizontal")


@dataclass(frozen=True)
class Written:
    """One choice, with its recode if the file has one."""

    label: str
    recode: str = ""


def is_kind(word: str) -> bool:
    """Whether a tag without arguments defines the question's type."""
    return word.casefold() in NAMES or word.casefold() in ALONE


def alone(word: str) -> Sequence[str]:
    """The full form of a tag without arguments."""
    return ALONE.get(word.casefold(), (word,))


def kind_of(
    words: Sequence[str], choices: Sequence[Written], answers: Sequence[Written], place: str
) -> Mapping[str, Any]:
    """QuestionType, Selector, SubSelector and the lists; derived from the lists if no word defines them."""
    type, rest = _type(words, choices, answers, place)
    lists = {**_list("Choice", choices), **_list("Answer", answers)}
    if type != "DB" and type != "TE" and not choices:
        raise refusal(place, "the question has no choices.")
    if type == "Matrix" and not answers:
        raise refusal(place, "the matrix has no answers: a second list is needed.")
    if type != "Matrix" and answers:
        raise refusal(place, "only a matrix has two lists.")
    if type == "DB" and choices:
        raise refusal(place, "a text that asks nothing has no choices.")
    selector, sub = _selector(type, rest, bool(choices), place)
    recodes = _recodes(answers if type == "Matrix" else choices)
    found = {"QuestionType": type, "Selector": selector, "SubSelector": sub, **lists, "RecodeValues": recodes}
    if "rating" in rest and "multipleanswer" in rest:
        raise refusal(place, "a rating has one answer.")
    rated = {"Rating": True} if type == "MC" and "rating" in rest else {}  # our own word, missing in QSF
    return {key: value for key, value in found.items() if value not in ("", {})} | rated


def _type(
    words: Sequence[str], choices: Sequence[Written], answers: Sequence[Written], place: str
) -> tuple[str, list[str]]:
    rest = [word.strip().casefold() for word in words if word.strip()]
    if rest and rest[0] in NAMES:
        return NAMES[rest[0]], rest[1:]
    if rest and rest[0] not in ALONE:
        raise refusal(place, f"{words[0][:40]!r} is no type of question.")
    return "Matrix" if answers else "MC" if choices else "TE", rest


def _selector(type: str, words: Sequence[str], listed: bool, place: str) -> tuple[str, str]:
    if type in FIXED:
        return FIXED[type]
    known = SELECTORS[type]
    for word in words:
        if word not in known and word not in LAYOUTS and NAMES.get(word) != type:
            raise refusal(place, f"{word[:40]!r} is nothing that a question of the type {type} can be.")
    chosen = [word for word in words if word in known]
    if type == "MC":
        selector = known[chosen[0]] if chosen else "SAVR"
        if "horizontal" in words and selector in ("SAVR", "MAVR"):
            selector = selector.replace("VR", "HR")
        return selector, "TX" if selector not in ("DL", "SB", "MSB") else ""
    if type == "Matrix":
        multiple = "multipleanswer" in words
        return known[chosen[0]] if chosen else "Likert", "MultipleAnswer" if multiple else "SingleAnswer"
    return known[chosen[0]] if chosen else "FORM" if listed else "ML", ""


def _list(name: str, written: Sequence[Written]) -> Mapping[str, Any]:
    if not written:
        return {}
    items = {str(number): {"Display": one.label} for number, one in enumerate(written, start=1)}
    return {f"{name}s": items, f"{name}Order": list(items)}


def _recodes(written: Sequence[Written]) -> Mapping[str, str]:
    if not any(one.recode for one in written):
        return {}
    return {str(number): one.recode or str(number) for number, one in enumerate(written, start=1)}
