"""Column names of a question in the vendor's exports.

The question's own tag and the id of the choice: Q1, Q1_2, Q1_2_3, Q1#2_1. Where the author gave the choices tags of
their own these stand alone: lead, lead_3; of a question inside another one with the tag of its column: lead: 2. Words
beside a choice end with _TEXT; with tags of choices they begin with that of the question.
"""

from qxportal.engine.surveys.parsed_survey import Payload
from qxportal.engine.surveys.php_values import as_map, as_text


def tag(id: str, own: str, payload: Payload, part: str) -> str:
    """The column name of one part; `part`: the id of a choice with its suffix."""
    choice, _, rest = part.partition("_")
    place = f"{id} ChoiceDataExportTags"
    chosen = as_text(as_map(payload.get("ChoiceDataExportTags"), place).get(choice), place, limit=80).replace("-", "_")
    if not part or not chosen:
        return f"{own}_{part}" if part else own
    column = as_text(payload.get("AnswerDataExportTag"), f"{id} AnswerDataExportTag", limit=20) if "#" in id else ""
    if rest == "TEXT":
        return f"{own}{chosen}_TEXT"
    return f"{chosen}{f': {column}' if column else ''}{f'_{rest}' if rest else ''}"
