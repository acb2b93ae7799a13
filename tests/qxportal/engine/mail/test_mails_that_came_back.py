"""Delivery reports that arrive after a mail was sent: what they change, and what changes nothing."""

from datetime import timedelta

import pytest
from django.utils import timezone

from qxportal.engine.mail import mailings, reported
from qxportal.engine.mail.marks import mail_of, mark_of
from qxportal.engine.mail.reported import take_report
from qxportal.engine.models import Assessment, Mail, Person
from qxportal.mail.delivery_reports import Outcome
from qxportal.mail.queue import State
from tests.qxportal.engine.mail.conftest import MailRound
from tests.qxportal.engine.mail.report_fixtures import BASE, Reports, bounced, mailbox, reports
from tests.support import bounces
from tests.support.bounces import FAILURES, Bounced

__all__ = ["mailbox", "reports"]


def test_each_mail_has_an_envelope_sender_of_its_own(reports: Reports):
    ben, chloe = reports.invite(reports.round.ben, reports.round.chloe)

    assert ben.return_path != chloe.return_path
    for each in (ben, chloe):
        local, _, domain = each.return_path.rpartition("@")
        assert (local.startswith("bounces+"), domain, len(local) <= 64) == (True, "halden.example", True)
    sent = reports.smtp.to(ben.to)
    assert "portal@" in str(sent.message["From"])  # what people see is not touched
    assert ben.return_path not in sent.message.as_string()


@pytest.mark.parametrize("shape", list(FAILURES))
def test_a_failure_is_recorded_in_whatever_shape_it_is_reported(reports: Reports, shape: str):
    make, status, why = FAILURES[shape]
    (ben,) = reports.invite(reports.round.ben)
    reports.mailbox.deliver([make(ben)])

    look = reports.look()

    mail = reports.mail(reports.round.ben)
    assert (mail.state, mail.why) == (State.FAILED, why)
    assert mail.reply.startswith(status)
    assert (look.handled, look.others) == (1, 0)
    assert reports.mailbox.messages == []


def test_a_delay_is_noted_and_ended_by_what_follows(reports: Reports):
    (ben,) = reports.invite(reports.round.ben)
    reports.mailbox.deliver([bounces.delayed(ben)])
    reports.look()
    noted = reports.mail(reports.round.ben)
    assert (noted.state, noted.why) == (State.SENT, "delayed")
    assert noted.reply.startswith("250")

    reports.mailbox.deliver([bounces.postfix(ben, action="relayed", status="2.0.0", said="smtp; 250 ok")])
    reports.look()
    assert reports.mail(reports.round.ben).why == ""

    reports.mailbox.deliver([bounces.expired(ben), bounces.delayed(ben)])
    reports.look()
    given_up = reports.mail(reports.round.ben)
    assert (given_up.state, given_up.why) == (State.FAILED, "expired")


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ("5.1.2", "no-such-domain"),
        ("5.2.2", "mailbox-full"),
        ("5.7.1", "not-accepted"),
        ("5.3.4", "not-accepted"),
        ("5.4.7", "expired"),
        ("5.0.0", "returned"),
    ],
)
def test_what_a_status_means(reports: Reports, status: str, why: str):
    (ben,) = reports.invite(reports.round.ben)
    reports.mailbox.deliver([bounces.postfix(ben, status=status, said="smtp; it did not go")])

    reports.look()

    assert reports.mail(reports.round.ben).why == why


@pytest.mark.parametrize(("all_failed", "state"), [(True, State.FAILED), (False, State.SENT)])
def test_a_group_address_failed_when_all_its_members_did(reports: Reports, all_failed: bool, state: str):
    (ben,) = reports.invite(reports.round.ben)
    reports.mailbox.deliver([bounces.of_a_group(ben, all_failed=all_failed)])

    assert reports.look().handled == 1
    assert reports.mail(reports.round.ben).state == state


def test_answers_and_out_of_office_replies_stay_in_the_mailbox(reports: Reports):
    (ben,) = reports.invite(reports.round.ben)
    reports.mailbox.deliver([bounces.out_of_office(ben), bounces.answer(ben)])

    look = reports.look()

    assert (look.handled, look.others) == (0, 2)
    assert reports.mail(reports.round.ben).state == State.SENT
    assert len(reports.mailbox.messages) == 2
    assert reports.mailbox.seen == 0
    assert reports.reading.left == 2
    assert reports.look() == type(look)()  # they are not read again


# -- by what a report is known


@pytest.mark.parametrize("shape", ["postfix", "exchange-online", "exim", "qmail", "utf-8"])
def test_where_the_address_was_stripped_the_returned_message_id_tells(reports: Reports, shape: str):
    (ben,) = reports.invite(reports.round.ben)
    report = FAILURES[shape][0](ben)
    for address in (ben.return_path, ben.return_path.upper()):
        report = report.replace(address.encode(), BASE.encode())
    reports.mailbox.deliver([report])

    assert reports.look().handled == 1
    assert reports.mail(reports.round.ben).state == State.FAILED


def test_a_report_whose_mark_is_not_ours_changes_nothing(reports: Reports):
    (ben,) = reports.invite(reports.round.ben)
    mark = ben.message_id.partition("@")[0]
    number, _, signature = mark.partition("-")
    guesses = [f"{number}-{'a' * len(signature)}", f"{number}-{signature[:-1]}", f"{int(number, 36) + 1}-{signature}"]
    forged = [
        Bounced(ben.to, ben.return_path.replace(mark, guess), ben.message_id.replace(mark, guess)) for guess in guesses
    ]
    forged.append(Bounced(ben.to, BASE, f"{reports.mail(reports.round.ben).public_id}@answers.halden.example"))
    forged.append(Bounced(ben.to, ben.return_path.replace("bounces", "other"), "x@y.example"))
    reports.mailbox.deliver([make(one) for one in forged for make in (bounces.postfix, bounces.qmail)])

    look = reports.look()

    assert (look.handled, look.others) == (0, 2 * len(forged))
    assert reports.mail(reports.round.ben).state == State.SENT


def test_what_a_report_says_of_other_addresses_and_mails_changes_nothing_of_them(reports: Reports):
    """A report about Ben's mail that names Chloé, another brand's person, and both mails in its words."""
    engine = reports.round.engine
    other = engine.make_brand("halden", "Halden")
    dora = engine.person("Dora", "Keel", brand=other)
    rival = engine.run(Mail.objects.create, brand=other, person=dora, kind="Link", state=State.SENT, address=dora.email)
    ben, chloe = reports.invite(reports.round.ben, reports.round.chloe)
    named = f"smtp; 550 5.1.1 <{chloe.to}> <{dora.email}> Message-ID: <{rival.public_id}@x> {rival.pk}"
    reports.mailbox.deliver([bounces.postfix(Bounced(chloe.to, ben.return_path, ben.message_id), said=named)])

    assert reports.look().handled == 1
    assert reports.mail(reports.round.ben).state == State.FAILED
    assert reports.mail(reports.round.chloe).state == State.SENT
    assert engine.refreshed(rival).state == State.SENT


def test_two_marks_that_contradict_each_other_change_nothing(reports: Reports):
    ben, chloe = reports.invite(reports.round.ben, reports.round.chloe)
    both = f"{ben.return_path}, {chloe.return_path}"
    reports.mailbox.deliver([bounces.postfix(ben, to=both)])

    assert reports.look().others == 1
    assert {state for _, state, _ in reports.round.states()} == {State.SENT}


def test_a_mark_holds_for_the_address_that_the_mail_went_to(reports: Reports):
    reports.invite(reports.round.ben)
    mail = reports.mail(reports.round.ben)
    mark = reports.round.engine.run(mark_of, mail)
    assert reports.round.engine.run(mail_of, mark) == mail

    reports.round.engine.run(Mail.objects.filter(pk=mail.pk).update, address="ben@new.example")  # it is sent again
    assert reports.round.engine.run(mail_of, mark) is None
    assert reports.round.engine.run(mail_of, f"{'z' * 13}-{'a' * 20}") is None


def test_a_report_about_an_earlier_address_ends_no_attempt_that_has_just_begun(reports: Reports):
    reports.invite(reports.round.ben)
    known = reports.mail(reports.round.ben)  # by a report that another process reads
    reports.round.engine.run(Mail.objects.update, state=State.SENDING, settled_at=None, address="ben@new.example")

    reports.round.engine.run(reported._record, known, Outcome("failed", "5.1.1"))

    assert reports.mail(reports.round.ben).state == State.SENDING
    reports.round.engine.run(Mail.objects.all().delete)  # its person was erased
    reports.round.engine.run(reported._record, known, Outcome("failed", "5.1.1"))


def test_a_report_about_a_mail_whose_sending_was_not_noted_ends_it(reports: Reports):
    (ben,) = reports.invite(reports.round.ben)
    gone = timezone.now() - timedelta(hours=1)
    engine = reports.round.engine
    engine.run(Mail.objects.update, state=State.SENDING, claimed_at=gone, settled_at=None)  # the process died
    reports.mailbox.deliver([bounces.postfix(ben)])
    reports.look()

    reports.round.post()

    assert len(reports.smtp.received) == 1
    assert reports.mail(reports.round.ben).state == State.FAILED


def test_a_cancelled_mail_stays_cancelled(reports: Reports):
    (ben,) = reports.invite(reports.round.ben)
    reports.round.engine.run(Mail.objects.update, state=State.CANCELLED, why="withdrawn")

    assert reports.round.engine.run(take_report, bounces.postfix(ben))
    assert reports.round.states() == [("Ben", State.CANCELLED, "withdrawn")]


def test_the_words_that_are_kept_are_few_and_visible(reports: Reports):
    (ben,) = reports.invite(reports.round.ben)
    long = "smtp; 550 5.1.1 \x1b[31m<script>" + "no such user " * 200
    reports.mailbox.deliver([bounces.postfix(ben, said=long)])

    reports.look()

    reply = reports.mail(reports.round.ben).reply
    assert len(reply) < 320
    assert reply.isprintable()


# -- what follows from it


def test_reminders_wait_until_the_address_is_corrected(reports: Reports):
    round = reports.round
    (ben,) = reports.invite(round.ben)
    reports.mailbox.deliver([bounces.postfix(ben)])
    reports.look()

    round.plan("Reminder")
    round.post()
    waiting = reports.mail(round.ben)
    assert (waiting.state, waiting.why, waiting.attempts) == (State.QUEUED, "address-returned", 0)
    assert round.chloe.email in reports.smtp.recipients

    round.engine.run(
        Person.objects.filter(pk=round.ben.pk).update, email="ben@right.example", email_key="ben@right.example"
    )
    round.engine.run(Mail.objects.filter(state=State.QUEUED).update, not_before=timezone.now())
    round.post()

    assert "ben@right.example" in reports.smtp.recipients
    assert reports.smtp.recipients.count(ben.to) == 1


def test_reminders_go_again_once_a_mail_was_taken_there(reports: Reports):
    round = reports.round
    (ben,) = reports.invite(round.ben)
    reports.mailbox.deliver([bounces.postfix(ben)])
    reports.look()
    round.plan("Invite", persons=[round.ben.public_id])  # somebody knows better and sends the link again
    round.post()

    round.plan("Reminder", persons=[round.ben.public_id])
    round.post()

    assert reports.smtp.recipients == [ben.to] * 3


@pytest.mark.parametrize("status", ["5.2.2", "5.7.1"])
def test_reminders_go_on_where_the_address_is_not_at_fault(reports: Reports, status: str):
    round = reports.round
    (ben,) = reports.invite(round.ben)
    reports.mailbox.deliver([bounces.postfix(ben, status=status)])
    reports.look()

    round.plan("Reminder", persons=[round.ben.public_id])
    round.post()

    assert reports.smtp.recipients == [ben.to] * 2


@pytest.mark.parametrize("refused", [True, False])
def test_invitations_that_go_on_are_not_sent_again_and_again(reports: Reports, refused: bool):
    round = reports.round
    round.engine.run(Assessment.objects.filter(pk=round.assessment.pk).update, options={"AutoInvite": True})
    if refused:
        reports.smtp.refuse[round.ben.email] = "550 5.1.1 No such user here"
    round.plan("Invite")
    round.post()
    if not refused:
        reports.mailbox.deliver([bounces.postfix(bounced(reports.smtp.to(round.ben.email)))])
        reports.look()

    again = [round.engine.run(mailings.queue_due, now=timezone.now()) for _look in range(3)]

    assert again == [0, 0, 0]
    dora = round.engine.person("Dora", "Eklund")
    round.engine.evaluation(round.subject, dora, "Peer")
    assert round.engine.run(mailings.queue_due, now=timezone.now()) == 1


def test_a_report_about_a_redirected_mail_is_not_about_its_person(reports: Reports, settings):
    settings.MAIL_ONLY_TO = "staging@acme.example"
    reports.round.plan("Invite", persons=[reports.round.ben.public_id])
    reports.round.post()
    settings.MAIL_ONLY_TO = ""
    reports.mailbox.deliver([bounces.postfix(bounced(reports.smtp.to("staging@acme.example")))])
    reports.look()
    assert reports.mail(reports.round.ben).address == "staging@acme.example"

    reports.round.plan("Reminder", persons=[reports.round.ben.public_id])
    reports.round.post()

    assert reports.round.ben.email in reports.smtp.recipients


def test_without_the_setting_nothing_is_different(round: MailRound, smtp, settings):
    settings.MAIL_BOUNCES, settings.MAIL_BOUNCES_MAILBOX = "", None
    round.plan("Invite", persons=[round.ben.public_id])
    round.post()

    assert smtp.to(round.ben.email).sender == "portal@localhost"
