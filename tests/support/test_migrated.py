"""Kept databases are made anew as soon as migrations would leave others."""

import shutil

import pytest

from tests.support.migrated import APPS, ROOT, digest


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of the project's modules."""
    root = tmp_path_factory.mktemp("tree")
    shutil.copy(ROOT / "requirements-dev.txt", root)
    for app in APPS:
        shutil.copytree(ROOT / app, root / app, ignore=shutil.ignore_patterns("static", "__pycache__"))
    return root


@pytest.mark.parametrize(
    "decisive",
    [
        "requirements-dev.txt",
        "directory/migrations/0003_versions.py",
        "qxportal/accounts/migrations/0001_initial.py",
        "qxportal/ledger/history/triggers.py",
    ],
)
def test_kept_databases_follow_migrations_and_what_they_import(tree, decisive):
    before = digest(tree)
    with (tree / decisive).open("a") as file:
        file.write("\n# Another line.\n")

    assert digest(tree) != before


def test_kept_databases_do_not_depend_on_views(tree):
    before = digest(tree)
    (tree / "qxportal/ledger/views.py").write_text("")

    assert digest(tree) == before
