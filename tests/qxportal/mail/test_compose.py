"""Mails whose names, subjects and addresses are unlike those of English."""

import email
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr

import pytest

from qxportal.mail.compose import Letter, Sender, compose

LONGEST_LINE = 998  # by RFC 5322


@pytest.mark.parametrize(
    "name",
    [
        "ü" * 100,
        "\N{GRINNING FACE}" * 200,
        "Personal & Führung, Mühle GmbH",
        'A "quoted" <name>, B',
        "Müller <x@elsewhere.example>",
        "",
    ],
)
def test_names_of_every_kind_arrive(name: str):
    mail = _sent(name=name)

    found, address = parseaddr(mail["From"])
    assert (_said(found), address) == (name, "hr@xn--strae-oqa.example")


@pytest.mark.parametrize("name", ["Ines\nBcc: all@elsewhere.example", "Inés\r\nBcc: all@elsewhere.example"])
def test_a_name_adds_no_header(name: str):
    mail = _sent(name=name, subject="Feedback\r\nBcc: all@elsewhere.example")

    assert mail["Bcc"] is None
    assert mail["Subject"] == "Feedback Bcc: all@elsewhere.example"
    assert parseaddr(mail["From"])[1] == "hr@xn--strae-oqa.example"


def test_a_long_subject_arrives_whole():
    assert _said(_sent(subject="Rückmeldung " * 100)["Subject"]) == ("Rückmeldung " * 100).strip()


def _said(header: str) -> str:
    return str(make_header(decode_header(header))).strip()


def _sent(*, name: str = "", subject: str = "Feedback") -> Message:
    letter = Letter(subject=subject, text="Hello", html="<p>Hello</p>", message_id="1@site.example")
    sender = Sender("hr@straße.example", name=name, reply_to="hr@straße.example")
    content = compose(letter, sender=sender, to="zoe@müller.example").message().as_bytes()
    for line in content.splitlines():
        assert len(line) <= LONGEST_LINE
        if line.startswith((b"From:", b" =?")):
            assert len(line) <= 90
    return email.message_from_bytes(content)
