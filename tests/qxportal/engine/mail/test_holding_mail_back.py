"""Mail that is stopped, redirected or put off."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from qxportal.engine.mail import mailings
from qxportal.engine.models import Brand, Mail, Participant
from qxportal.engine.people.personal_links import invited
from qxportal.mail.queue import State
from tests.qxportal.engine.mail.conftest import MailRound
from tests.support.smtp_server import MailServer


def test_who_stops_a_mailing_stops_what_has_not_left(round: MailRound, smtp: MailServer):
    smtp.after_data = "451 Try again later"
    mailing = round.plan("Invite")
    round.post()
    smtp.after_data = ""

    assert round.engine.run(mailings.cancel, mailing, now=timezone.now(), why="withdrawn") == 3

    round.engine.run(Mail.objects.update, not_before=timezone.now())
    round.post()
    assert smtp.received == []
    assert {(state, why) for _, state, why in round.states()} == {(State.CANCELLED, "withdrawn")}


@pytest.mark.parametrize("mode", [Brand.MailMode.OFF, Brand.MailMode.TEST, Brand.MailMode.ON])
def test_a_brand_decides_whether_mail_leaves(round: MailRound, smtp: MailServer, mode: str):
    round.brand(mail=mode, test_address="hr@acme.example")
    round.plan("Invite")

    round.post()

    people = sorted(one.email for one in (round.anna, round.ben, round.chloe))
    expected = {"off": [], "test": ["hr@acme.example"] * 3, "on": people}
    assert sorted(smtp.recipients) == expected[mode]
    said = [mail.text for mail in smtp.received]
    tested = people if mode == "test" else []
    assert [any(f"meant for {one}." in text for text in said) for one in people] == [one in tested for one in people]
    links = [re.search(r"/l/([\w:.-]+)/", text) for text in said]
    assert [round.engine.run(invited, link[1]).test for link in links if link] == [mode == "test"] * len(said)


def test_all_mail_can_be_redirected(round: MailRound, smtp: MailServer, settings):
    settings.MAIL_ONLY_TO = "staging@acme.example"
    round.plan("Invite")

    round.post()

    assert smtp.recipients == ["staging@acme.example"] * 3
    assert all("For testing: this mail is meant for " in text for one in smtp.received for text in (one.text, one.html))


def test_a_mailing_that_was_due_while_mail_was_off_is_not_made_up_for(round: MailRound, smtp: MailServer):
    round.brand(mail="off")
    mailing = round.plan("Reminder")
    round.post()
    round.brand(mail="on")
    round.post()

    assert smtp.received == []
    assert round.engine.refreshed(mailing).cancelled_at is not None


def test_quiet_hours_hold_mail_until_they_end(round: MailRound, smtp: MailServer):
    here = timezone.now().astimezone(round.engine.brand.zone)
    until = (here + timedelta(hours=2)).time().replace(second=0, microsecond=0)
    round.brand(quiet_from=(here - timedelta(hours=1)).time(), quiet_until=until)
    round.plan("Invite", persons=[round.ben.public_id])

    round.post()

    (mail,) = round.engine.run(lambda: list(Mail.objects.all()))
    assert (mail.state, mail.why, mail.attempts) == (State.QUEUED, "quiet-hours", 0)
    assert timedelta(hours=1, minutes=58) < mail.not_before - timezone.now() <= timedelta(hours=2)
    assert smtp.received == []


def test_who_left_the_assessment_gets_nothing(round: MailRound, smtp: MailServer):
    round.plan("Reminder")
    round.engine.run(Participant.objects.filter(person=round.ben).update, removed_at=timezone.now())

    round.post()

    assert round.ben.email not in smtp.recipients
