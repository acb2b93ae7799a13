"""Managers learn by mail that a report waits for their approval: once, in the chosen words, and only while it waits."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from qxportal.engine.editions import report_access
from qxportal.engine.mail import mailings, sending
from qxportal.engine.models import Assessment, Mail, Mailing, Message, Participant, Person, ReportAccess
from tests.qxportal.engine.conftest import Caller
from tests.qxportal.engine.mail.conftest import MailRound
from tests.support.smtp_server import MailServer

KIND = "ReportApproval"


@pytest.fixture
def mia(round: MailRound) -> Person:
    """The manager of Anna, whose round is over and whose report a manager approves."""
    engine, mia = round.engine, round.engine.person("Mia", "Stone")
    engine.run(Person.objects.filter(pk=round.anna.pk).update, manager=mia)
    engine.run(Assessment.objects.filter(pk=round.assessment.pk).update, options={"ReportApproval": True})
    set_status(round, "Done")
    return mia


def set_status(round: MailRound, status: str) -> None:
    round.engine.run(Participant.objects.filter(pk=round.subject.pk).update, status=status)


def release(round: MailRound, call: Caller) -> None:
    anna = round.anna.public_id
    given = {"SubjectID": anna, "PersonID": anna, "Viewer": "Subject"}
    call.result("qxSetReportAccess", ThreeSixtyID=round.assessment.public_id, **given)


def told(round: MailRound) -> list[tuple[str, str, str]]:
    return round.states(kind=KIND)


def planned(round: MailRound) -> list[Mailing]:
    return round.engine.run(lambda: list(Mailing.objects.filter(kind=KIND)))


def access(round: MailRound) -> ReportAccess:
    return round.engine.run(report_access.accesses().get)


def test_the_manager_is_told_once_of_a_report_that_waits(round: MailRound, mia: Person, smtp: MailServer, call: Caller):
    release(round, call)

    for _time in range(2):
        round.post()

    letter = smtp.to(mia.email)
    assert told(round) == [("Mia", "sent", "")]
    assert "A report of Leadership 360 spring is waiting for your approval" in letter.text
    assert "Anna" not in letter.text
    assert [one.standing for one in planned(round)] == [True]


def test_nobody_is_told_before_there_is_a_report(round: MailRound, mia: Person, smtp: MailServer, call: Caller):
    set_status(round, "Waiting")
    release(round, call)
    round.post()
    assert told(round) == []

    set_status(round, "Done")
    round.post()

    assert told(round) == [("Mia", "sent", "")]


@pytest.mark.parametrize("word", ["approved", "sent back", "withdrawn"])
def test_a_mail_is_not_sent_where_the_report_waits_no_more(
    round: MailRound, mia: Person, smtp: MailServer, call: Caller, word: str
):
    release(round, call)
    round.engine.run(mailings.queue_due, now=timezone.now())
    row = access(round)
    if word == "approved":
        assert round.engine.run(report_access.approve, row, mia, 1)
    elif word == "sent back":
        assert round.engine.run(report_access.send_back, row, mia, "Please wait for our talk.")
    else:
        round.engine.run(ReportAccess.objects.filter(pk=row.pk).update, until_at=timezone.now())

    round.engine.run(sending.send_due)

    assert told(round) == [("Mia", "cancelled", "nothing-open")]


def test_the_manager_is_told_again_of_a_report_that_was_sent_back(
    round: MailRound, mia: Person, smtp: MailServer, call: Caller
):
    release(round, call)
    round.post()
    assert round.engine.run(report_access.send_back, access(round), mia, "Please wait for our talk.")
    round.post()
    assert len(told(round)) == 1

    release(round, call)
    round.post()

    assert [state for _name, state, _why in told(round)] == ["sent", "sent"]


def test_the_words_are_those_that_were_chosen(round: MailRound, mia: Person, smtp: MailServer, call: Caller):
    text = round.engine.run(
        Message.objects.create,
        brand=round.engine.brand,
        library_id=round.assessment.public_id,
        category="GeneralMessages",
        name="Approval",
        texts={"EN": "Dear ${FirstName}, please read it before Friday."},
    )
    given: dict[str, Any] = {"ThreeSixtyID": round.assessment.public_id, "Kind": KIND, "Standing": 1}
    call.result("qxCreateMailing", **given, MessageID=text.public_id)

    release(round, call)
    round.post()

    assert "Dear Mia, please read it before Friday." in smtp.to(mia.email).text
    assert len(planned(round)) == 1


def test_no_mailing_is_planned_where_one_was_stopped_or_mail_is_off(round: MailRound, mia: Person, call: Caller):
    round.brand(mail="off")
    release(round, call)
    assert planned(round) == []

    round.brand(mail="on")
    round.plan(KIND, standing=True, cancelled_at=timezone.now())
    release(round, call)

    assert len(planned(round)) == 1


def test_a_mailing_by_hand_tells_all_for_whom_a_report_waits(
    round: MailRound, mia: Person, smtp: MailServer, call: Caller
):
    release(round, call)
    round.post()
    round.engine.run(Mail.objects.update, created_at=timezone.now() + timedelta(minutes=1))

    round.plan(KIND)
    round.post()

    assert told(round) == [("Mia", "sent", "")] * 2
