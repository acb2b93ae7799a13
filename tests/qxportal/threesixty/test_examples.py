"""The examples in the library's docstrings are right, and its own classes all have one."""

import doctest
import inspect
import pkgutil
from collections.abc import Iterator
from enum import Enum
from importlib import import_module
from types import ModuleType

import pytest

import qxportal.threesixty
from tests.qxportal.threesixty.conftest import TOKEN, success

PACKAGE = "qxportal.threesixty"
PEOPLE = [
    {"PersonID": "P_1", "FirstName": "Anna", "LastName": "Berg", "Email": "anna@acme.example"},
    {"PersonID": "P_2", "FirstName": "Boris", "LastName": "Dahl", "Email": "boris@acme.example"},
]
MODULES = sorted(
    found.name
    for found in pkgutil.walk_packages(qxportal.threesixty.__path__, f"{PACKAGE}.")
    if not found.name.endswith("__main__")
)
TOP = [name for name in MODULES if name.count(".") == 2 or name.split(".")[2] in ("client", "wire")]
FINDER = doctest.DocTestFinder(recurse=True)


def examples_of(module: ModuleType) -> list[doctest.DocTest]:
    return [found for found in FINDER.find(module) if found.examples]


def public_classes() -> Iterator[type]:
    """Those at the top, of client and wire; of calls and records there is one of each request."""
    for name in TOP:
        for found, kind in inspect.getmembers(import_module(name), inspect.isclass):
            if kind.__module__ == name and not found.startswith("_") and not issubclass(kind, Enum):
                yield kind


@pytest.mark.parametrize("name", [name for name in MODULES if examples_of(import_module(name))])
def test_examples_are_right(name, vendor):
    vendor.says(success({"Persons": PEOPLE}))
    runner = doctest.DocTestRunner()

    for example in examples_of(import_module(name)):
        example.globs.update(host=vendor.url, token=TOKEN)
        runner.run(example)

    assert runner.summarize().failed == 0


def test_classes_have_an_example():
    kinds = list(public_classes())

    assert len(kinds) >= 25
    assert [kind.__qualname__ for kind in kinds if ">>>" not in (kind.__doc__ or "")] == []
