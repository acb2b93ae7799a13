"""How PostgreSQL's tools are called, and what is kept of a dump that fails."""

import io
import json
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

SECRET = "pa55-w0rd-canary"
TOOL = """#!{python}
import json, os, sys
if sys.argv[1:] == ["--version"]:
    print("pg_dump (PostgreSQL) 99.1")
    sys.exit()
with open({seen!r}, "w") as out:
    json.dump({{"words": sys.argv, "password": os.environ.get("PGPASSWORD"), "mode": os.environ.get("PGSSLMODE")}}, out)
for word in sys.argv:
    if word.startswith("--file="):
        open(word[7:], "w").write("half a dump")
sys.exit("pg_dump: error: the disk is full")
"""


@pytest.fixture
def seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a tool that is newer than any other, and fails, writes how it was called."""
    tools, seen = tmp_path / "tools", tmp_path / "seen"
    tools.mkdir()
    (tools / "pg_dump").write_text(TOOL.format(python=sys.executable, seen=str(seen)))
    (tools / "pg_dump").chmod(0o755)
    monkeypatch.setenv("PATH", str(tools), prepend=":")
    return seen


def test_a_password_goes_by_the_environment_and_a_failure_leaves_nothing(seen: Path, tmp_path: Path, monkeypatch):
    for name, value in {"PASSWORD": SECRET, "OPTIONS": {"sslmode": "verify-full"}}.items():
        monkeypatch.setitem(connections["engine"].settings_dict, name, value)

    with pytest.raises(CommandError, match=r"engine: no backup was made\. pg_dump: error: the disk is full"):
        call_command("backup", "make", str(tmp_path / "backups"), "--only", "engine", stdout=io.StringIO())

    said = json.loads(seen.read_text())
    assert (said["password"], said["mode"]) == (SECRET, "verify-full")
    assert SECRET not in " ".join(said["words"])
    assert "--no-password" in said["words"]
    assert list((tmp_path / "backups").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path):
    (tmp_path / "file").touch()

    with pytest.raises(CommandError, match=str(tmp_path / "file")):
        call_command("backup", "make", str(tmp_path / "file" / "backups"), stdout=io.StringIO())
