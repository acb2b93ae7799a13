"""The drill: the engine is backed up, works on, is lost, and is put back; what it then knows and what it may make."""

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from qxportal.engine.mail import fence as mail_fence
from qxportal.engine.models import Answer, Evaluation, Participant
from tests.qxportal.engine.conftest import Caller
from tests.qxportal.engine.editions.conftest import Round, cell
from tests.support.engine_fixture import Engine
from tests.support.server_process import run_engine

RESTORED = "restored_engine"


def manage(engine: Engine, *words: str) -> str:
    out = io.StringIO()
    engine.run(call_command, *words, stdout=out)
    return out.getvalue()


@pytest.fixture
def empty_database(engine: Engine, settings: Any) -> Iterator[str]:
    """An empty database beside the one that was lost, which the settings name from now on."""
    server = os.environ["QXP_DATABASE_URL"]

    def make(statement: str) -> None:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(statement)

    make(f"DROP DATABASE IF EXISTS {RESTORED} WITH (FORCE)")
    make(f"CREATE DATABASE {RESTORED}")
    lost = connections["engine"].settings_dict["NAME"]

    def point_to(name: str) -> None:
        connections["engine"].close()
        connections["engine"].settings_dict["NAME"] = name

    engine.run(point_to, RESTORED)
    yield os.environ["QXP_ENGINE_DATABASE_URL"].rpartition("/")[0] + f"/{RESTORED}"
    engine.run(point_to, lost)
    make(f"DROP DATABASE {RESTORED} WITH (FORCE)")


@pytest.fixture
def backed_up(at: Round, settings: Any, tmp_path: Path) -> Path:
    """The folder of the backup: three answered, and one edition was given; two answered and another was given since."""
    settings.ENGINE_INSTANCE = tmp_path / "engine-instance"
    assert at.engine.run(mail_fence.may_send)
    for number in range(3):
        at.answers(number)
    at.fetch_done()
    said = manage(at.engine, "backup", "make", str(tmp_path), "--only", "engine")
    assert "engine: " in said
    for number in range(3, 6):
        at.answers(number)
    assert cell(at.fetch_done()) == (2.7, 6)
    return tmp_path


def test_a_restored_engine_has_its_answers_and_makes_nothing_unasked(
    at: Round, backed_up: Path, empty_database: str, tmp_path: Path
):
    (file,) = backed_up.glob("engine-*.dump")
    assert file.stat().st_mode & 0o077 == 0

    said = manage(at.engine, "backup", "restore", "engine", str(file))

    assert "1 brand, 3 finished evaluations" in said
    assert "1 edition was given out since the backup." in said
    assert "No mail leaves" in said
    assert at.engine.run(Evaluation.objects.filter(status="Completed").count) == 3
    assert at.engine.run(lambda: Answer.objects.filter(evaluation__evaluator=at.others[0]).count()) > 10
    with run_engine(tmp_path / "log", empty_database) as server:
        call = Caller(at.engine)
        call.engine = Engine.__new__(Engine)
        call.engine.url, call.engine.api_user = server.url, at.engine.api_user
        at.call = call
        first = at.fetch()  # the one that this database knows is given
        assert cell(first) == (2.0, 3)
        for number in range(3, 7):
            at.answers(number)
        at.engine.run(Participant.objects.filter(pk=at.subject.pk).update, status="Done")
        assert call.refused("getSubjectReport", **at.which) == (400, "ETS12")
        assert "1 edition was given out that this database does not have." in manage(
            at.engine, "engine", "editions", "show"
        )

        assert "1 missing edition confirmed." in manage(at.engine, "engine", "editions", "confirm")

        last = cell(at.fetch())
        assert last is not None
        assert last[1] == 7
    assert not at.engine.run(mail_fence.may_send)
    manage(at.engine, "engine", "resume")
    assert at.engine.run(mail_fence.may_send)
    with pytest.raises(CommandError, match=f"database {RESTORED} is not empty"):
        manage(at.engine, "backup", "restore", "engine", str(file))


def test_what_is_no_backup_of_it_leaves_the_database_empty(at: Round, backed_up: Path, empty_database: str):
    (file,) = backed_up.glob("engine-*.dump")
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])

    for name, path in (("engine", file), ("engine", file.with_name("none")), ("engine", Path(__file__))):
        with pytest.raises(CommandError):
            manage(at.engine, "backup", "restore", name, str(path))

    assert at.engine.run(lambda: connections["engine"].introspection.table_names()) == []


def test_a_backup_that_fails_leaves_nothing_and_is_told(at: Round, empty_database: str, tmp_path: Path):
    at.engine.run(lambda: connections["engine"].settings_dict.update(NAME="no_such_database"))

    with pytest.raises(CommandError, match="engine: no backup was made"):
        manage(at.engine, "backup", "make", str(tmp_path))

    assert [path.name.partition("-")[0] for path in tmp_path.iterdir()] == ["portal"]


def test_old_backups_go_but_the_newest(at: Round, tmp_path: Path):
    old = tmp_path / "engine-20200101T000000Z.dump"
    other = tmp_path / "portal-20200101T000000Z.dump"
    for path in (old, other):
        path.touch()
        os.utime(path, (0, 0))

    said = manage(at.engine, "backup", "make", str(tmp_path), "--only", "engine", "--keep", "30")

    assert "1 older backup deleted." in said
    assert not old.exists()
    assert other.exists()
