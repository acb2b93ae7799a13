"""Every state that a model of the portal knows has a label, and no label is entered twice."""

import pytest
from django.apps import apps
from django.db.models import TextChoices

from qxportal.ui.labels import OWN_LABEL, SHOWN_AS, STATES, VERBS, Labels, register

PORTAL = ("accounts", "ledger", "directory", "surveys", "assessments")


def choices_of_the_portal():
    """Every TextChoices below the portal's apps, whether a model names it or holds it."""
    homes = tuple(f"{apps.get_app_config(label).name}." for label in PORTAL)
    return [each for each in TextChoices.__subclasses__() if each.__module__.startswith(homes)]


def without_label(choices):
    """The values of the choices that screens have no label for."""
    if choices in SHOWN_AS:
        return sorted(set(choices.values) - STATES.get(SHOWN_AS[choices], {}).keys())
    if choices in OWN_LABEL:
        return [one.value for one in choices if not str(one.label)]
    return list(choices.values)


def test_choices_of_the_portal_all_have_labels():
    found = choices_of_the_portal()

    assert len(found) >= 10
    assert {each.__qualname__: missing for each in found if (missing := without_label(each))} == {}


def test_choices_without_label_are_found():
    class Weather(TextChoices):
        FAIR = "fair", "Fair"

    assert without_label(Weather) == ["fair"]


def test_labels_are_entered_once():
    with pytest.raises(ValueError, match=r"job\.paused"):
        register(Labels(verbs={"job.paused": "Paused"}))

    assert VERBS["job.paused"] == "Job paused"
