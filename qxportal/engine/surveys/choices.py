"""The choices of a question, or the points of its scale, in the order in which they are shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qxportal.engine.surveys.draft import Payload
from qxportal.engine.surveys.limits import CHOICES, LABEL, at_most, refusal
from qxportal.engine.surveys.php import as_flag, as_list, as_map, as_text
from qxportal.engine.surveys.plain import plain

# What is no point of a scale though it stands beside it, where the form does not say so itself.
CANNOT_SAY = frozenset(
    {
        "n/a", "na", "not applicable", "cannot say", "can't say", "can’t say", "cannot judge", "can't judge",
        "unable to judge", "unable to rate", "unable to say", "don't know", "don’t know", "do not know", "no opinion",
        "not observed", "no answer", "prefer not to say", "keine angabe", "keine aussage möglich", "k. a.", "k.a.",
        "kann ich nicht beurteilen", "nicht beurteilbar", "weiß nicht", "weiß ich nicht", "sans avis", "sans réponse",
        "ne sait pas", "je ne sais pas", "non applicable", "ne peut pas juger",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """One choice: its id in the question, what is shown, and what exports say for it."""

    id: str
    label: str
    recode: str
    markup: str = ""  # what is shown, as its author wrote it
    text_entry: bool = False
    aside: bool = False  # no point of the scale: "cannot say"


def choices(payload: Payload, place: str, *, key: str = "Choices", said: Payload | None = None) -> list[Choice]:
    """Read them as `payload` orders and recodes them, in the words of `said` where it has any."""
    given = as_map(payload.get(key), f"{place} {key}")
    ordered = {"Choices": "ChoiceOrder", "Answers": "AnswerOrder"}.get(key, f"{key.rstrip('s')}Order")
    return listed(given, payload, place, order=payload.get(ordered), said=as_map((said or {}).get(key), place))


def listed(
    given: Mapping[str, Any], payload: Payload, place: str, *, order: object = None, said: Mapping[str, Any] = {}
) -> list[Choice]:
    """The same for a map of choices that stands somewhere else in the payload."""
    at_most(CHOICES, len(given), "choices", place)
    recodes = as_map(payload.get("RecodeValues"), f"{place} RecodeValues")
    analysed = as_map(payload.get("AnalyzeChoices"), f"{place} AnalyzeChoices")
    found: list[Choice] = []
    for id in _order(given, order, place):
        if not (id.isascii() and id.isalnum() and len(id) <= 20):
            raise refusal(place, f"{id[:20]!r} is no id of a choice.")
        here = f"{place} choice {id}"
        entry = given[id] if isinstance(given[id], dict) else {"Display": given[id]}
        label = as_text(entry.get("Display"), here)
        translated = said.get(id)
        if translated:
            translated = translated if isinstance(translated, dict) else {"Display": translated}
            label = as_text(translated.get("Display"), here) or label
        own = plain(as_text(entry.get("Display"), here))
        found.append(
            Choice(
                id,
                plain(label)[:LABEL],
                as_text(recodes.get(id, id), here, limit=40).strip() or id,
                label,
                text_entry=as_flag(entry.get("TextEntry")),
                aside=analysed.get(id) == "No" or own.casefold().rstrip(".") in CANNOT_SAY,
            )
        )
    return found


def scale(points: Sequence[Choice]) -> list[Choice]:
    """The points of a scale from lowest to highest, without those that stand aside of it."""
    values = {point.id: _number(point.recode) for point in points}
    known = [value for value in values.values() if value is not None]
    odd = [value for value in known if value < 0]
    lonely = odd[0] if len(odd) == 1 and all(value >= 1 for value in known if value != odd[0]) else None
    kept = [point for point in points if not point.aside and (lonely is None or values[point.id] != lonely)]
    numbers = [values[point.id] for point in kept]
    if None in numbers or len(set(numbers)) < len(numbers):
        return kept
    return sorted(kept, key=lambda point: values[point.id] or 0)


def recodes(points: Sequence[Choice]) -> list[str]:
    """What exports say for each, where that is not 1, 2, 3, ..."""
    said = [point.recode for point in points]
    return [] if said == [str(number) for number in range(1, len(said) + 1)] else said


def _order(given: Mapping[str, Any], order: object, place: str) -> list[str]:
    """The ids as they are shown; those that the order leaves out follow."""
    wanted = [as_text(id, place, limit=20) for id in as_list(order, f"{place} order")]
    return list(dict.fromkeys([id for id in wanted if id in given] + list(given)))


def _number(text: str) -> float | None:
    try:
        return float(text) if len(text) < 20 and text.strip("0123456789.-") == "" else None
    except ValueError:
        return None
