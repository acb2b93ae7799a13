"""A mail is in one language: that of its text, its subject line, its list of tasks and its days."""

from typing import Any

import pytest

from qxportal.engine.models import Message, Person, Relationship
from qxportal.mail.default_texts import default_text
from tests.qxportal.engine.mail.conftest import MailRound
from tests.support.smtp_server import MailServer

KINDS = (
    "Invite",
    "Reminder",
    "Thanks",
    "Report",
    "ReportReminder",
    "ReportWithdrawn",
    "Nominate",
    "Approve",
    "ReportApproval",
    "Link",
)


def text(round: MailRound, **texts: str) -> Message:
    values: dict[str, Any] = {"brand": round.engine.brand, "library_id": "UR_1", "category": "EvaluatorInvite"}
    return round.engine.run(Message.objects.create, name="Invitation", texts=texts, **values)


def speak(round: MailRound, code: str) -> None:
    round.engine.run(Person.objects.filter(pk=round.ben.pk).update, metadata={"Language": code})


@pytest.mark.parametrize(
    ("code", "subject", "task"),
    [
        ("FR", "{} sollicite votre feedback", "Feedback sur Anna Berger (Leadership 360 spring)"),
        ("es_MX", "{} le pide su feedback", "Feedback sobre Anna Berger (Leadership 360 spring)"),
    ],
)
def test_default_text_is_in_the_persons_language(
    round: MailRound, smtp: MailServer, code: str, subject: str, task: str
):
    speak(round, code)
    round.plan("Invite")

    round.post()

    mail = smtp.to(round.ben.email)
    assert str(mail.message["Subject"]) == subject.format(round.engine.brand.title)
    assert f"- {task}" in mail.text
    assert f'<html lang="{code[:2].lower()}">' in mail.html


def test_reminders_are_turned_off_in_the_language_of_the_mail(round: MailRound, smtp: MailServer):
    speak(round, "FR")
    round.plan("Reminder")

    round.post()

    assert "Désactiver les rappels\u00a0: http" in smtp.to(round.ben.email).text


def test_mail_without_a_text_in_the_persons_language_is_in_the_brands(round: MailRound, smtp: MailServer):
    speak(round, "FR")
    round.brand(language="DE")
    round.plan("Invite", message=text(round, DE="Guten Tag ${FirstName}:\n${Tasks}", EN="Hello ${FirstName}"))

    round.post()

    mail = smtp.to(round.ben.email)
    assert mail.text.startswith("Guten Tag Ben:\n- Feedback zu Anna Berger")
    assert "bittet um Ihr Feedback" in str(mail.message["Subject"])
    assert '<html lang="de">' in mail.html


def test_subject_line_and_text_share_a_language(round: MailRound, smtp: MailServer):
    speak(round, "FR")
    both = text(round, FR="Bonjour ${FirstName}", EN="Hello ${FirstName}")
    round.plan("Invite", message=both, subject_message=text(round, EN="Your turn", DE="Sie sind dran"))

    round.post()

    mail = smtp.to(round.ben.email)
    assert mail.text.startswith("Hello Ben")
    assert str(mail.message["Subject"]) == "Your turn"


def test_text_in_another_language_stands_in_the_brands_frame(round: MailRound, smtp: MailServer):
    speak(round, "PL")
    round.brand(language="ES")
    round.plan("Reminder", message=text(round, PL="Dzień dobry ${FirstName}"))

    round.post()

    mail = smtp.to(round.ben.email)
    assert mail.text.startswith("Dzień dobry Ben")
    assert "Desactivar los recordatorios:" in mail.text


def test_relationships_are_named_in_the_language_of_the_mail(round: MailRound, smtp: MailServer):
    speak(round, "ES")
    round.plan("Invite", message=text(round, ES="${Relationship}", EN="${Relationship}"))
    round.post()
    assert smtp.to(round.ben.email).text.startswith("Colega")
    assert smtp.to(round.chloe.email).text.startswith("Colleague")


def test_own_relationships_are_named_as_they_are_translated(round: MailRound, smtp: MailServer):
    speak(round, "FR")
    own = {"assessment": round.assessment, "name": "Customer", "position": 9}
    round.engine.run(Relationship.objects.create, translations={"FR": "Client"}, **own)
    round.engine.run(type(round.bens).objects.filter(pk=round.bens.pk).update, relationship="Customer")
    round.plan("Invite", message=text(round, FR="${Relationship}", EN="${Relationship}"))

    round.post()

    assert smtp.to(round.ben.email).text.startswith("Client")


def test_footer_in_another_language_says_so(round: MailRound, smtp: MailServer):
    speak(round, "FR")
    round.brand(language="EN", footer={"EN": "Ask us anything."})
    round.plan("Invite")

    round.post()
    assert '<span lang="en">Ask us anything.</span>' in smtp.to(round.ben.email).html
    assert "<span>Ask us anything.</span>" in smtp.to(round.chloe.email).html


@pytest.mark.parametrize("language", ["de", "fr", "es"])
@pytest.mark.parametrize("kind", KINDS)
def test_default_texts_are_translated(kind: str, language: str):
    english, other = default_text(kind, "en"), default_text(kind, language)

    assert other.subject != english.subject
    assert other.body != english.body
