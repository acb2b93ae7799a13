"""Reads the flow of a QSF file (FL): blocks, embedded data, randomisers and branches, with nested steps."""

from collections.abc import Iterator, Sequence

from qxportal.engine.surveys.limits import FIELDS, FLOW_DEPTH, FLOW_NODES, at_most, refusal
from qxportal.engine.surveys.parsed_survey import Payload
from qxportal.engine.surveys.php_values import as_list, as_map, as_text
from qxportal.engine.surveys.remarks import Remarks


def read(given: object, place: str, remarks: Remarks) -> list[Payload]:
    """The steps in order; nested steps are a list."""
    root = as_map(given, place)
    count = [0]
    return _steps(root.get("Flow"), place, 1, count, remarks)


def _steps(given: object, place: str, depth: int, count: list[int], remarks: Remarks) -> list[Payload]:
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
            step["Flow"] = _steps(step["Flow"], here, depth + 1, count, remarks)
        if step["Type"] == "EmbeddedData":
            step["EmbeddedData"] = _fields(step.get("EmbeddedData"), here, remarks)
        steps.append(step)
    return steps


def _fields(given: object, place: str, remarks: Remarks) -> list[Payload]:
    """The fields of a step, with values as texts and without empty rows."""
    fields: list[Payload] = []
    for item in as_list(given, place):
        field = dict(as_map(item, place))
        name = as_text(field.get("Field") or field.get("Description"), place, limit=200)
        if not name:
            if field.get("Value"):
                remarks.add(place, "a field has no name and was left out.")
            continue
        fields.append({**field, "Field": name, "Value": _value(field.get("Value"), f"{place} {name}", remarks)})
    return fields


def _value(given: object, place: str, remarks: Remarks) -> str:
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, list | dict) and given:
        remarks.add(place, "its value is no text and was left out.")
        return ""
    return as_text(given, place)


def embedded_data(steps: Sequence[Payload], remarks: Remarks) -> list[Payload]:
    """Each field set by the flow, once.

    The last value that every evaluation gets counts, as in the flow. A field set only in branches has no value if they
    differ.
    """
    found: dict[str, Payload] = {}
    certain: set[str] = set()
    torn: set[str] = set()  # set to different values
    for field, place, always in _set(steps):
        name, value = str(field["Field"]), field["Value"]
        before = found.setdefault(name, field)["Value"]
        if value and value != before and (always or name not in torn):
            if always:
                found[name], why = field, "the last value counts"
            elif name in certain:
                why = "only some forms get there, so the value from before counts"
            else:
                found[name], why = {**field, "Value": ""}, "which value a form has hangs on its way: it has none here"
                torn.add(name)
            remarks.add(f"{place} {name}", f"the field is set more than once; {why}.")
        if always:
            certain.add(name)
    at_most(FIELDS, len(found), "fields of embedded data", "Survey flow")
    return list(found.values())


def _set(steps: Sequence[Payload]) -> Iterator[tuple[Payload, str, bool]]:
    """Each place where a field is set, and whether every evaluation reaches it."""
    waiting = [(step, True) for step in reversed(steps)]
    while waiting:
        step, always = waiting.pop()
        if step["Type"] == "EmbeddedData":
            for field in step.get("EmbeddedData") or ():
                yield field, f"Survey flow {step.get('FlowID') or ''}".rstrip(), always
        inside = always and step["Type"] in ("Root", "Group")
        waiting.extend((inner, inside) for inner in reversed(step.get("Flow") or ()))
