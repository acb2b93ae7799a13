"""Normalises exports: restores empty maps, and drops unreadable settings that are not essential."""

from collections.abc import Mapping
from typing import Any

from qxportal.engine.surveys.php_values import NOTHING
from qxportal.engine.surveys.remarks import Remarks

MAPS = (
    "Validation",
    "RecodeValues",
    "AnalyzeChoices",
    "ChoiceDataExportTags",
    "Configuration",
    "Groups",
    "Language",
    "AdditionalQuestions",
    "AnswerMap",
)


def tidied(payload: Mapping[str, Any], place: str, remarks: Remarks) -> dict[str, Any]:
    """The question with maps where they are required; everything else stays unchanged."""
    found = {key: value for key, value in payload.items() if key != "Turns"}  # our own key, see loops
    for key in MAPS:
        if key in found and not _is_map(found[key]):
            remarks.add(f"{place} {key}", f"{_shown(found[key])} is no map and was left out.")
            found[key] = {}
    validation = found.get("Validation")
    if isinstance(validation, dict) and not _is_map(validation.get("Settings")):
        remarks.add(f"{place} Validation Settings", f"{_shown(validation['Settings'])} is no map and was left out.")
        found["Validation"] = {**validation, "Settings": {}}
    columns = found.get("AdditionalQuestions")
    if isinstance(columns, dict):
        found["AdditionalQuestions"] = {
            id: tidied(column, f"{place}#{id}", remarks) if isinstance(column, dict) else column
            for id, column in columns.items()
        }
    return found


def _is_map(value: object) -> bool:
    """Whether the value is a map, or stands for an empty one."""
    return (
        value is None
        or value is False
        or isinstance(value, dict | list)
        or (isinstance(value, str) and value in NOTHING)
    )


def _shown(value: object) -> str:
    return repr(value)[:30]
