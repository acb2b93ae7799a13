"""Rows as they were before mail, schedules and nominations came go through the migrations."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connections
from psycopg import sql

from tests.support.engine_fixture import Engine

ROOT = Path(__file__).resolve().parents[3]
pytestmark = [pytest.mark.processes, pytest.mark.long]

BEFORE = """
import json
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

def at(name):
    executor = MigrationExecutor(connections["engine"])
    wanted = [("engine", name)] if name else [one for one in executor.loader.graph.leaf_nodes() if one[0] == "engine"]
    return executor.migrate(wanted).apps.get_model

old, now = at("0015_logged_calls"), timezone.now()
make = lambda model, **fields: old("engine", model).objects.using("engine").create(**fields)
brand = make("Brand", name="marlstone", title="Marlstone")
structure = make("OrgStructure", brand=brand, name="Directory")
user = make("User", brand=brand, user_name="ines#marlstone", email="ines@marlstone.example", token_hash="-")
person = make("Person", org_structure=structure, position=0, first_name="Anna", last_name="Berger",
              email="anna@marlstone.example", user_name="anna@marlstone.example")
survey = make("Survey", brand=brand, owner=user, creator=user, name="Form")
review = make("Assessment", brand=brand, owner=user, survey=survey, org_structure=structure, name="Review",
              status="Active", options={"SubjectsNominate": True})
subject = make("Participant", assessment=review, person=person)
make("Evaluation", assessment=review, subject=subject, evaluator=person, relationship="Self")
for number in range(3):
    make("Mailing", assessment=review, kind="Reminder", scheduled_at=now, sent_at=now if number else None)

make("Assessment", brand=brand, owner=user, survey=survey, org_structure=structure, name="Draft", status="Draft")
heading = make("Question", survey=survey, public_id="QID1", position=0, text="Leads", kind="rating", choices=[])
series = make("Series", assessment_key=review.public_id, person_key=person.public_id)
make("Edition", series=series, number=1, frame={"minimum": 3, "asked": {}, "raters": {}, "unasked": {}})
raters = iter(range(1, 50))
for imported, size, erased in ((0, 4, 0), (2, 5, 0), (4, 4, 0), (0, 4, 2)):
    held = make("AnswerClass", series=series, question="QID1", line="group:Peer", since=1, size=size, values=[3] * size)
    for number in range(size - erased):
        n = next(raters)
        rater = make("Person", org_structure=structure, position=n, first_name="R", last_name=str(n),
                     email=f"r{n}@marlstone.example", user_name=f"r{n}@marlstone.example")
        form = make("Evaluation", assessment=review, subject=subject, evaluator=rater, relationship="Peer",
                    status="Completed", imported=number < imported)
        make("Answer", evaluation=form, question=heading, value=3, shown_in=held)

new = at("")
rows = lambda model, *columns: list(new("engine", model).objects.using("engine").order_by("pk").values_list(*columns))
print(json.dumps({
    "mailings": rows("Mailing", "public_id", "standing", "key"),
    "brands": rows("Brand", "mail", "color"),
    "minimums": rows("Brand", "min_group", "min_comments", "min_spread")
    + rows("Assessment", "min_group", "min_comments", "min_spread")
    + rows("Series", "minimum", "minimum_comments", "minimum_spread"),
    "given": rows("AnswerClass", "given"),
    "evaluations": rows("Evaluation", "unsolicited", "asked_at")[:1],
    "participants": rows("Participant", "reminded_at"),
    "mails": rows("Mail", "pk"),
}))
"""
LATER = """
from django.utils import timezone
from qxportal.engine.mail import mailings
from qxportal.engine.models import Mail, Mailing
from qxportal.engine.schedules import timetable

timetable.run_due()
waiting = Mailing.objects.filter(cancelled_at=None, sent_at=None)
print(mailings.queue_due(now=timezone.now()), Mail.objects.count(), waiting.count())
"""


@pytest.fixture
def address(engine: Engine) -> Iterator[str]:
    """A database of its own without tables."""
    known = engine.run(connections["engine"].get_connection_params)
    place = {name: known[name] for name in ("user", "password", "host", "port") if known.get(name)}
    name = sql.Identifier("test_rows_of_before")
    with psycopg.connect(**place, dbname="postgres", autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(name))
        server.execute(sql.SQL("CREATE DATABASE {}").format(name))
        yield os.environ["QXP_ENGINE_DATABASE_URL"].rpartition("/")[0] + "/test_rows_of_before"
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def _run(script: str, address: str) -> str:
    ran = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", script],
        cwd=ROOT,
        env={**os.environ, "QXP_ENGINE_DATABASE_URL": address},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    return ran.stdout.strip()


def test_rows_of_before_are_whole_afterwards_and_nothing_of_theirs_is_mailed(address: str):
    found = json.loads(_run(BEFORE, address))

    ids = [public_id for public_id, _standing, _key in found["mailings"]]
    assert len(set(ids)) == 3
    assert all(one.startswith("EMD_") for one in ids)
    assert {(standing, key) for _id, standing, key in found["mailings"]} == {(False, "")}
    assert found["brands"] == [["off", ""]]
    assert found["evaluations"] == [[False, None]]
    assert found["participants"] == [[None]]
    assert found["mails"] == []
    three = [3, 3, 5]  # what held for everybody; the draft has none of its own
    assert found["minimums"] == [three, three, [None, None, None], three]
    assert found["given"] == [[4], [3], [0], [3]]  # of two that were erased no more is counted than held then

    assert _run(LATER, address) == "0 0 0"  # what was due before mail came is not made up for
