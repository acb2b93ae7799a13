"""Loop and merge: a block asked once per turn, with the turn's texts filled into its questions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from qxportal.engine.surveys.limits import TURNS
from qxportal.engine.surveys.parsed_survey import Block, ParsedQuestion
from qxportal.engine.surveys.php_values import NOTHING, as_map
from qxportal.engine.surveys.qsf.carried import source
from qxportal.engine.surveys.remarks import Remarks
from qxportal.engine.surveys.strip_html import strip_html

Turns = Mapping[str, Mapping[str, str]]  # turn id -> field -> text


def looped(
    stems: Sequence[ParsedQuestion], blocks: Sequence[Block], remarks: Remarks
) -> tuple[list[ParsedQuestion], list[Block]]:
    """The questions and blocks with their turns under our own key, Turns."""
    known = {stem.id: stem for stem in stems}
    found: dict[str, Turns] = {}
    written: list[Block] = []
    for block in blocks:
        turns = _turns(block, known, remarks)
        rest = {key: value for key, value in block.payload.items() if key != "Turns"}
        written.append(replace(block, payload={**rest, "Turns": turns} if turns else rest))
        found.update({id: turns for id in block.questions if turns})
    marked = [
        replace(stem, payload={**stem.payload, "Turns": found[stem.id]}) if stem.id in found else stem for stem in stems
    ]
    return marked, written


def _turns(block: Block, stems: Mapping[str, ParsedQuestion], remarks: Remarks) -> Turns:
    options = block.payload.get("Options")
    kind = options.get("Looping") if isinstance(options, dict) else None
    if not isinstance(options, dict) or not kind or kind in NOTHING:
        return {}
    place = f"Block {block.id} Looping"
    looping = options.get("LoopingOptions")
    fields = _fields(looping.get("Static")) if isinstance(looping, dict) else {}
    turns = _of_question(looping, stems, fields) or fields
    if not turns:
        remarks.add(place, "how often it is repeated hangs on an answer: its questions are asked once.")
    elif len(turns) > TURNS:
        remarks.add(place, f"it has {len(turns)} turns, at most {TURNS} are possible: its questions are asked once.")
        return {}
    return turns


def _of_question(looping: object, stems: Mapping[str, ParsedQuestion], fields: Turns) -> Turns:
    """One turn per choice of the loop's question; the answer decides which are asked."""
    named = source(looping)
    if named is None and isinstance(looping, dict) and isinstance(looping.get("QID"), str):
        named = (looping["QID"], "Choices")
    stem = stems.get(named[0]) if named else None
    if stem is None or named is None:
        return {}
    listed = as_map(stem.payload.get(named[1]), f"{stem.id} {named[1]}")
    labels = {id: one.get("Display") if isinstance(one, dict) else one for id, one in listed.items()}
    return {id: {"1": strip_html(str(label or "")), **fields.get(id, {})} for id, label in labels.items() if _is_id(id)}


def _fields(given: object) -> Turns:
    if isinstance(given, list):
        given = {str(number): item for number, item in enumerate(given, start=1)}
    if not isinstance(given, dict):
        return {}
    return {
        str(turn): {str(key): str(value) for key, value in _pairs(fields) if isinstance(value, str | int | float)}
        for turn, fields in given.items()
        if _is_id(str(turn))
    }


def _is_id(text: str) -> bool:
    return text.isascii() and text.isalnum() and len(text) <= 10


def _pairs(fields: Any) -> list[tuple[Any, Any]]:
    if isinstance(fields, dict):
        return list(fields.items())
    return list(enumerate(fields, start=1)) if isinstance(fields, list) else [(1, fields)]
