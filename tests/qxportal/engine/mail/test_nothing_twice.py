"""What is mailed once, whoever looks at the queue at the same moment, and what waits for others."""

from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from django.db import connections
from django.utils import timezone

from qxportal.engine.mail import mailings
from qxportal.engine.mail.rightness import quiet_until
from qxportal.engine.models import Assessment, Brand, Mail
from qxportal.engine.site import participation
from tests.qxportal.engine.mail.conftest import MailRound
from tests.support.smtp_server import MailServer


def _place() -> dict[str, Any]:
    """The engine's database, for a connection beside Django's."""
    known = connections["engine"].get_connection_params()
    return {name: known[name] for name in ("dbname", "user", "password", "host", "port") if known.get(name)}


@pytest.mark.parametrize("named", [True, False])
def test_a_process_that_looked_at_the_same_moment_queues_nothing_again(round: MailRound, named: bool):
    round.engine.run(Assessment.objects.filter(pk=round.assessment.pk).update, options={})
    mailing = round.plan("Invite", persons=[round.ben.public_id] if named else None)
    first = round.engine.run(mailings._queue, mailing.pk, timezone.now())
    dora = round.engine.person("Dora", "Eklund")  # new, and AutoInvite is off
    round.engine.evaluation(round.subject, dora, "Peer")

    second = round.engine.run(mailings._queue, mailing.pk, timezone.now())  # of one that had listed it before

    assert (first, second) == (1 if named else 3, 0)
    assert round.engine.run(Mail.objects.count) == first


def test_a_mailing_is_not_queued_while_its_assessment_is_changed(round: MailRound):
    mailing = round.plan("Invite")
    with psycopg.connect(**round.engine.run(_place)) as other:
        other.execute(
            f"SELECT 1 FROM {Assessment._meta.db_table} WHERE id = %s FOR UPDATE",  # noqa: S608
            [round.assessment.pk],
        )
        waits = round.engine.run(mailings.queue_due, now=timezone.now())

    assert waits == 0
    assert round.engine.refreshed(mailing).sent_at is None
    assert round.engine.run(mailings.queue_due, now=timezone.now()) == 3


def test_many_subjects_remind_one_person_once_a_day(round: MailRound, smtp: MailServer):
    other = round.engine.subject(round.assessment, round.engine.person("Emil", "Frost"))
    round.engine.evaluation(other, round.ben, "Peer")
    wanted = {"SubjectsRemind": True}
    round.engine.run(Assessment.objects.filter(pk=round.assessment.pk).update, options=wanted)
    for subject in (round.subject, other):
        assert round.engine.run(lambda pk=subject.pk: participation.remind(participation._subjects().get(pk=pk)))

    round.post()

    assert smtp.recipients.count(round.ben.email) == 1
    assert ("Ben", "cancelled", "reminded-today") in round.states()


def test_a_reminder_waits_for_another_one_that_is_on_its_way(round: MailRound, smtp: MailServer):
    first, second = (round.plan("Reminder", persons=[round.ben.public_id]) for _mailing in range(2))
    now = timezone.now()
    round.engine.run(mailings.queue_due, now=now)
    on_its_way = Mail.objects.filter(mailing=first)
    round.engine.run(on_its_way.update, state="sending", claimed_at=now, attempts=1)

    round.post()

    assert not smtp.recipients
    later = round.engine.run(Mail.objects.get, mailing=second)
    assert (later.state, later.attempts) == ("queued", 0)
    assert later.not_before > now


def test_who_gives_feedback_unasked_gets_no_invitation(round: MailRound, smtp: MailServer):
    dora = round.engine.person("Dora", "Eklund")
    round.engine.evaluation(round.subject, dora, "Peer", "InProgress", unsolicited=True)
    round.plan("Invite")

    round.post()

    assert round.ben.email in smtp.recipients
    assert dora.email not in smtp.recipients


@pytest.mark.parametrize(
    ("now", "ends"),
    [
        (datetime(2026, 10, 25, 0, 10, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (datetime(2026, 10, 25, 1, 10, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),  # 02:10 again
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # no 02:30 on this day
        (datetime(2026, 11, 28, 21, 0, tzinfo=UTC), datetime(2026, 11, 29, 1, 30, tzinfo=UTC)),
    ],
)
def test_quiet_hours_end_later_than_now_on_every_day(now: datetime, ends: datetime):
    brand = Brand(time_zone="Europe/Berlin", quiet_from=time(20), quiet_until=time(2, 30))

    assert brand.zone == ZoneInfo("Europe/Berlin")
    found = quiet_until(brand, now)
    assert found is not None
    assert found.astimezone(UTC) == ends
