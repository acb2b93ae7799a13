"""Every call by request name: those of the API, and those of our own server."""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType, ModuleType
from typing import Any

from qxportal.threesixty.calls import (
    assessments,
    comparisons,
    evaluators,
    extensions,
    group_reports,
    letters,
    library,
    links,
    mailings,
    nominations,
    persons,
    report_access,
    reports,
    responses,
    schedules,
    surveys,
    thresholds,
    users,
)
from qxportal.threesixty.calls.base import AnswerKind, Call
from qxportal.threesixty.catalogue import CATALOGUE

GROUPS = (assessments, persons, users, library, reports, responses, surveys)
EXTENSIONS = (
    comparisons,
    evaluators,
    extensions,
    group_reports,
    letters,
    links,
    mailings,
    nominations,
    report_access,
    schedules,
    thresholds,
)


def _calls(groups: Iterable[ModuleType]) -> Iterator[type[Call[Any]]]:
    for group in groups:
        for thing in vars(group).values():
            if isinstance(thing, type) and issubclass(thing, Call) and "request" in vars(thing) and not _another(thing):
                yield thing


def _another(call: type[Call[Any]]) -> bool:
    """Whether the class only parses differently a response that has its call."""
    return call.answer is AnswerKind.ROWS


EVERY_CALL: Mapping[str, type[Call[Any]]] = MappingProxyType(
    {call.request: call for call in _calls(GROUPS) if call.request in CATALOGUE}
)
EXTENSION_CALLS: Mapping[str, type[Call[Any]]] = MappingProxyType(
    {call.request: call for call in _calls((*GROUPS, *EXTENSIONS)) if call.request not in CATALOGUE}
)
KNOWN_CALLS: Mapping[str, type[Call[Any]]] = MappingProxyType({**EVERY_CALL, **EXTENSION_CALLS})
