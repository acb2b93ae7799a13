"""A change's intent and previous values as readable lines instead of the stored record."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from qxportal.ledger.models.changes import ConflictRow
from qxportal.ui.dates import date_time
from qxportal.ui.labels import PARAMETERS, RELATIONSHIPS, STATES

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")  # time format within changes
OF_METADATA = "metadata:"  # prefix of a metadata field's name among other fields
STATUSES = ("assessment", "subject", "evaluation")  # records with a status that changes set


class Compared(NamedTuple):
    """A field of a conflict in words: the value that the member saw, the current one, and the wanted one."""

    name: str
    before: str
    now: str
    wanted: str


def humanize(value: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Each labelled field of a stored record with its value in words; fields without a label are technical."""
    lines: list[tuple[str, str]] = []
    for name, part in value.items():
        if name == "metadata" and isinstance(part, dict):
            lines += [(field_label(key), _value(key, value)) for key, value in part.items()]
        elif isinstance(part, dict):
            lines += humanize(part)
        elif name in PARAMETERS or name.startswith(OF_METADATA):
            lines.append((field_label(name), _value(name, part)))
    return lines


def field_label(name: str) -> str:
    """Display name of a field; unknown metadata keeps its own name."""
    plain = name.removeprefix(OF_METADATA)
    return str(PARAMETERS.get(plain, plain))


def compared(row: ConflictRow) -> Compared:
    """A field of a conflict in words."""
    name, field = field_label(row["field"]), row["field"]
    return Compared(name, *(_value(field, value) for value in (row["before"], row["now"], row["wanted"])))


def _value(name: str, value: object) -> str:
    """A field's value in words; a relationship by its display name."""
    return str(RELATIONSHIPS.get(value, value)) if name == "relationship" and isinstance(value, str) else _said(value)


def _said(value: object) -> str:
    match value:
        case True:
            return _("yes")
        case False:
            return _("no")
        case None | "" | []:
            return "–"
        case list():
            return ", ".join(_said(item) for item in value)
        case {"FirstName": first, "LastName": last, "Relationship": relationship}:
            name, role = f"{first} {last}".strip(), RELATIONSHIPS.get(relationship, relationship)
            return _("%(name)s as %(relationship)s") % {"name": name, "relationship": role}
        case dict():
            return str(value.get("Name") or "; ".join(_said(part) for part in value.values()) or "–")
    text = str(value)
    if MOMENT.fullmatch(text):
        return date_time(datetime.fromisoformat(text))
    badges = (STATES[kind].get(text) for kind in STATUSES if kind in STATES)
    return next((str(badge.label) for badge in badges if badge), text)
