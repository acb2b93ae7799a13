"""Calls as stored with a change: parameters as JSON, files and secrets sealed apart."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import TypedDict, cast, get_args, get_type_hints

from qxportal.ledger.models import Change
from qxportal.security.sealed import opened
from qxportal.threesixty.calls.base import As, Call
from qxportal.threesixty.calls.every import KNOWN_CALLS
from qxportal.threesixty.records import RelationshipRecord
from qxportal.threesixty.strict_json import Json

ENCLOSED = "enclosed"  # names the parameters that are sealed apart
PURPOSE = "change"


class StoredRelationship(TypedDict):
    """A custom relationship as stored with a change."""

    Name: str
    Translations: dict[str, str]


def stored(call: Call[object]) -> dict[str, Json]:
    """The call's parameters as JSON; files and secrets are only named, files with size and digest."""
    plain: dict[str, Json] = {}
    apart: dict[str, Json] = {}
    for item in fields(call):
        value, how = getattr(call, item.name), item.metadata.get("how")
        if value is None:
            continue
        if how is As.FILE:
            apart[item.name] = {"size": len(_bytes(value)), "sha256": sha256(_bytes(value)).hexdigest()}
        elif how is As.UNSEEN:
            apart[item.name] = {}
        else:
            plain[item.name] = _as_json(value)
    return {**plain, ENCLOSED: apart} if apart else plain


def enclosures(call: Call[object]) -> dict[str, bytes]:
    """The files and secrets of a call, which are sealed apart from the parameters."""
    apart = (As.FILE, As.UNSEEN)
    values = {item.name: getattr(call, item.name) for item in fields(call) if item.metadata.get("how") in apart}
    return {name: _bytes(value) for name, value in values.items() if value is not None}


def restored(change: Change) -> Call[object]:
    """The call of a change, with the vendor's ids of what its predecessors created."""
    kind = KNOWN_CALLS[change.request]
    values = _typed(change.request, parameters_of(change))
    for name in change.parameters.get(ENCLOSED, {}):
        content = opened(change.org_id, PURPOSE, enclosed_as(change, name))
        hint = _hints(change.request)[name]
        values[name] = content if bytes in {hint, *get_args(hint)} else content.decode()
    return kind(**values)


def rebuilt(request: str, parameters: Mapping[str, Json]) -> Call[object]:
    """A call from stored parameters, none of which was sealed apart."""
    return KNOWN_CALLS[request](**_typed(request, parameters))


def parameters_of(change: Change) -> dict[str, Json]:
    """The parameters of a change, with the vendor's ids of what its predecessors created."""
    known = _known_ids(change)
    return {name: _put_right(value, known) for name, value in change.parameters.items()}


def enclosed_as(change: Change, name: str) -> str:
    """The name under which a change's file or secret is sealed."""
    return f"{change.pk}:{name}"


def chosen_id(change: Change) -> str:
    """The id that we chose for the record to create; empty for other changes."""
    field = CHOSEN.get(change.request)
    return str(change.parameters.get(field, "")) if field else ""


CHOSEN = {
    "createAssessment": "assessment_id",
    "createThreeSixty": "assessment_id",
    "createPerson": "person_id",
    "createDivision": "division_id",
}


def _typed(request: str, parameters: Mapping[str, Json]) -> dict[str, object]:
    return {name: _as_typed(request, name, value) for name, value in parameters.items() if name != ENCLOSED}


def _known_ids(change: Change) -> dict[str, str]:
    """Chosen ids that the vendor replaced in earlier changes of the chain: ours to theirs."""
    known = {}
    earlier = change.depends_on
    while earlier is not None:
        ours = chosen_id(earlier)
        if ours and earlier.vendor_id and earlier.vendor_id != ours:
            known[ours] = earlier.vendor_id
        earlier = earlier.depends_on
    return known


def _put_right(value: Json, known: Mapping[str, str]) -> Json:
    if not known:
        return value
    if isinstance(value, str):
        return known.get(value, value)
    if isinstance(value, list):
        return [_put_right(item, known) for item in value]
    if isinstance(value, dict):
        return {name: _put_right(item, known) for name, item in value.items()}
    return value


def _bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value


def _as_json(value: object) -> Json:
    if isinstance(value, tuple | list):
        return [_as_json(item) for item in value]
    if isinstance(value, Mapping):
        return {str(name): _as_json(item) for name, item in value.items()}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, RelationshipRecord):
        return value.as_json()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _as_typed(request: str, name: str, value: Json) -> object:
    hint = _hints(request)[name]
    within = {hint, *get_args(hint)}
    if isinstance(value, list):
        records = any(RelationshipRecord in get_args(each) for each in within)
        dates = any(datetime in get_args(each) for each in within)
        return tuple(
            _relationship(item) if records else datetime.fromisoformat(str(item)) if dates else item for item in value
        )
    if isinstance(value, str) and datetime in within:
        return datetime.fromisoformat(value)
    return value


def _relationship(row: Json) -> RelationshipRecord:
    kept = cast(StoredRelationship, row)
    return RelationshipRecord(name=kept["Name"], translations=kept["Translations"])


@cache
def _hints(request: str) -> Mapping[str, object]:
    return get_type_hints(KNOWN_CALLS[request])
