"""Plugins to load: all that Django needs, or none of it for runs with only the client's tests.

The client (`qxportal.threesixty`) knows nothing of Django, and loading Django with its apps takes most of the time of
such a run. In every other run its tests find Django loaded and do not look at it.
"""

import gc
import re
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

CLIENT = Path(__file__).parents[1] / "qxportal/threesixty"
NEEDS_DJANGO = re.compile(
    r"^(from|import) (django|qxportal\.(?!threesixty)|tests\.(?!qxportal\.threesixty\b|support\.samples\b))",
    re.MULTILINE,
)


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Load Django's plugins, or disable pytest-django."""
    gc.disable()  # until the tests begin: modules read before stay
    if client_alone(sys.argv[1:]):
        pluginmanager.set_blocked("django")
        parser.addini("DJANGO_SETTINGS_MODULE", "Read where Django is loaded.")
    else:
        pluginmanager.import_plugin("tests.support.services")


def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Load the fixtures that use Django, after its plugin has set it up."""
    if early_config.pluginmanager.has_plugin("tests.support.services"):
        early_config.pluginmanager.import_plugin("tests.support.fixtures")


def client_alone(arguments: Sequence[str]) -> bool:
    """Whether all named files are tests of the client that import nothing else of the project."""
    named = [
        Path(argument.partition("::")[0])
        for before, argument in pairwise(["", *arguments])
        if before != "-p" and not argument.startswith("-")
    ]
    return bool(named) and all(map(is_of_the_client, named))


def is_of_the_client(file: Path) -> bool:
    """Whether a file is a test of the client that needs no Django."""
    return (
        file.resolve().parent == CLIENT and file.is_file() and not NEEDS_DJANGO.search(file.read_text(encoding="utf-8"))
    )
