"""What the members do in a storm: they record changes through the portal's own commands and refresh what they see."""

import uuid
from random import Random

from django.db import InterfaceError, OperationalError, connection

from assessments import commands as assessments
from assessments import subject_commands
from assessments.any_request import record_call
from assessments.models import Assessment, Subject
from directory import commands as directory
from directory.models import Person
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Plan
from qxportal.threesixty.calls.library import CreateLibraryMessage
from qxportal.threesixty.enums import MessageCategory
from tests.chaos.fixture import FIRST, LAST, Tenant
from tests.support import bulk

TRIES = 20  # of a member whose page failed: the same form is sent again


class LoadClients:
    """Those of one organisation; what they do follows from the seed."""

    def __init__(self, tenant: Tenant, seed: int) -> None:
        self.tenant = tenant
        self.chance = Random(f"{seed}:{tenant.org.slug}")
        self.accepted: set[uuid.UUID] = set()  # changes, jobs and plans that the portal took
        self.refused = 0  # at the door, in words
        self.failed_pages = 0
        self._number = 0
        self._touched: set[int] = set()  # subjects, each of whom is changed once

    def act(self) -> None:
        """Fill in and send one form; where the page fails, send the same form again, as people do."""
        self._number += 1
        form = uuid.UUID(int=self.chance.getrandbits(128), version=4)
        deeds = (
            self._person,
            self._person,
            self._subjects,
            self._status,
            self._status,
            self._status,
            self._message,
            self._message,
            self._assessment,
            self._remove,
        )
        deed = self.chance.choice(deeds)
        state = self.chance.getstate()
        for _ in range(TRIES):
            self.chance.setstate(state)
            try:
                if taken := deed(form):
                    self.accepted.add(taken)
                return
            except ActionRefused:
                self.refused += 1
                return
            except (OperationalError, InterfaceError):
                self.failed_pages += 1
                connection.close()

    def _person(self, form: uuid.UUID) -> uuid.UUID | None:
        first, last = self.chance.choice(FIRST), self.chance.choice(LAST)
        directory.create_person(
            self.tenant.org,
            by=self.tenant.admin,
            intent=form,
            first_name=first,
            last_name=last,
            email=f"{first}.{last}.new{self._number}@{self.tenant.org.slug}.example".lower(),
            external=False,
            metadata={"Department": "Sales"},
        )
        return form

    def _subjects(self, form: uuid.UUID) -> uuid.UUID | None:
        people = self._some(list(Person.objects.filter(org=self.tenant.org, gone_at=None).order_by("pk")), 3)
        job = bulk.add_subjects(self._review(), people, by=self.tenant.admin, intent=form)
        return Plan.objects.get(job=job).pk

    def _status(self, form: uuid.UUID) -> uuid.UUID | None:
        subject = self._untouched()
        if subject is None:
            return None
        close = self.chance.random() < 0.3
        subject_commands.set_subject_status(
            subject, by=self.tenant.admin, status="Done", close_sessions=close, intent=form
        )
        self._touched.add(subject.pk)
        return form

    def _remove(self, form: uuid.UUID) -> uuid.UUID | None:
        subject = self._untouched()
        if subject is None:
            return None
        subject_commands.remove_subject(subject, by=self.tenant.admin, remove_evaluations=False, intent=form)
        self._touched.add(subject.pk)
        return form

    def _message(self, form: uuid.UUID) -> uuid.UUID | None:
        call = CreateLibraryMessage(
            library_id=self._review().vendor_id,
            name=f"Reminder {self._number}",
            category=MessageCategory.REMINDER_EMAILS,
            message="Please answer by Friday.",
            language="EN",
        )
        record_call(self.tenant.org, call, by=self.tenant.admin, intent=form)
        return form

    def _assessment(self, form: uuid.UUID) -> uuid.UUID | None:
        people = self._some(list(Person.objects.filter(org=self.tenant.org, gone_at=None).order_by("pk")), 2)
        assessments.create_assessment(
            self.tenant.org,
            by=self.tenant.admin,
            intent=form,
            name=f"Round {self._number}",
            type="360",
            survey_id="",
            relationships=[],
            workflow_options={},
            people=people,
        )
        return form

    def _review(self) -> Assessment:
        reviews = Assessment.objects.select_related("org").filter(org=self.tenant.org, name__contains=" review ")
        return self.chance.choice(list(reviews.order_by("pk")))

    def _untouched(self) -> Subject | None:
        """A subject of whom nobody wanted anything yet."""
        there = Subject.objects.filter(org=self.tenant.org, gone_at=None, status="Waiting").exclude(
            pk__in=self._touched
        )
        found = list(there.select_related("assessment", "org", "person").order_by("pk")[:50])
        return self.chance.choice(found) if found else None

    def _some(self, found: list[Person], most: int) -> list[Person]:
        return self.chance.sample(found, min(len(found), self.chance.randint(1, most)))
