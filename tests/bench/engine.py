"""The engine: pages of a thousand persons over HTTP, at the beginning, in the middle and at the end of a directory."""

import os
import secrets
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

from django.db import connections

from qxportal.engine.http.authentication import hash_token
from qxportal.engine.models import Brand, OrgStructure, User
from tests.bench.env import Env
from tests.bench.listing import DEPARTMENTS, FIRST, LAST
from tests.bench.result import Result, memory_of
from tests.support.server_process import run_engine

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = 1_000
PROMISED = 0.050
GROWS = 1.5  # a page at the end may take so many times one at the beginning, or the offset tells
PATH = "/WRAPI/ThreeSixty/api.php"


def measure(env: Env) -> Iterator[Result]:
    """One row, with a median for each offset."""
    user, token = "ines.vogel@marlstone.example#marlstone", secrets.token_urlsafe(30)
    _fill(env.persons, user, token)
    last = max(0, env.persons - PAGE)
    offsets = sorted({0, last // 4, last // 2, last * 3 // 4, last})
    seconds: dict[int, list[float]] = {offset: [] for offset in offsets}
    with run_engine(env.var / "engine.log", os.environ["QXP_ENGINE_DATABASE_URL"]) as running:
        ask = _caller(running.port, user, token)
        for offset in offsets:
            if ask(offset) != min(PAGE, env.persons):  # also wakes every worker
                raise RuntimeError("A page has not as many persons as asked for.")
        for _ in range(3 if env.tiny else 25):
            for offset in offsets:
                began = time.perf_counter()
                ask(offset)
                seconds[offset].append(time.perf_counter() - began)
        peak = max(memory_of(worker, "VmHWM") for worker in _children(running.process.pid))
    medians = {offset: median(found) for offset, found in seconds.items()}
    worst, growth = max(medians.values()), medians[last] / medians[0]
    yield Result(
        work=f"engine: a page of {PAGE:,} of {env.size} persons, JSON over HTTP",
        ours="; ".join(f"from {offset:,}: {took * 1000:.1f} ms" for offset, took in medians.items()),
        limit=f"{PROMISED * 1000:.0f} ms at any offset",
        reach=f"{worst * 1000:.1f} ms (≤ {PROMISED * 1000:.0f}), last/first {growth:.2f}x (≤ {GROWS})",
        met=worst <= PROMISED and growth <= GROWS,
        memory=f"{peak} MB in an engine process",
    )


def _fill(persons: int, user: str, token: str) -> None:
    """A brand with its administrator and so many persons, made by the database itself."""
    brand = Brand.objects.create(name="marlstone", title="Marlstone Instruments")
    structure = OrgStructure.objects.create(brand=brand, name="Marlstone directory", next_position=persons)
    User.objects.create(
        brand=brand,
        user_name=user,
        first_name="Ines",
        last_name="Vogel",
        email="ines.vogel@marlstone.example",
        token_hash=hash_token(token),
        is_brand_admin=True,
    )
    with connections["engine"].cursor() as cursor:
        cursor.execute(
            """INSERT INTO engine_person (public_id, org_structure_id, position, first_name, last_name, email,
                   email_key, user_name, user_name_key, unique_identifier, external, metadata, created_at)
               SELECT 'P_' || lpad(n::text, 15, '0'), %s, n, first, last, address, address, address, address, '', false,
                   jsonb_build_object('Department', department, 'Title', 'Engineer', 'Location', 'Porto'), now()
               FROM (SELECT n, (%s::text[])[1 + n %% 13] AS first, (%s::text[])[1 + n / 13 %% 11] AS last,
                         (%s::text[])[1 + n %% 7] AS department, 'person.' || n || '@marlstone.example' AS address
                     FROM generate_series(0, %s - 1) AS n) AS made""",
            [structure.pk, list(FIRST), list(LAST), list(DEPARTMENTS), persons],
        )
        cursor.execute("VACUUM ANALYZE engine_person")
        cursor.execute("CHECKPOINT")


def _caller(port: int, user: str, token: str) -> Callable[[int], int]:
    """Asks for the page at an offset by one connection, and gives how many persons it has."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    said = {"Request": "getPersons", "Version": "2.5", "Format": "JSON", "User": user, "Token": token}

    def ask(offset: int) -> int:
        body = urlencode({**said, "IncludeMetaData": 1, "StartIndex": offset, "RecordLimit": PAGE})
        connection.request("POST", PATH, body, {"Content-Type": "application/x-www-form-urlencoded"})
        answer = connection.getresponse().read()
        return answer.count(b'"PersonID"')

    return ask


def _children(number: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{number}/task/{number}/children").read_text().split()]
