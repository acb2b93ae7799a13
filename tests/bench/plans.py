"""A list of people from one workbook: parsed, validated and previewed, beside the parser alone and a query per row."""

import io
from collections.abc import Iterator
from functools import partial
from time import perf_counter

import python_calamine
from django.db import connection, transaction

from directory.imports.fields import PEOPLE
from directory.imports.source import import_rows
from directory.models import Person
from directory.selectors import people
from qxportal.accounts.models import Member, User
from qxportal.accounts.roles import Role
from qxportal.core.tables.describe import describe
from qxportal.ledger.models import Plan
from qxportal.ledger.plans.make import make_plan, prepare
from qxportal.ledger.plans.sources import kept_rows
from tests.bench.env import Env
from tests.bench.lists import fill
from tests.bench.result import Result, best, measured
from tests.support.workbooks import row, xlsx

MOST, SECONDS, MEMORY = 30_000, 3.0, 100
HEADER = ("First name", "Last name", "E-mail", "Employee ID", "Department", "Title")
COLUMNS = {0: "first_name", 1: "last_name", 2: "email", 3: "unique_id", 4: "metadata:Department", 5: "metadata:Title"}
ASKED = 300  # rows of the naive way


def measure(env: Env) -> Iterator[Result]:
    """A row for one file of at most 30,000 people, of whom two thirds are known and a half of those changed."""
    count = min(env.persons, MOST)
    fill(env.org, count * 2 // 3)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE directory_person")
    file = _workbook(env, count)
    user = User.objects.create_user("editor@marlstone.example", name="Nadia Brandt")
    by = Member.objects.create(org=env.org, user=user, role=Role.EDITOR)
    parsing = best(measured(partial(_parsed, file)) for _try in range(env.tries))
    planning = best(measured(partial(_planned, env, by, file)) for _try in range(env.tries))
    naive = _asked_one_by_one(env) * count / ASKED
    plan = planning.result
    lines = f"{plan.counts['add']:,} to add, {plan.counts.get('change', 0):,} to change"
    grown = planning.memory - planning.before
    yield Result(
        work=f"plan: {count:,} people of one XLSX parsed, validated and previewed",
        ours=f"{planning.seconds:.2f} s, {planning.processor:.2f} s of our processor time; {lines}",
        limit=f"python-calamine alone {parsing.seconds:.2f} s",
        naive=f"a query per row {naive:.1f} s (from {ASKED} rows), not stored",
        reach=f"{planning.seconds:.2f} s (≤ {SECONDS:.0f}), +{grown} MB (≤ {MEMORY})",
        met=planning.seconds <= SECONDS and grown <= MEMORY,
        memory=planning.megabytes,
    )


def _workbook(env: Env, count: int) -> bytes:
    known = people(env.org).order_by("pk").values_list("first_name", "last_name", "email", "department")
    rows = [row(1, *HEADER)]
    for number, (first, last, email, department) in enumerate(known, 2):
        rows.append(row(number, first, last, email, f"{number:06}", department if number % 2 else "Moved", "Analyst"))
    for number in range(len(rows) + 1, count + 2):
        rows.append(
            row(
                number,
                f"New{number}",
                f"Person{number}",
                f"new.{number}@marlstone.example",
                f"{number:06}",
                "Optics",
                "Analyst",
            )
        )
    return xlsx("".join(rows))


def _parsed(file: bytes) -> int:
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(file))
    return len(book.get_sheet_by_index(0).to_python())


def _planned(env: Env, by: Member, file: bytes) -> Plan:
    found = describe(io.BytesIO(file), "people.xlsx")
    rows = import_rows(io.BytesIO(file), "people.xlsx", found, COLUMNS, PEOPLE)
    source = {"from": "file", "name": "people.xlsx"}
    plan = make_plan(env.org, "people", rows, by=by, title="People", source=source, options={"existing": "update"})
    with transaction.atomic():  # what the job does
        prepare(plan, kept_rows(plan))
    return plan


def _asked_one_by_one(env: Env) -> float:
    """Seconds for a query per row."""
    emails = list(people(env.org).order_by("-pk").values_list("email", flat=True)[:ASKED])
    began = perf_counter()
    for email in emails:
        Person.objects.filter(org=env.org, email=email, gone_at=None).first()
    return (perf_counter() - began) * ASKED / max(1, len(emails))
