"""Mailings go out over SMTP: to whom, what they say, and what becomes of refusals."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from qxportal.engine.mail import audience, mailings, sending
from qxportal.engine.mail.rightness import SEND, verdict
from qxportal.engine.models import (
    Assessment,
    Brand,
    Evaluation,
    Mail,
    Mailing,
    Message,
    NominationList,
    Participant,
    Person,
    PersonalLink,
)
from qxportal.engine.people.personal_links import end_links_to_earlier_addresses, invited
from qxportal.mail import queue
from qxportal.mail.queue import State
from tests.qxportal.engine.mail.conftest import MailRound
from tests.support.smtp_server import MailServer
from tests.support.waiting import until_it_waits_for_us

LINK = re.compile(r"https?://\S+/l/([^/\s]+)/")


def test_an_invitation_goes_to_everybody_who_was_asked(round: MailRound, smtp: MailServer):
    round.plan("Invite")

    round.post()

    assert sorted(smtp.recipients) == sorted(one.email for one in (round.anna, round.ben, round.chloe))
    mail = smtp.to(round.ben.email)
    token = LINK.search(mail.text)
    assert token is not None
    guest = round.engine.run(invited, token[1])
    assert (guest.person, guest.task) == (round.ben, round.bens.public_id)
    assert "Feedback on Anna Berger (Leadership 360 spring)" in mail.text
    assert f'href="{token[0]}"' in mail.html
    assert mail.message["Auto-Submitted"] == "auto-generated"
    assert "List-Unsubscribe" not in mail.message
    assert {state for _, state, _ in round.states()} == {State.SENT}


def test_nothing_that_a_mail_says_is_kept(round: MailRound, smtp: MailServer):
    round.plan("Invite")
    round.post()

    token = LINK.search(smtp.to(round.ben.email).text)
    rows = round.engine.run(lambda: [str(row) for row in Mail.objects.values()])
    assert token is not None
    assert rows
    assert not any(token[1] in row for row in rows)


def test_it_is_sent_once_whatever_is_looked_at_again(round: MailRound, smtp: MailServer):
    round.plan("Invite")
    for _look in range(3):
        round.post()

    assert len(smtp.received) == 3


def test_people_who_come_later_are_invited_where_the_option_says_so(round: MailRound, smtp: MailServer):
    round.plan("Invite")
    round.post()
    dora = round.engine.person("Dora", "Eklund")
    round.engine.evaluation(round.subject, dora, "Peer")
    round.post()
    assert dora.email not in smtp.recipients

    round.engine.run(Assessment.objects.filter(pk=round.assessment.pk).update, options={"AutoInvite": True})
    round.post()
    round.post()

    assert smtp.recipients.count(dora.email) == 1
    assert len(smtp.received) == 4


def test_whether_a_reminder_is_right_is_decided_when_it_goes(round: MailRound, smtp: MailServer):
    round.plan("Reminder")
    round.engine.run(Evaluation.objects.filter(pk=round.bens.pk).update, status="Completed")

    round.post()

    assert sorted(smtp.recipients) == sorted([round.anna.email, round.chloe.email])
    assert "List-Unsubscribe" in smtp.to(round.anna.email).message


def test_a_queued_reminder_is_dropped_when_its_reason_is_gone(round: MailRound, smtp: MailServer):
    later = timezone.now() + timedelta(hours=1)
    common = {"brand": round.engine.brand, "assessment": round.assessment, "kind": "Reminder"}
    for person in (round.ben, round.chloe):
        round.engine.run(Mail.objects.create, person=person, not_before=later, **common)
    round.engine.run(Evaluation.objects.filter(pk=round.bens.pk).update, status="Declined")
    round.engine.run(Person.objects.filter(pk=round.chloe.pk).update, removed_at=timezone.now())
    round.engine.run(Mail.objects.update, not_before=timezone.now())

    round.post()

    assert smtp.received == []
    assert round.states() == [("Ben", State.CANCELLED, "nothing-open"), ("Chloé", State.CANCELLED, "person-left")]


def test_nobody_is_reminded_twice_a_day_whatever_the_assessment(round: MailRound, smtp: MailServer):
    other = round.engine.assessment("Team 360", status="Active")
    round.engine.evaluation(round.engine.subject(other, round.anna), round.ben, "Peer")
    round.plan("Reminder")
    round.plan("Reminder", assessment=other)

    round.post()

    assert smtp.recipients.count(round.ben.email) == 1
    both = smtp.to(round.ben.email).text
    assert "Leadership 360 spring" in both
    assert "Team 360" in both
    assert ("Ben", State.CANCELLED, "reminded-today") in round.states()


def test_separate_mails_name_their_subject(round: MailRound, smtp: MailServer):
    round.engine.run(Assessment.objects.filter(pk=round.assessment.pk).update, options={"MergeMessages": False})
    emil = round.engine.person("Emil", "Frost")
    evaluation = round.engine.evaluation(round.engine.subject(round.assessment, emil), round.ben, "Peer")
    line = round.engine.run(
        Message.objects.create,
        brand=round.engine.brand,
        library_id="UR_1",
        category="TSSubjectLine",
        name="Subject",
        texts={"EN": "Your feedback for ${SubjectFirstName} ${SubjectLastName}"},
    )
    round.plan("Invite", subject_message=line)

    round.post()

    mails = [one for one in smtp.received if one.to == round.ben.email]
    assert sorted(str(one.message["Subject"]) for one in mails) == [
        "Your feedback for Anna Berger",
        "Your feedback for Emil Frost",
    ]
    token = LINK.search(next(one.text for one in mails if "Emil" in str(one.message["Subject"])))
    assert token is not None
    assert round.engine.run(invited, token[1]).task == evaluation.public_id


def test_mail_about_a_removed_evaluation_is_not_sent_about_others(round: MailRound, smtp: MailServer):
    round.engine.run(Assessment.objects.update, options={"MergeMessages": False})
    dora = round.engine.subject(round.assessment, round.engine.person("Dora", "Keel"))
    round.engine.evaluation(dora, round.ben, "Peer")
    round.plan("Invite", persons=[round.ben.public_id])
    round.engine.run(mailings.queue_due, now=timezone.now())
    round.engine.run(Evaluation.objects.filter(pk=round.bens.pk).delete)

    round.post()

    assert smtp.recipients == [round.ben.email]
    assert "Feedback on Dora Keel" in smtp.to(round.ben.email).text
    assert sorted(round.states()) == [("Ben", State.CANCELLED, "nothing-open"), ("Ben", State.SENT, "")]


def test_a_text_of_the_library_in_the_persons_language(round: MailRound, smtp: MailServer):
    text = round.engine.run(
        Message.objects.create,
        brand=round.engine.brand,
        library_id="UR_1",
        category="EvaluatorInvite",
        name="Invitation",
        texts={
            "EN": "<p>Dear ${FirstName}</p>",
            "DE": '<p>Guten Tag ${FirstName} &amp; Team</p><a href="${ThreeSixtyLink}">Zum Fragebogen</a>',
        },
    )
    round.engine.run(
        Person.objects.filter(pk=round.chloe.pk).update, metadata={"Language": "DE"}, first_name="Chloé <b>"
    )
    round.plan("Invite", message=text)

    round.post()

    german, english = smtp.to(round.chloe.email), smtp.to(round.ben.email)
    assert german.text.startswith("Guten Tag Chloé <b> & Team\n\nZum Fragebogen: http")
    assert "Chloé &lt;b&gt;" in german.html
    assert german.message["Subject"] == "Test Brand bittet um Ihr Feedback" or "bittet" in str(
        german.message["Subject"]
    )
    assert english.text.startswith("Dear Ben\n\nhttp")  # the link is added where the text has none


def test_thanks_go_to_whoever_has_finished_and_once(round: MailRound, smtp: MailServer):
    round.plan("Thanks", standing=True)
    round.post()
    assert smtp.received == []

    round.engine.run(Evaluation.objects.filter(pk=round.bens.pk).update, status="Completed")
    round.post()
    round.post()

    assert smtp.recipients == [round.ben.email]


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


def test_who_has_to_choose_or_approve_is_told(round: MailRound, smtp: MailServer):
    mona = round.engine.person("Mona", "Quist")
    round.engine.run(Person.objects.filter(pk=round.anna.pk).update, manager=mona)
    options = {"SubjectsNominate": True, "NominationApproval": True}
    round.engine.run(Assessment.objects.filter(pk=round.assessment.pk).update, options=options)
    round.plan("Nominate")
    round.plan("Approve")
    round.post()
    assert smtp.recipients == [round.anna.email]

    common = {"brand": round.engine.brand, "assessment": round.assessment, "subject": round.subject}
    round.engine.run(NominationList.objects.create, state="Submitted", **common)
    round.plan("Nominate")
    round.plan("Approve")
    round.post()

    assert smtp.recipients == [round.anna.email, mona.email]


@pytest.mark.parametrize("kind", ["Invite", "Reminder", "Thanks"])
def test_an_audience_is_no_condition_run_for_each_person(round: MailRound, kind: str):
    round.engine.run(Evaluation.objects.filter(pk=round.bens.pk).update, status="Completed")  # who is thanked
    mailing = round.plan(kind)

    with_people = round.engine.run(lambda: str(audience.persons(Mailing.objects.get(pk=mailing.pk)).query))

    assert "engine_person" in with_people
    assert "engine_evaluation" not in with_people  # joined so, it took a minute where the database had no statistics


@pytest.mark.parametrize("more", [0, 12])
def test_whether_a_mail_about_choosing_is_right_asks_as_much_however_many_choose(round: MailRound, more: int):
    options = {"SubjectsNominate": True, "MinimumEvaluators": 3}
    round.engine.run(Assessment.objects.filter(pk=round.assessment.pk).update, options=options)
    for number in range(more):
        round.engine.subject(round.assessment, round.engine.person(f"Nora{number}", "Lind"))
    common = {"brand": round.engine.brand, "person": round.anna, "assessment": round.assessment}
    mail = round.engine.run(Mail.objects.create, kind="Nominate", **common)

    def asked() -> int:
        fresh = Mail.objects.select_related("brand", "person", "assessment").get(pk=mail.pk)
        with CaptureQueriesContext(connections["engine"]) as queries:
            assert verdict(fresh, now=timezone.now()) == SEND
        return len(queries)

    assert round.engine.run(asked) <= 6
