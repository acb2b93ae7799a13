"""An organisation whose credential points at the running engine."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

import assessments.tasks  # noqa: F401  enters what workers do
from assessments import sync
from assessments.handlers import CHANGE_HANDLERS
from assessments.models import Assessment, Subject
from directory.job_kinds import SYNC
from qxportal.accounts.credentials import save_credential
from qxportal.accounts.models import Member, Organisation, User
from qxportal.accounts.roles import Role
from qxportal.ledger.jobs.locks import held
from qxportal.ledger.jobs.run import run, start
from qxportal.ledger.models import Change, Job
from qxportal.ledger.outbox.dispatch import dispatch_changes
from qxportal.security.key_ring import add_key, keys
from tests.support.engine_fixture import Engine


@dataclass
class Connected:
    """An organisation, its administrator, and the engine behind it."""

    org: Organisation
    admin: Member
    engine: Engine

    def sync(self) -> Job:
        """Mirror everything, in this process."""
        job = start(self.org, SYNC, by=None)
        run(job.pk, sync.sync_organisation)
        job.refresh_from_db()
        return job

    def send(self) -> None:
        """Send what is due, in this process."""
        dispatch_changes(self.org.pk, CHANGE_HANDLERS)

    def assessment(self) -> Assessment:
        """The only assessment."""
        return Assessment.objects.select_related("org").get(org=self.org)

    def subject(self, **fields: Any) -> Subject:
        """The only subject, or the one with these fields."""
        return Subject.objects.select_related("assessment", "org", "person").get(org=self.org, **fields)

    def settled(self, change: Change) -> Change:
        """The change, refreshed from the database."""
        change.refresh_from_db()
        return change


@contextmanager
def held_elsewhere(name: str) -> Iterator[None]:
    """Hold the lock `name` on another connection."""
    mine, over = threading.Event(), threading.Event()

    def hold() -> None:
        with held(name):
            mine.set()
            over.wait(60)
        connections.close_all()

    thread = threading.Thread(target=hold)
    thread.start()
    mine.wait(60)
    yield
    over.set()
    thread.join()


@pytest.fixture
def connected(engine: Engine) -> Connected:
    """Marlstone Instruments, connected to its brand at the engine."""
    if not keys():
        add_key()
    org = Organisation.objects.create(name="Marlstone Instruments", slug="marlstone")
    user = User.objects.create_user("rosa.keller@marlstone.example", "not-a-secret-here", name="Rosa Keller")
    admin = Member.objects.create(org=org, user=user, role=Role.ADMIN)
    save_credential(
        org,
        by=admin,
        host=engine.url,
        api_user=engine.api_user.user_name,
        version="2.5",
        token=engine.api_user.token,
    )
    return Connected(org, admin, engine)


@pytest.fixture
def verified_at_once(settings: Any) -> None:
    """Reconcile unknown outcomes without a pause, with two agreeing reads."""
    settings.VERIFY_FIRST = settings.VERIFY_EVERY = settings.VERIFY_SPAN = timedelta(0)
    settings.VERIFY_TIMES = 2
