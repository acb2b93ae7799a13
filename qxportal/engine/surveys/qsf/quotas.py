"""Reads the quotas of a QSF file (QO)."""

import re
from collections.abc import Sequence

from qxportal.engine.surveys.limits import QUOTAS, at_most, refusal
from qxportal.engine.surveys.parsed_survey import Quota
from qxportal.engine.surveys.php_values import as_map, as_text
from qxportal.engine.surveys.remarks import Remarks

ID = re.compile(r"[A-Za-z0-9_]{1,40}", re.ASCII)
WHOLE = re.compile(r"[0-9]{1,9}", re.ASCII)


def read(elements: Sequence[tuple[str, object]], remarks: Remarks) -> list[Quota]:
    """The quotas in order, with their places in the file; those without a target number are left out."""
    at_most(QUOTAS, len(elements), "quotas", "SurveyElements")
    found: list[Quota] = []
    for place, payload in elements:
        if as_text(as_map(payload, place).get("Occurrences"), f"{place} Occurrences").strip():
            found.append(_quota(payload, place))
        else:
            remarks.add(place, "the quota has no number and was left out.")
    ids = [quota.id for quota in found if quota.id]
    if len(set(ids)) < len(ids):
        raise refusal("Quotas", "two have the same ID.")
    return found


def _quota(given: object, place: str) -> Quota:
    payload = as_map(given, place)
    id = as_text(payload.get("ID"), f"{place} ID")
    if id and ID.fullmatch(id) is None:
        raise refusal(place, f"{id[:30]!r} is no ID of a quota.")
    limit = as_text(payload.get("Occurrences"), f"{place} Occurrences").strip()
    if WHOLE.fullmatch(limit) is None:
        raise refusal(f"{place} Occurrences", "a whole number is expected.")
    return Quota(
        id=id,
        name=as_text(payload.get("Name"), f"{place} Name", limit=200) or id or "Quota",
        limit=int(limit),
        logic=payload.get("Logic") or {},
        logic_type=as_text(payload.get("LogicType"), f"{place} LogicType", limit=20) or "Simple",
    )
