"""Reads one question of a QSF file (SQ)."""

import re
from collections.abc import Mapping

from qxportal.engine.surveys.limits import LANGUAGES, at_most, refusal
from qxportal.engine.surveys.parsed_survey import ParsedQuestion, Payload
from qxportal.engine.surveys.php_values import as_language, as_map, as_text
from qxportal.engine.surveys.qsf.tidy import tidied
from qxportal.engine.surveys.remarks import Remarks

ID = re.compile(r"[A-Za-z0-9_.-]{1,30}", re.ASCII)
TEXTS = ("QuestionText", "QuestionType", "Selector", "SubSelector", "DataExportTag", "QuestionDescription")
SHORT = {"QuestionType": 20, "Selector": 20, "SubSelector": 20}


def read(given: object, place: str, primary: str, remarks: Remarks) -> ParsedQuestion:
    """The question with all its settings in the file; its texts are validated."""
    payload = dict(as_map(given, place))
    id = as_text(payload.get("QuestionID"), f"{place} QuestionID") or primary
    if ID.fullmatch(id) is None:
        raise refusal(place, f"{id[:30]!r} is no QuestionID.")
    here = f"{place} {id}"
    for key in TEXTS:
        if key in payload:
            payload[key] = as_text(payload[key], f"{here} {key}")
        if len(payload.get(key) or "") > SHORT.get(key, 1 << 20):
            raise refusal(f"{here} {key}", f"at most {SHORT[key]} characters are possible.")
    if not payload.get("QuestionType"):
        raise refusal(here, "it has no QuestionType.")
    payload = tidied(payload, id, remarks)
    return ParsedQuestion(
        id=id, payload=payload, translations=_translations(payload.get("Language"), f"{here} Language")
    )


def _translations(given: object, place: str) -> Mapping[str, Payload]:
    found: dict[str, Payload] = {}
    for language, said in as_map(given, place).items():
        code = as_language(language, place)
        words = as_map(said, f"{place} {code}")
        if words:
            found[code] = words
    at_most(LANGUAGES, len(found), "languages", place)
    return found
