"""Attempts to send that fail or are overtaken: refusals, a server in trouble, a crash, a changed address."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from django.db import connections, transaction
from django.utils import timezone

from qxportal.engine.mail import mailings, sending
from qxportal.engine.models import Mail, Person, PersonalLink
from qxportal.engine.people.personal_links import end_links_to_earlier_addresses
from qxportal.mail import queue
from qxportal.mail.queue import State
from tests.qxportal.engine.mail.conftest import MailRound
from tests.support.smtp_server import MailServer
from tests.support.waiting import until_it_waits_for_us


def test_a_refusal_is_recorded_and_others_go_on(round: MailRound, smtp: MailServer):
    smtp.refuse[round.ben.email] = "550 5.1.1 No such user here"
    round.plan("Invite")

    round.post()

    assert sorted(smtp.recipients) == sorted([round.anna.email, round.chloe.email])
    assert round.states(state=State.FAILED) == [("Ben", State.FAILED, "refused")]
    assert round.engine.run(Mail.objects.get, state=State.FAILED).reply == "550 5.1.1 No such user here"


def test_a_server_that_is_busy_is_asked_again_later(round: MailRound, smtp: MailServer):
    smtp.after_data = "451 4.7.1 Try again later"
    round.plan("Invite", persons=[round.ben.public_id])
    round.post()
    (waiting,) = round.engine.run(lambda: list(Mail.objects.all()))
    assert (waiting.state, waiting.why, waiting.attempts) == (State.QUEUED, "unreached", 1)
    assert waiting.not_before > timezone.now()

    smtp.after_data = ""
    round.engine.run(Mail.objects.update, not_before=timezone.now())
    round.post()

    assert smtp.recipients == [round.ben.email]
    assert round.states() == [("Ben", State.SENT, "")]


def test_a_mail_server_that_is_down_loses_nothing(round: MailRound, settings, smtp: MailServer):
    settings.EMAIL_PORT = 1
    round.plan("Invite")
    round.post()

    assert {(state, why) for _, state, why in round.states()} == {(State.QUEUED, "unreached")}


def test_a_second_attempt_after_a_crash_has_the_same_id(round: MailRound, smtp: MailServer):
    round.plan("Invite", persons=[round.ben.public_id])
    round.post()
    gone = timezone.now() - timedelta(hours=1)
    round.engine.run(Mail.objects.update, state=State.SENDING, claimed_at=gone)  # the process died after it had sent
    round.post()

    ids = [str(one.message["Message-ID"]) for one in smtp.received]
    assert len(ids) == 2
    assert ids[0] == ids[1]


def test_a_link_does_not_go_to_an_address_that_changed_as_it_was_made(round: MailRound, smtp: MailServer):
    round.plan("Invite", persons=[round.ben.public_id])
    round.engine.run(mailings.queue_due, now=timezone.now())
    claimed = round.engine.run(queue.claim, sending._all(), now=timezone.now())
    round.engine.run(
        Person.objects.filter(pk=round.ben.pk).update, email="ben@new.example", email_key="ben@new.example"
    )

    round.engine.run(sending._send, claimed)

    assert smtp.received == []
    round.post()
    assert smtp.recipients == ["ben@new.example"]


def test_a_link_made_while_an_address_is_changed_does_not_go_to_the_earlier_one(round: MailRound, smtp: MailServer):
    round.plan("Invite", persons=[round.ben.public_id])
    round.engine.run(mailings.queue_due, now=timezone.now())
    claimed = round.engine.run(queue.claim, sending._all(), now=timezone.now())

    assert claimed is not None

    def send() -> None:
        try:
            sending._send(claimed)
        finally:
            connections.close_all()

    def change_address(pool: ThreadPoolExecutor) -> None:
        assert not PersonalLink.objects.filter(person=round.ben).exists()
        with transaction.atomic(using="engine"):
            Person.objects.filter(pk=round.ben.pk).update(email="ben@new.example", email_key="ben@new.example")
            end_links_to_earlier_addresses([round.ben.pk])
            sent = pool.submit(send)
            until_it_waits_for_us(sent)
        sent.result(60)

    with ThreadPoolExecutor(1) as pool:
        round.engine.run(change_address, pool)

    assert smtp.received == []
    round.post()
    assert smtp.recipients == ["ben@new.example"]
