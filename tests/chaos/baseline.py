"""The negative control: a sender that asks again until it hears yes, and a mirror that believes every listing.

It lives under the same faults and is killed as often as the workers are. Without losses of its own, a zero of ours
would say nothing.
"""

import time
from dataclasses import dataclass
from threading import Thread

from django.db import InterfaceError, OperationalError, close_old_connections, connection

from qxportal.accounts.credentials import NoCredential, client_for
from qxportal.accounts.models import Organisation
from qxportal.engine.models import Message
from qxportal.threesixty.calls.library import CreateLibraryMessage
from qxportal.threesixty.calls.persons import GetPersons
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.enums import MessageCategory
from qxportal.threesixty.errors import ThreeSixtyError
from tests.chaos.fixture import Tenant

PREFIX = "Naive reminder"
AT_ONCE = 8
TABLES = """
    CREATE TABLE IF NOT EXISTS naive_task (number serial PRIMARY KEY, org_id bigint, library text, sent boolean);
    CREATE TABLE IF NOT EXISTS naive_person (org_id bigint, vendor_id text);
    CREATE TABLE IF NOT EXISTS naive_removal (number serial PRIMARY KEY, rows int)
"""


@dataclass(frozen=True)
class Naive:
    """What the negative control came to."""

    tasks: int
    lost: int
    doubled: int
    readings: int
    removed: int

    @property
    def harm(self) -> int:
        """What was sent twice, or taken away wrongly."""
        return self.doubled + self.removed


def prepare(tenants: list[Tenant], tasks: int) -> None:
    """Give it work and tell it who there is."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        for number in range(tasks):
            tenant = tenants[number % len(tenants)]
            library = tenant.account.public_id
            cursor.execute(
                "INSERT INTO naive_task (org_id, library, sent) VALUES (%s, %s, false)", [tenant.org.pk, library]
            )
        cursor.execute("INSERT INTO naive_person SELECT org_id, vendor_id FROM directory_person WHERE gone_at IS NULL")


def work() -> None:
    """Send and read for ever, several things at once."""
    threads = [Thread(target=_work, args=[place], daemon=True) for place in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _work(place: int) -> None:
    while True:
        try:
            close_old_connections()
            _one(place)
        except (OperationalError, InterfaceError, NoCredential, ThreeSixtyError):
            connection.close()
            time.sleep(0.02)


def outcome() -> Naive:
    """Compare what it was to do with what there is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT number, sent FROM naive_task")
        tasks = dict(cursor.fetchall())
        cursor.execute("SELECT count(*), coalesce(sum(rows), 0) FROM naive_removal")
        readings, removed = cursor.fetchone()
    names = list(Message.objects.filter(name__startswith=PREFIX).values_list("name", flat=True))
    made = [names.count(f"{PREFIX} {number}") for number in tasks]
    lost = sum(sent and not count for sent, count in zip(tasks.values(), made, strict=True))
    tried = sum(count > 0 or sent for sent, count in zip(tasks.values(), made, strict=True))
    return Naive(tried, lost, sum(max(0, count - 1) for count in made), readings, removed)


def _one(place: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT number, org_id, library FROM naive_task WHERE NOT sent "
            "AND number %% %s = %s ORDER BY number LIMIT 1",
            [AT_ONCE, place],  # nobody else sends these
        )
        found = cursor.fetchone()
    if found is None:
        time.sleep(0.2)
        return
    number, org_id, library = found
    org = Organisation.objects.get(pk=org_id)
    with client_for(org) as threesixty:
        threesixty.call(
            CreateLibraryMessage(
                library_id=library,
                name=f"{PREFIX} {number}",
                category=MessageCategory.GENERAL_MESSAGES,
                message="Please answer by Friday.",
                language="EN",
            )
        )
        with connection.cursor() as cursor:
            cursor.execute("UPDATE naive_task SET sent = true WHERE number = %s", [number])
        _mirror(threesixty, org)


def _mirror(threesixty: ThreeSixty, org: Organisation) -> None:
    listed = {one.vendor_id for one in threesixty.call(GetPersons())}
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO naive_removal (rows) SELECT count(*) FROM naive_person WHERE org_id = %s "
            "AND NOT vendor_id = ANY(%s)",
            [org.pk, list(listed)],
        )
