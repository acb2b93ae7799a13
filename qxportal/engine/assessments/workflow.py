"""The workflow options of an assessment."""

from collections.abc import Mapping

from qxportal.engine.http.errors import Invalid

SWITCHES = {
    "SelfEvaluation": True,  # subjects evaluate themselves
    "UnsolicitedEvaluations": False,
    "DeclineEvaluations": False,
    "RoundRobin": False,
    "SubjectsNominate": False,
    "SubjectsChooseRelationship": False,
    "ManagersChoose": False,
    "NominationApproval": False,
    "CompletionVisible": False,
    "ReportApproval": False,
    "SubjectsRemind": False,
    "AutoInvite": False,
    "MergeMessages": True,
}
NUMBERS = {"MinimumEvaluators": 3, "MaximumEvaluators": 0}  # 0 is no limit
DEFAULTS: dict[str, bool | int] = {**SWITCHES, **NUMBERS}
NEEDS = {  # options that mean nothing without another one
    "NominationApproval": "SubjectsNominate",
    "SubjectsChooseRelationship": "SubjectsNominate",
}
TRUE, FALSE = (True, 1, "1", "true", "True"), (False, 0, "0", "false", "False", "")


def options(
    given: object, *, over: Mapping[str, bool | int] = DEFAULTS, parameter: str = "WorkFlowOptions"
) -> dict[str, bool | int]:
    """The options `over` updated with the given ones; None or an empty list changes nothing."""
    if given in (None, []):
        return dict(over)
    if not isinstance(given, dict):
        raise Invalid(parameter, "A map of options is expected.")
    chosen = {**DEFAULTS, **over}
    for name, value in given.items():
        if name in SWITCHES:
            chosen[name] = _switch(name, value, parameter)
        elif name in NUMBERS:
            chosen[name] = _number(name, value, parameter)
        else:
            raise Invalid(parameter, f"Unknown option: {name[:60]}. Possible: {', '.join(DEFAULTS)}.")
    if 0 < chosen["MaximumEvaluators"] < chosen["MinimumEvaluators"]:
        raise Invalid(parameter, "MaximumEvaluators is below MinimumEvaluators.")
    for name, other in NEEDS.items():
        if chosen[name] and not chosen[other] and {name, other} & {*given}:
            raise Invalid(parameter, f"{name} needs {other}.")
    return chosen


def _switch(name: str, value: object, parameter: str) -> bool:
    if isinstance(value, bool | int | str):
        if value in TRUE:
            return True
        if value in FALSE:
            return False
    raise Invalid(parameter, f"{name} is true or false.")


def _number(name: str, value: object, parameter: str) -> int:
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not (text.isascii() and text.isdecimal()) or int(text[:4]) > 500 or len(text) > 4:
        raise Invalid(parameter, f"{name} is a number from 0 to 500.")
    return int(text)
