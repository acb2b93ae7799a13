"""The registry of labels for states, columns, requests and log entries.

Each app declares labels for its own records in its `labels.py` and registers them from `AppConfig.ready`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from django.db.models import TextChoices

from qxportal.ui.badges import Badge, Words

Key = TypeVar("Key")
Value = TypeVar("Value")

STATES: dict[str, Mapping[str, Badge]] = {}  # by kind of state, then by its stored value
RELATIONSHIPS: dict[str, Words] = {}  # built-in relationships
VERBS: dict[str, Words] = {}  # verbs of log entries
REQUESTS: dict[str, Words] = {}  # requests that change something
FIELDS: dict[str, Mapping[str, Words]] = {}  # columns of mirrored models; a column without a label is never shown
PARAMETERS: dict[str, Words] = {}  # what changes set, by parameter name; others are shown as stored
ALARMS: dict[str, Words] = {}
SHOWN_AS: dict[type[TextChoices], str] = {}  # the kind of state whose badges show a model's choices
OWN_LABEL: set[type[TextChoices]] = set()  # choices with their own label


@dataclass(frozen=True, kw_only=True)
class Labels:
    """The labels of one app, by registry."""

    states: Mapping[str, Mapping[str, Badge]] = field(default_factory=dict)
    relationships: Mapping[str, Words] = field(default_factory=dict)
    verbs: Mapping[str, Words] = field(default_factory=dict)
    requests: Mapping[str, Words] = field(default_factory=dict)
    fields: Mapping[str, Mapping[str, Words]] = field(default_factory=dict)
    parameters: Mapping[str, Words] = field(default_factory=dict)
    alarms: Mapping[str, Words] = field(default_factory=dict)
    shown_as: Mapping[type[TextChoices], str] = field(default_factory=dict)
    own_label: Collection[type[TextChoices]] = ()


def register(labels: Labels) -> None:
    """Register the labels of an app; raises ValueError for a name already registered."""
    _enter(STATES, labels.states)
    _enter(RELATIONSHIPS, labels.relationships)
    _enter(VERBS, labels.verbs)
    _enter(REQUESTS, labels.requests)
    _enter(FIELDS, labels.fields)
    _enter(PARAMETERS, labels.parameters)
    _enter(ALARMS, labels.alarms)
    _enter(SHOWN_AS, labels.shown_as)
    OWN_LABEL.update(labels.own_label)


def _enter(known: dict[Key, Value], given: Mapping[Key, Value]) -> None:
    if twice := known.keys() & given.keys():
        raise ValueError(f"Labelled twice: {twice}")
    known.update(given)
