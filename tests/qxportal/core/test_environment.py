"""The environment is read under new names, and in this release under the old ones too."""

import os
import subprocess
import sys
import warnings

import pytest

from qxportal.core.environment import OLD_NAMES, adopt_old_names
from tests.support.processes import ROOT

READ_SETTINGS = "from qxportal import settings; print(settings.PORTAL_URL, settings.VERIFY_TIMES, settings.VAR)"


def test_old_name_gives_its_value_to_the_new_one():
    around = {"DATABASE_URL": "postgresql:///portal", "PATH": "/bin"}

    with pytest.warns(FutureWarning, match="DATABASE_URL is called QXP_DATABASE_URL now") as said:
        adopt_old_names(around)

    assert around == {"QXP_DATABASE_URL": "postgresql:///portal", "PATH": "/bin"}
    assert len(said) == 1


def test_new_name_holds_where_both_are_set():
    around = {"PORT": "8000", "QXP_PORT": "9000"}

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        adopt_old_names(around)

    assert around == {"QXP_PORT": "9000"}


def test_each_old_name_has_a_new_one_of_its_own():
    assert len(set(OLD_NAMES.values())) == len(OLD_NAMES)
    assert not OLD_NAMES.keys() & set(OLD_NAMES.values())


def test_settings_are_read_under_old_names(tmp_path):
    ours = {name: text for name, text in os.environ.items() if not name.startswith("QXP_")}
    old = {"SECRET_KEY": "s" * 60, "PORTAL_URL": "https://portal.example.com", "LOOKS": "7", "VAR": str(tmp_path)}

    read = subprocess.run(
        [sys.executable, "-c", READ_SETTINGS], cwd=ROOT, env={**ours, **old}, capture_output=True, text=True, check=True
    )

    assert read.stdout.split() == ["https://portal.example.com", "7", str(tmp_path)]
    for name in old:
        assert read.stderr.count(f"{name} is called {OLD_NAMES[name]} now") == 1
