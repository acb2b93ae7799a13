"""Data migration that keeps the scales of profiles imported when recodes of their answers were not read.

Pages of the site read a question's settings again. With recodes that the stored scale does not have, they would
store other values for the same answers.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from qxportal.engine.http.errors import Problem
from qxportal.engine.surveys.answer_columns import parts
from qxportal.engine.surveys.parsed_survey import ParsedQuestion, Payload

NOT_READ = ("RecodeValues", "AnalyzeChoices")

Scales = Mapping[str, tuple[list[str], list[str], int]]  # question id -> labels, recodes, number of other choices


def keep_scales(stems: Iterable[Any], questions: Any) -> int:
    """Remove settings that would change stored scales; gives from how many profiles. Takes rows of a migration."""
    changed = 0
    for row in stems:
        rated = questions.filter(stem=row.pk, kind="Rating")
        stored = {one.public_id: (list(one.choices), list(one.recodes), len(one.others)) for one in rated}
        plain = {key: value for key, value in row.payload.items() if key not in NOT_READ}
        try:
            if _scales(row, row.payload, stored) == stored or _scales(row, plain, stored) != stored:
                continue
        except Problem:  # can no longer be parsed: its row stays as it is
            continue
        row.payload = plain
        row.save(update_fields=["payload"])
        changed += 1
    return changed


def _scales(row: Any, payload: Payload, stored: Scales) -> Scales:
    """The scales of the stored ratings with these settings."""
    found = parts(ParsedQuestion(id=row.public_id, payload=payload, translations=row.translations))
    return {
        part.public_id: (list(part.choices), list(part.recodes), len(part.others))
        for part in found
        if part.public_id in stored
    }
