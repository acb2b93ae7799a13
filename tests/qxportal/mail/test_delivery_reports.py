"""Delivery reports are read as they are meant, whatever server wrote them."""

import doctest
from types import ModuleType

import pytest

from qxportal.mail import addresses, mailbox_address, merge, recipients, return_paths, statuses
from qxportal.mail.delivery_reports import LONGEST_WORDS, read_report
from qxportal.mail.recipients import known_forms
from qxportal.mail.return_paths import is_base, marks_in, return_path
from qxportal.mail.statuses import Cause, cause_of, status_in
from tests.support import bounces
from tests.support.bounces import FAILURES, Bounced

MARK = "1-abcdefghijklmnopqrst"


@pytest.mark.parametrize("module", [addresses, mailbox_address, merge, recipients, return_paths, statuses])
def test_the_examples_are_right(module: ModuleType):
    tried = doctest.testmod(module)

    assert (tried.failed, tried.attempted > 0) == (0, True)


@pytest.mark.parametrize("shape", list(FAILURES))
def test_a_report_gives_status_address_and_both_ways_to_know_the_mail(shape: str):
    make, status, why = FAILURES[shape]
    mail = Bounced()

    report = read_report(make(mail))

    assert report is not None
    outcome = report.about(mail.to)
    assert outcome is not None
    assert (outcome.action, outcome.status, cause_of(outcome.status)) == ("failed", status, why)
    assert outcome.recipients == {mail.to}
    assert marks_in("bounces@halden.example", report.addressed_to) == [MARK]
    if shape != "exchange-2003":  # it returned nothing
        assert f"<{mail.message_id}>" in report.message_ids


@pytest.mark.parametrize(
    "recipient",
    [
        "rfc822;ben+team@halden.example",
        "RFC822 ; <Ben+Team@HALDEN.example>",
        "rfc822;ben+2Bteam@halden.example",  # as Exim passes it on
        r"utf-8;ben\x{2B}team@halden.example",
    ],
)
def test_an_address_is_known_however_it_was_encoded(recipient: str):
    assert known_forms("ben+team@halden.example") & known_forms(recipient)


@pytest.mark.parametrize(
    "recipient", [r"utf-8;jos\x{E9}@straße.example", "utf-8;josé@xn--strae-oqa.example", "José@Straße.example"]
)
def test_an_address_in_utf8_is_known_however_it_was_encoded(recipient: str):
    assert known_forms("josé@straße.example") & known_forms(recipient)


@pytest.mark.parametrize(
    "recipient", [r"utf-8;\x{D800}@a.example", "rfc822;", "x400; /S=castle/", "@" * 5_000, "+FF@a"]
)
def test_an_address_that_cannot_be_is_no_other_one(recipient: str):
    assert not known_forms("ben@halden.example") & known_forms(recipient)


def test_an_address_in_utf8_is_matched_in_a_report():
    mail = Bounced(to="josé@halden.example")
    report = read_report(bounces.in_utf8(mail, recipient=r"utf-8; jos\x{E9}@halden.example"))

    assert report is not None
    outcome = report.about(mail.to)
    assert outcome is not None
    assert outcome.said == "smtp; 550 5.1.1 kein Postfach für josé@halden.example"


def test_of_several_recipients_ours_counts():
    ours = Bounced(to="emil.frost@members.example")  # the others failed
    report = read_report(bounces.of_a_group(ours, all_failed=False))

    assert report is not None
    assert [one.action for one in report.outcomes] == ["failed", "relayed", "failed"]
    assert report.about(ours.to) == report.outcomes[1]
    assert report.about("dora.keel@members.example") == report.outcomes[2]


@pytest.mark.parametrize(
    ("said", "action"),
    [
        ("failed (unknown user)", "failed"),
        ("Failed", "failed"),
        ("error", "failed"),
        ("delayed", "delayed"),
        ("expanded", "expanded"),
        ("delivered", "delivered"),
    ],
)
def test_actions_are_read_with_comments_and_capitals(said: str, action: str):
    report = read_report(bounces.postfix(Bounced(), action=said))

    assert report is not None
    assert [one.action for one in report.outcomes] == [action]


def test_a_mail_that_exim_could_not_route_is_not_taken_for_one_that_expired():
    unrouted = bounces.exim_expired(Bounced()).replace(b"retry timeout exceeded", b"Unrouteable address")
    report = read_report(unrouted)

    assert report is not None
    assert report.envelope_ids == (MARK,)
    assert [one.status for one in report.outcomes] == ["5.0.0"]


def test_a_status_that_says_nothing_is_taken_from_the_servers_words():
    report = read_report(bounces.postfix(Bounced(), status="5.0.0", said="smtp; 552 5.2.2 mailbox is full"))
    plain = read_report(bounces.postfix(Bounced(), status="", said="smtp; 554 no"))

    assert report is not None
    assert plain is not None
    assert [one.status for one in (*report.outcomes, *plain.outcomes)] == ["5.2.2", "5.0.0"]


@pytest.mark.parametrize("make", [bounces.out_of_office, bounces.answer])
def test_what_people_and_their_mailboxes_answer_is_no_report(make):
    assert read_report(make(Bounced())) is None


def test_a_report_about_a_report_is_not_about_what_that_one_returned():
    """The inner report stands in a message that is returned, and is read as little as any other text there."""
    inner = bounces.postfix(Bounced(to="inner@halden.example")).decode().replace("\r\n", "\n")
    outer = bounces.exchange_online(Bounced()).decode().replace("\r\n", "\n")
    head, mark, end = outer.rpartition("\n\n--b4c1c1d2")
    before, kind, _returned = head.partition("Content-Type: message/rfc822\n\n")
    report = read_report((before + kind + inner + mark + end).encode())

    assert report is not None
    assert [one.recipients for one in report.outcomes] == [{"ben.castle@halden.example"}]


def test_words_are_cut():
    report = read_report(bounces.postfix(Bounced(), said="smtp; 550 " + "no " * 500))

    assert report is not None
    assert len(report.outcomes[0].said) == LONGEST_WORDS


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("", ""),
        ("10.5.1.1 is not a code, nor is 5.1.1.7", ""),
        ("(#5.1.1)", "5.1.1"),
        ("452 4.2.2", "4.2.2"),
        ("on 550 days", "5.0.0"),
        ("15550 or 5505", ""),
    ],
)
def test_codes_are_found_in_words(text: str, status: str):
    assert status_in(text) == status


def test_every_code_has_a_cause():
    codes = [f"{kind}.{subject}.{detail}" for kind in (2, 4, 5) for subject in range(9) for detail in range(20)]

    assert {cause_of(code) for code in codes} == set(Cause)
    assert all(cause_of(code) == Cause.EXPIRED for code in codes if code.startswith("4"))
    assert cause_of("") == Cause.RETURNED


def test_envelope_senders_are_read_back_whatever_their_case():
    sender = return_path("Bounces@Halden.example", MARK)

    assert sender == f"Bounces+{MARK}@Halden.example"
    assert marks_in("bounces@halden.example", [sender.upper(), sender, "bounces@halden.example"]) == [MARK]
    assert marks_in("bounces@halden.example", [sender.replace("Halden", "other"), sender.replace("-", "-x")]) == []


@pytest.mark.parametrize(
    ("address", "fits"),
    [
        ("bounces@halden.example", True),
        ("b" * 29 + "@halden.example", True),
        ("b" * 30 + "@halden.example", False),
        ("bounces+x@halden.example", False),
        ("Bounces <bounces@halden.example>", False),
        ("bounces@halden", False),
        ("bounces", False),
    ],
)
def test_an_address_of_which_senders_can_be_made(address: str, fits: bool):
    assert is_base(address) == fits
    if fits:
        assert len(return_path(address, "z" * 13 + "-" + "a" * 20).partition("@")[0]) <= 64
