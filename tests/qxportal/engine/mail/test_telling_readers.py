"""Readers learn by mail when they can open a report, are reminded once after a week, and learn of a withdrawal."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from qxportal.engine.mail import mailings, sending
from qxportal.engine.models import Mail, Mailing, Participant, Person, ReportAccess, ReportOpening
from tests.qxportal.engine.conftest import Caller
from tests.qxportal.engine.mail.conftest import MailRound
from tests.support.smtp_server import MailServer

WEEK = timedelta(days=7, minutes=1)
WRITTEN = "%Y-%m-%d %H:%M:%S"


@pytest.fixture
def mia(round: MailRound) -> Person:
    """A coach of Anna, whose round is over."""
    round.engine.run(Participant.objects.filter(pk=round.subject.pk).update, status="Done")
    return round.engine.person("Mia", "Stone")


def give(round: MailRound, call: Caller, reader: Person, **given: Any) -> None:
    viewer = "Subject" if reader == round.anna else "Other"
    values = {"SubjectID": round.anna.public_id, "PersonID": reader.public_id, "Viewer": viewer, "Notify": 1, **given}
    call.result("qxSetReportAccess", ThreeSixtyID=round.assessment.public_id, **values)


def told(round: MailRound, kind: str = "Report") -> list[tuple[str, str, str]]:
    return round.states(kind=kind)


def opens(round: MailRound, reader: Person, what: str = "page") -> None:
    row = round.engine.run(ReportAccess.objects.get, person=reader)
    values = {"brand": round.engine.brand, "access": row, "person": reader, "edition": 1, "device": "d"}
    round.engine.run(ReportOpening.objects.create, what=what, **values)


def a_week_ago(round: MailRound) -> None:
    then = timezone.now() - WEEK
    round.engine.run(ReportAccess.objects.update, from_at=then, given_at=then)
    round.engine.run(Mail.objects.update, created_at=then, settled_at=then)


def test_readers_are_told_once_when_their_day_has_come(round: MailRound, mia: Person, smtp: MailServer, call: Caller):
    later = (timezone.now() + timedelta(days=2)).strftime(WRITTEN)
    give(round, call, mia)
    give(round, call, round.anna, From=later)

    for _time in range(2):
        round.post()

    assert told(round) == [("Mia", "sent", "")]
    assert "A report of Leadership 360 spring is ready for you" in smtp.to(mia.email).text
    assert "Anna" not in smtp.to(mia.email).text
    round.engine.run(ReportAccess.objects.filter(person=round.anna).update, from_at=timezone.now())
    round.post()
    assert told(round) == [("Anna", "sent", ""), ("Mia", "sent", "")]
    assert round.engine.run(Mailing.objects.filter(kind="Report").count) == 1


def test_a_further_report_is_told_and_one_that_was_opened_is_not(
    round: MailRound, mia: Person, smtp: MailServer, call: Caller
):
    give(round, call, mia)
    round.post()
    opens(round, mia)
    give(round, call, mia)  # for longer, say
    round.post()
    assert told(round) == [("Mia", "sent", "")]

    erik = round.engine.person("Erik", "Falk")
    other = round.engine.subject(round.assessment, erik)
    round.engine.run(Participant.objects.filter(pk=other.pk).update, status="Done")
    give(round, call, mia, SubjectID=erik.public_id)
    round.post()

    assert told(round) == [("Mia", "sent", "")] * 2


def test_nobody_is_told_unasked_or_while_mail_is_off(round: MailRound, mia: Person, call: Caller):
    give(round, call, mia, Notify=0)
    round.brand(mail="off")
    give(round, call, round.anna)
    give(round, call, round.anna, Until=timezone.now().strftime(WRITTEN))
    round.brand(mail="on")

    round.post()

    assert not round.engine.run(Mail.objects.exists)
    assert not round.engine.run(Mailing.objects.exists)


def test_who_has_not_opened_for_a_week_is_reminded_once(round: MailRound, mia: Person, smtp: MailServer, call: Caller):
    give(round, call, mia)
    give(round, call, round.anna)
    round.post()
    round.plan("ReportReminder")
    round.post()
    assert told(round, "ReportReminder") == []
    a_week_ago(round)
    opens(round, round.anna)

    for _time in range(2):
        round.plan("ReportReminder")
        round.post()

    assert told(round, "ReportReminder") == [("Mia", "sent", "")]


def test_a_reminder_is_not_sent_to_who_opened_it_meanwhile(round: MailRound, mia: Person, call: Caller):
    give(round, call, mia)
    a_week_ago(round)
    round.plan("ReportReminder")
    round.engine.run(mailings.queue_due, now=timezone.now())
    opens(round, mia)
    round.engine.run(sending.send_due)

    assert told(round, "ReportReminder") == [("Mia", "cancelled", "no-report")]


def test_withdrawal_is_told_to_who_could_open_it(round: MailRound, mia: Person, smtp: MailServer, call: Caller):
    later = (timezone.now() + timedelta(days=2)).strftime(WRITTEN)
    give(round, call, mia, Notify=0)
    give(round, call, round.anna, From=later, Notify=0)
    now = timezone.now().strftime(WRITTEN)

    give(round, call, mia, Until=now)
    give(round, call, round.anna, Until=now)
    round.post()

    assert told(round, "ReportWithdrawn") == [("Mia", "sent", "")]
    letter = smtp.to(mia.email).text
    assert "no longer available" in letter
    assert "/l/" not in letter


def test_openings_and_downloads_are_told_apart(round: MailRound, mia: Person, call: Caller):
    give(round, call, mia)
    opens(round, mia)

    def row() -> dict[str, Any]:
        return dict(call.result("qxGetReportAccess", ThreeSixtyID=round.assessment.public_id)["Accesses"][0])

    assert (bool(row()["LastOpenedAt"]), row()["LastDownloadedAt"]) == (True, None)
    opens(round, mia, "pdf")
    assert row()["LastDownloadedAt"] == row()["LastOpenedAt"]
