"""What the tests of mail share: a brand that mails, and people who are asked."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from qxportal.engine.mail import mailings, sending
from qxportal.engine.models import Assessment, Brand, Evaluation, Mail, Mailing, Participant, Person
from tests.support.built_once import built_once
from tests.support.engine_fixture import Engine
from tests.support.smtp_fixture import smtp
from tests.support.smtp_server import MailServer

__all__ = ["smtp"]


@dataclass
class MailRound:
    """An active assessment: Ben and Chloé are asked about Anna, Anna about herself."""

    engine: Engine
    assessment: Assessment
    subject: Participant
    anna: Person
    ben: Person
    chloe: Person
    bens: Evaluation

    def plan(self, kind: str, **given: Any) -> Mailing:
        values: dict[str, Any] = {"assessment": self.assessment, "scheduled_at": timezone.now(), **given}
        return self.engine.run(Mailing.objects.create, kind=kind, **values)

    def post(self) -> None:
        """What the sending process does at one look."""
        self.engine.run(mailings.queue_due, now=timezone.now())
        self.engine.run(sending.send_due)

    def states(self, **which: Any) -> list[tuple[str, str, str]]:
        found = Mail.objects.filter(**which).order_by("person__first_name", "pk")
        return self.engine.run(lambda: list(found.values_list("person__first_name", "state", "why")))

    def brand(self, **values: Any) -> None:
        self.engine.run(Brand.objects.filter(pk=self.engine.brand.pk).update, **values)


@pytest.fixture
@built_once
def round(engine: Engine) -> MailRound:
    now = datetime.now(UTC)
    quiet = now.replace(hour=(now.hour + 12) % 24, minute=0, second=0, microsecond=0).time()  # far from now
    engine.run(Brand.objects.filter(pk=engine.brand.pk).update, mail="on", quiet_from=quiet, quiet_until=quiet)
    anna, ben, chloe = engine.person("Anna", "Berger"), engine.person("Ben", "Castle"), engine.person("Chloé", "Dubois")
    assessment = engine.assessment("Leadership 360 spring", status="Active")
    subject = engine.subject(assessment, anna)
    bens = engine.evaluation(subject, ben, "Peer")
    engine.evaluation(subject, chloe, "Peer")
    return MailRound(engine, assessment, subject, anna, ben, chloe, bens)


__all__ += ["MailServer"]
