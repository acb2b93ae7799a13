"""The choices of a question, or the points of its scale, in the order in which they are shown."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qxportal.engine.surveys.limits import CHOICES, LABEL, LISTED, at_most, refusal
from qxportal.engine.surveys.parsed_survey import Payload
from qxportal.engine.surveys.php_values import as_flag, as_list, as_map, as_text
from qxportal.engine.surveys.strip_html import strip_html

STRAIGHT = dict.fromkeys(map(ord, "’‘`´"), "'") | dict.fromkeys(map(ord, "\u200b\u00ad\ufeff"))
AROUND = " .*-–—"
# Choices that are no points of a scale, if the survey does not mark them as such.
CANNOT_SAY = frozenset(
    {
        "n/a",
        "na",
        "n.a",
        "dk",
        "not applicable",
        "cannot say",
        "can't say",
        "cannot judge",
        "can't judge",
        "unable to judge",
        "unable to rate",
        "unable to say",
        "don't know",
        "do not know",
        "no opinion",
        "not observed",
        "no answer",
        "prefer not to say",
        "keine angabe",
        "keine aussage möglich",
        "keine angabe möglich",
        "k. a",
        "k.a",
        "ka",
        "weiss nicht",
        "weiss ich nicht",
        "kann ich nicht beurteilen",
        "nicht beurteilbar",
        "weiß nicht",
        "weiß ich nicht",
        "sans avis",
        "sans réponse",
        "ne sait pas",
        "je ne sais pas",
        "non applicable",
        "ne peut pas juger",
        "no basis",
        "cannot comment",
        "unable to comment",
        "cannot evaluate",
        "have not observed",
        "haven't observed",
        "insufficient information",
        "not enough information",
        "cannot rate",
        "no basis for evaluation",
        "no basis for judgement",
        "no basis for judgment",
        "unable to assess",
        "cannot assess",
        "unable to evaluate",
        "don't know / not applicable",
        "not applicable / don't know",
        "no opportunity to observe",
        "nicht zutreffend",
        "trifft nicht zu / keine angabe",
        "nicht bekannt",
        "sans objet",
        "sans opinion",
        "ne s'applique pas",
        "nsp",
        "je ne peux pas évaluer",
        "ne se prononce pas",
        "no aplica",
        "no sabe",
        "no sé",
        "sin opinión",
        "no contesta",
        "ns",
        "nc",
        "no lo sé",
        "non so",
        "non saprei",
        "non lo so",
        "non applicabile",
        "nessuna opinione",
        "não se aplica",
        "não sei",
        "weet niet",
        "weet ik niet",
        "niet van toepassing",
        "geen mening",
        "nie dotyczy",
        "nie wiem",
        "trudno powiedzieć",
        "brak zdania",
        "nie mam zdania",
        "nevím",
        "neviem",
        "nem tudom",
        "bilmiyorum",
        "fikrim yok",
        "わからない",
        "分からない",
        "該当なし",
        "不知道",
        "不适用",
        "不適用",
        "잘 모르겠음",
        "모름",
        "해당 없음",
        "не знаю",
        "затрудняюсь ответить",
        "vet ej",
        "vet inte",
        "ej tillämpligt",
    }
)
BETWEEN = re.compile(r"\s*[/()\[\];,|–—]\s*|\s-\s|\s(?:or|oder|ou|lub|veya)\s")


def cannot_say(label: str) -> bool:
    """Whether a label means "no opinion" in one or several wordings, such as Don’t know / N/A."""
    text = label.casefold().translate(STRAIGHT)
    if text.strip(AROUND) in CANNOT_SAY:
        return True
    said = [part.strip(AROUND) for part in BETWEEN.split(text.replace("n/a", "na"))]
    return any(said) and all(part in CANNOT_SAY for part in said if part)


@dataclass(frozen=True)
class Choice:
    """One choice: id in the question, label and recode."""

    id: str
    label: str
    recode: str
    markup: str = ""  # the label as its author wrote it
    text_entry: bool = False
    aside: bool = False  # not a point of the scale, such as "cannot say"


def choices(payload: Payload, place: str, *, key: str = "Choices", said: Payload | None = None) -> list[Choice]:
    """The choices in the order and with the recodes of `payload`, and with translated labels from `said`."""
    given = as_map(payload.get(key), f"{place} {key}")
    ordered = {"Choices": "ChoiceOrder", "Answers": "AnswerOrder"}.get(key, f"{key.rstrip('s')}Order")
    return listed(given, payload, place, order=payload.get(ordered), said=as_map((said or {}).get(key), place))


def listed(
    given: Mapping[str, Any], payload: Payload, place: str, *, order: object = None, said: Mapping[str, Any] = {}
) -> list[Choice]:
    """The same for a map of choices elsewhere in the payload."""
    long = payload.get("QuestionType") == "DD" or payload.get("Selector") in ("DL", "SB")
    at_most(LISTED if long else CHOICES, len(given), "choices", place)
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
        recode = recodes.get(id, id)
        recode = id if isinstance(recode, dict | list) else recode  # in a profile: those of the statement's answers
        own = strip_html(as_text(entry.get("Display"), here))
        found.append(
            Choice(
                id,
                strip_html(label)[:LABEL],
                as_text(recode, f"{here} RecodeValues", limit=40).strip() or id,
                label,
                text_entry=as_flag(entry.get("TextEntry")),
                aside=analysed.get(id) == "No" or cannot_say(own),
            )
        )
    return found


def recodes(points: Sequence[Choice]) -> list[str]:
    """The recodes in exports; empty if they are 1, 2, 3, ..."""
    said = [point.recode for point in points]
    return [] if said == [str(number) for number in range(1, len(said) + 1)] else said


def _order(given: Mapping[str, Any], order: object, place: str) -> list[str]:
    """The ids in display order; ids missing in the order follow."""
    wanted = [as_text(id, place, limit=20) for id in as_list(order, f"{place} order")]
    return list(dict.fromkeys([id for id in wanted if id in given] + list(given)))
