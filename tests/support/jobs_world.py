"""A small organisation of its own in a running demo, with one thing to do for each daily job of HR."""

import json
import subprocess
import sys
from datetime import time, timedelta
from typing import Any

from django.utils import timezone

from assessments.sync import start_due_syncs
from qxportal.accounts.credentials import save_credential
from qxportal.accounts.models import Credential, Member, Organisation, User
from qxportal.accounts.roles import Role
from qxportal.demo.content import _hash
from qxportal.engine.http.authentication import give_token
from qxportal.engine.models import Assessment, Brand, Person, Schedule, Survey
from qxportal.engine.seed import brands
from tests.support.demo_process import ROOT, Demo
from tests.support.engine_fixture import ApiUser, Engine

SLUG, NAME = "kestrel", "Kestrel Works"
EMAIL, PASSWORD = f"hanna.berg@{SLUG}.example", "not-a-secret-8164"
IMPORT, REMIND, LEAVE, MOVE, CLOSE = "Leads 2027", "Sales 2027", "Service 2027", "Plant 2027", "Office 2027"
RELEASE = "Heads 2026"
SUBJECTS, PEERS = 40, 3
STAFF = 60  # colleague 0 to 59, with the personnel numbers K0000 and so on
CORRECTED = range(60, 90)  # further people, for whom HR sends corrections
LEAVER, SUCCESSOR = "Leo Abgang", "Nora Nachfolge"
FORMER_MANAGER, NEW_MANAGER, MOVED = "Olga Vorher", "Nils Nachher", "Mona Wechsel"


def address(name: str) -> str:
    """Address of a person in the organisation."""
    return f"{name.replace(' ', '.').lower()}@{SLUG}.example"


def colleague(number: int) -> str:
    """Address of an employee."""
    return f"colleague.{number:02}@{SLUG}.example"


def lay_down(demo: Demo) -> dict[str, Any]:
    """Create the organisation in a running demo; returns what is needed to call the engine."""
    code = f"from {__name__} import make; make({demo.known()['engine']['url']!r})"
    words = [sys.executable, "-m", "qxportal.demo", "manage", "shell", "--no-imports", "-c", code]
    done = subprocess.run(
        words, cwd=ROOT, env=demo.environment(), capture_output=True, text=True, timeout=120, check=False
    )
    assert not done.returncode, done.stderr
    known: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return known


class _World(Engine):
    """The builders of engine tests on the database of this process."""

    def __init__(self) -> None:
        administrator = brands.create(SLUG, title=NAME)
        always = {"mail": Brand.MailMode.ON, "quiet_from": time(0), "quiet_until": time(0)}
        Brand.objects.filter(pk=administrator.brand_id).update(**always)
        self.brand, self.batches, self._writes = administrator.brand, 0, 0
        self._run = lambda function, *args, **kwargs: function(*args, **kwargs)
        token = give_token(administrator)
        self.api_user = ApiUser(administrator.user_name, token, administrator.public_id, SLUG, administrator)
        self.form = Survey.objects.filter(owner=administrator).earliest("pk")

    def started(self, name: str, **fields: Any) -> Assessment:
        """An assessment with the first survey."""
        return self.assessment(name, survey=self.form, **fields)

    def named(self, name: str, manager: Person | None = None) -> Person:
        """A person with the given name."""
        first, last = name.split()
        known = {"ManagerEmail": manager.email} if manager else {}
        return self.person(first, last, manager=manager, metadata=known)


def make(engine_url: str) -> None:
    """Create everything in a process connected to the demo, and print it."""
    world = _World()
    staff = [
        world.person("Colleague", f"{number:02}", email=colleague(number), unique_identifier=f"K{number:04}")
        for number in (*range(STAFF), *CORRECTED)
    ]
    world.started(IMPORT, status="Draft")
    _waiting_for_answers(world, staff)
    _with_a_leaver(world, staff)
    _with_another_manager(world, staff)
    _about_to_end(world, staff)
    _ready_for_release(world, staff)
    org = Organisation.objects.create(name=NAME, slug=SLUG)
    user = User.objects.create(email=EMAIL, name="Hanna Berg", password=_hash(PASSWORD))
    Member.objects.create(org=org, user=user, role=Role.ADMIN)
    user_name, token = world.api_user.user_name, world.api_user.token
    save_credential(org, by=None, host=engine_url, api_user=user_name, token=token, version=Credential.Version.V2_5)
    start_due_syncs()
    ids = {one.name: one.public_id for one in Assessment.objects.filter(brand=world.brand)}
    print(json.dumps({"host": engine_url, "user": user_name, "token": token, "assessments": ids}))  # noqa: T201


def _waiting_for_answers(world: _World, staff: list[Person]) -> None:
    """Two evaluators have answered about each of four subjects; four have not."""
    waits = world.started(REMIND)
    Schedule.objects.create(brand=world.brand, assessment=waits, closes_at=timezone.now() + timedelta(days=3))
    for number in range(4):
        subject = world.subject(waits, staff[number])
        for place, status in enumerate(("Completed", "Completed", "NotStarted", "InProgress", "NotStarted")):
            world.evaluation(subject, staff[10 + (number + place) % 8], status=status)


def _with_a_leaver(world: _World, staff: list[Person]) -> None:
    """A leaver who has answered once and still has four open evaluations."""
    leaver, left = world.named(LEAVER), world.started(LEAVE)
    world.named(SUCCESSOR)
    for number, status in enumerate(("Completed", "NotStarted", "NotStarted", "NotStarted", "NotStarted")):
        subject = world.subject(left, staff[20 + number])
        world.evaluation(subject, leaver, "Manager" if number == 2 else "Peer", status)
        for place in range(3):
            world.evaluation(subject, staff[30 + place])


def _with_another_manager(world: _World, staff: list[Person]) -> None:
    """The directory already names the new manager."""
    former, new = world.named(FORMER_MANAGER), world.named(NEW_MANAGER)
    moved = world.subject(world.started(MOVE), world.named(MOVED, manager=new))
    world.evaluation(moved, former, "Manager")
    for place in range(3):
        world.evaluation(moved, staff[30 + place])


def manager_of(number: int) -> int:
    """The employee who evaluates as manager a subject of the assessment to release."""
    return SUBJECTS + number % 10


def _ready_for_release(world: _World, staff: list[Person]) -> None:
    """Forty subjects who are done, each evaluated by a manager."""
    ready = world.started(RELEASE)
    for number in range(SUBJECTS):
        subject = world.subject(ready, staff[number], status="Done")
        world.evaluation(subject, staff[manager_of(number)], "Manager", "Completed")


def _about_to_end(world: _World, staff: list[Person]) -> None:
    """One evaluation is in progress and one not started."""
    ends = world.started(CLOSE)
    for number in range(3):
        subject = world.subject(ends, staff[40 + number])
        for place, status in enumerate(("Completed", "Completed", "Completed", "InProgress", "NotStarted")):
            world.evaluation(subject, staff[45 + place], status=status)
