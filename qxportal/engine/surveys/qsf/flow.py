"""Reads the flow of a QSF file (FL): blocks, embedded data, random order, branches, each with what is inside."""

from collections.abc import Sequence

from qxportal.engine.surveys.draft import Payload
from qxportal.engine.surveys.limits import FIELDS, FLOW_DEPTH, FLOW_NODES, at_most, refusal
from qxportal.engine.surveys.php import as_list, as_map, as_text


def read(given: object, place: str) -> list[Payload]:
    """The steps in their order; whatever is inside one is a list."""
    root = as_map(given, place)
    count = [0]
    return _steps(root.get("Flow"), place, 1, count)


def _steps(given: object, place: str, depth: int, count: list[int]) -> list[Payload]:
    if depth > FLOW_DEPTH:
        raise refusal(place, f"it is nested more than {FLOW_DEPTH} deep.")
    steps: list[Payload] = []
    for item in as_list(given, place):
        count[0] += 1
        at_most(FLOW_NODES, count[0], "steps", place)
        step = dict(as_map(item, place))
        here = f"Survey flow {as_text(step.get('FlowID'), place, limit=40) or count[0]}"
        step["Type"] = as_text(step.get("Type"), here, limit=40)
        if "Flow" in step:
            step["Flow"] = _steps(step["Flow"], here, depth + 1, count)
        if step["Type"] == "EmbeddedData":
            step["EmbeddedData"] = _fields(step.get("EmbeddedData"), here)
        steps.append(step)
    return steps


def _fields(given: object, place: str) -> list[Payload]:
    fields: list[Payload] = []
    for item in as_list(given, place):
        field = dict(as_map(item, place))
        name = as_text(field.get("Field") or field.get("Description"), place, limit=200)
        if not name:
            raise refusal(place, "a field has no name.")
        fields.append({**field, "Field": name, "Value": as_text(field.get("Value"), f"{place} {name}")})
    return fields


def embedded_data(steps: Sequence[Payload]) -> list[Payload]:
    """Every field that the flow sets, once, with the value of its first place."""
    found: dict[str, Payload] = {}
    waiting = list(reversed(steps))
    while waiting:
        step = waiting.pop()
        for field in step.get("EmbeddedData") or () if step["Type"] == "EmbeddedData" else ():
            found.setdefault(field["Field"], field)
        waiting.extend(reversed(step.get("Flow") or ()))
    at_most(FIELDS, len(found), "fields of embedded data", "Survey flow")
    return list(found.values())
