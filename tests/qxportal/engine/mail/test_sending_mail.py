"""Mailings go out over SMTP: to whom, and what they say."""

import re
from datetime import timedelta

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from qxportal.engine.mail import audience, mailings
from qxportal.engine.mail.rightness import SEND, verdict
from qxportal.engine.models import Assessment, Evaluation, Mail, Mailing, Message, NominationList, Person
from qxportal.engine.people.personal_links import invited
from qxportal.mail.queue import State
from tests.qxportal.engine.mail.conftest import MailRound
from tests.support.smtp_server import MailServer

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
