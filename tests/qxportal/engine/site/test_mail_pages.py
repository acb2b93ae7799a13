"""The front page mails a link to whoever lost it, and reminders are turned off by a link."""

import re

import pytest
import requests

from qxportal.engine.mail import unsubscribe
from qxportal.engine.models import Assessment, Brand, Mail, Person, ReminderOptOut
from tests.support.site_fixture import words


@pytest.fixture(autouse=True)
def mailing(engine, round):
    engine.run(Brand.objects.update, mail="on")


def _ask(visitor, address: str) -> requests.Response:
    browser = visitor()
    return browser.submit(browser.get("/"), {"address": address}, action="send-link")  # type: ignore[no-any-return]


def _said(page: requests.Response, address: str) -> str:
    return words(page).replace(address, "ADDRESS")


def test_a_lost_link_is_mailed_and_strangers_get_the_same_answer(engine, round, visitor):
    known, stranger = _ask(visitor, round.ben.email), _ask(visitor, "nobody@elsewhere.example")

    assert known.status_code == stranger.status_code == 200
    assert _said(known, round.ben.email) == _said(stranger, "nobody@elsewhere.example")
    (mail,) = engine.run(lambda: list(Mail.objects.select_related("person")))
    assert (mail.kind, mail.person, mail.state) == ("Link", round.ben, "queued")


def test_it_is_not_mailed_again_at_once_nor_to_who_has_nothing_to_do(engine, round, visitor):
    idle = engine.person("Ida", "Lund")
    for address in (round.ben.email, round.ben.email.upper(), idle.email):
        assert _ask(visitor, address).status_code == 200

    assert engine.run(Mail.objects.count) == 1


def test_people_who_only_choose_or_approve_get_a_link(engine, round, visitor):
    boss, chooses = engine.person("Mia", "Stone"), {"SubjectsNominate": True, "NominationApproval": True}
    engine.run(Person.objects.filter(pk=round.anna.pk).update, manager=boss)
    _ask(visitor, boss.email)
    assert not engine.run(Mail.objects.exists)
    engine.run(Assessment.objects.filter(pk=round.assessment.pk).update, options=chooses)

    _ask(visitor, boss.email)

    assert engine.run(lambda: Mail.objects.get().person) == boss


@pytest.mark.parametrize("typed", ["", "ben", "ben@"])
def test_what_is_no_address_is_refused_beside_the_field(engine, round, visitor, typed):
    page = _ask(visitor, typed)

    assert page.status_code == 422
    assert 'aria-invalid="true"' in page.text
    assert not engine.run(Mail.objects.exists)


def test_one_network_asks_for_so_many_links_only(engine, round, visitor):
    codes = [_ask(visitor, f"someone{number}@elsewhere.example").status_code for number in range(31)]

    assert codes == [200] * 30 + [429]


def _path(engine, person) -> str:
    return re.sub(r"^https?://[^/]+", "", engine.run(unsubscribe.address, person))


def test_reminders_are_turned_off_and_on_by_who_knows_the_address(engine, round, visitor):
    browser, path = visitor(), _path(engine, round.ben)
    as_it_stands = browser.submit(browser.get(path), {}, action="")
    assert as_it_stands.status_code == 200
    wrong = browser.submit(browser.get(path), {"address": round.anna.email})
    assert wrong.status_code == 422
    assert not engine.run(ReminderOptOut.objects.exists)

    assert "Reminders are off" in words(browser.submit(browser.get(path), {"address": round.ben.email}))
    assert engine.run(ReminderOptOut.objects.get).person_id == round.ben.pk

    assert "Reminders are on" in words(browser.submit(browser.get(path), {"address": round.ben.email}))
    assert not engine.run(ReminderOptOut.objects.exists)


def test_a_mail_program_turns_them_off_by_one_click(engine, round, site_url):
    answer = requests.post(site_url + _path(engine, round.ben), {"List-Unsubscribe": "One-Click"}, timeout=30)

    assert answer.status_code == 204
    assert engine.run(ReminderOptOut.objects.filter(person=round.ben).exists)


@pytest.mark.parametrize(
    "spoil", [lambda token: token[:-2] + "AA", lambda token: "1." + token.partition(".")[2], str.upper]
)
def test_a_spoilt_link_turns_nothing_off(engine, round, site_url, spoil):
    token = _path(engine, round.ben).strip("/").partition("/")[2]

    answer = requests.post(f"{site_url}/r/{spoil(token)}/", {"List-Unsubscribe": "One-Click"}, timeout=30)

    assert answer.status_code == 404
    assert not engine.run(ReminderOptOut.objects.exists)


def test_the_header_of_the_link_fits_into_one_line(engine, round, settings):
    settings.SITE_URL = "https://feedback.marlstone-instruments.example"

    assert len(f"<{engine.run(unsubscribe.address, round.ben)}>") < 78


@pytest.mark.parametrize("token", ["1.x", "f" * 3900 + ".x", "0x1.x", "-1.x", "1_0.x", "%E2%98%83.%E2%98%83", "."])
def test_a_guessed_link_about_reminders_is_unknown(engine, round, visitor, token):
    assert visitor().get(f"/r/{token}/").status_code == 404
