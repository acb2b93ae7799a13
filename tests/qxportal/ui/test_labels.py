"""Every state and every verb of the log that the portal knows has a label, and no label is entered twice."""

import ast
from typing import get_args

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import TextChoices

from qxportal.accounts.models import Member
from qxportal.ledger.outbox.review import Decision
from qxportal.ui.labels import OWN_LABEL, SHOWN_AS, STATES, VERBS, Labels, register

APPS = ("qxportal/accounts", "qxportal/ledger", "directory", "surveys", "assessments")
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


VARIANTS = {  # verbs whose end is chosen when they are noted
    "change.": get_args(Decision),
    "member.person-": [value for value in Member.PersonState.values if value != Member.PersonState.UNSAID],
}


def noted_verbs():
    """Every verb that code notes in the log: the argument `verb` of whatever function takes one."""
    trees = [ast.parse(path.read_text()) for home in APPS for path in (settings.BASE_DIR / home).rglob("*.py")]
    functions = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    places = {
        function.name: [argument.arg for argument in function.args.args].index("verb")
        for function in functions
        if "verb" in [argument.arg for argument in function.args.args]
    }
    found = set()
    for call in (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = getattr(call.func, "id", getattr(call.func, "attr", ""))
        verbs = [keyword.value for keyword in call.keywords if keyword.arg == "verb"]
        verbs += call.args[places[name] : places[name] + 1] if name in places else []
        for verb in verbs:
            found |= spelled(verb)
    return found


def spelled(verb):
    """The verbs that an argument may be; a name passes on what another call says."""
    if isinstance(verb, ast.Constant):
        return {verb.value}
    if isinstance(verb, ast.JoinedStr):
        begin = ast.literal_eval(verb.values[0])
        return {f"{begin}{end}" for end in VARIANTS[begin]}
    return set()


def test_verbs_of_the_log_all_have_labels():
    found = noted_verbs()

    assert {"member.joined", "job.paused", "report.line-hidden", "change.drop", "rows.purged"} <= found
    assert found - VERBS.keys() == set()
