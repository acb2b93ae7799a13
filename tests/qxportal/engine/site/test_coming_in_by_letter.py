"""Coming in by the code of a printed letter and a PIN, and what such a device is not shown."""

import pytest

from qxportal.engine.http import failures
from qxportal.engine.models import Evaluation
from qxportal.engine.people import personal_links, printed_letters
from qxportal.engine.people.personal_links import LASTS
from qxportal.engine.site.letter_views import MOST_WRONG_PINS, WHAT
from tests.qxportal.engine.site.conftest import all_answers, answer_all
from tests.support.site_fixture import Visitor, words

PIN = "blue house 7"


@pytest.fixture
def print_for(engine, round):
    """Prints a letter for a person; gives its code."""

    def make(person):
        from django.db import transaction

        def inside():
            with transaction.atomic(using="engine"):
                return printed_letters.print_letters(round.assessment, [person], key="")[0].code

        return engine.run(inside)

    return make


def _come_in(browser: Visitor, code: str, *, fresh: bool = True, pin: str = PIN):
    page = browser.submit(browser.get("/letter/"), {"code": code})
    return browser.submit(page, {"pin": pin, **({"again": pin} if fresh else {})})


def test_front_page_leads_to_the_code_and_the_code_to_the_tasks(round, visitor, print_for):
    code, browser = print_for(round.ben), visitor()
    assert 'href="/letter/"' in browser.get("/").text

    page = browser.submit(browser.get("/letter/"), {"code": f" {code.lower().replace('-', ' ')} "})

    assert page.url.endswith("/letter/pin/")
    assert code not in page.url
    assert "Hello Ben" in words(page)
    assert "Letter printed on" in words(page)
    assert "Berger" not in page.text
    tasks = browser.submit(page, {"pin": PIN, "again": PIN})
    assert tasks.url.endswith("/tasks/")
    assert "Anna Berger" in words(tasks)
    assert "code of your letter, printed on" in words(tasks)


def test_further_devices_need_the_pin(round, visitor, print_for):
    code = print_for(round.ben)
    _come_in(visitor(), code)
    browser = visitor()

    page = browser.submit(browser.get("/letter/"), {"code": code})
    wrong = browser.submit(page, {"pin": "something else"})

    assert "Choose a PIN" not in words(page)
    assert wrong.status_code == 422
    assert "not the PIN" in words(wrong)
    assert browser.get("/tasks/").url.rstrip("/") == browser.url
    assert browser.submit(wrong, {"pin": PIN}).url.endswith("/tasks/")


def test_wrong_pins_are_soon_not_looked_at_wherever_they_come_from(round, visitor, print_for):
    code = print_for(round.ben)
    _come_in(visitor(), code)
    browser = visitor()
    page = browser.submit(browser.get("/letter/"), {"code": code})

    for number in range(5):
        browser.submit(page, {"pin": f"guess number {number}"})

    assert "Too many attempts" in words(browser.submit(page, {"pin": PIN}))


def test_whoever_knows_the_code_tries_only_so_many_pins_in_all(engine, round, visitor, print_for):
    code = print_for(round.ben)
    _come_in(visitor(), code)
    letter = engine.run(printed_letters.letter_of, code)
    browser = visitor()
    page = browser.submit(browser.get("/letter/"), {"code": code})
    for _earlier in range(MOST_WRONG_PINS - 1):  # with the pauses of some days between them
        engine.run(failures.count_in_all, f"{WHAT} {letter.pk} in all", most=MOST_WRONG_PINS, period=LASTS)

    assert "not the PIN" in words(browser.submit(page, {"pin": "the last guess"}))
    refused = browser.submit(page, {"pin": PIN})

    assert "this letter no longer works" in words(refused)
    assert browser.get("/tasks/").url.rstrip("/") == browser.url
    _come_in(browser, print_for(round.ben))
    assert browser.get("/tasks/").url.endswith("/tasks/")


def test_two_pins_that_differ_or_are_weak_let_nobody_in(round, visitor, print_for):
    browser = visitor()
    page = browser.submit(browser.get("/letter/"), {"code": print_for(round.ben)})

    for given, said in (({"pin": PIN, "again": "x"}, "differ"), ({"pin": "123456", "again": "123456"}, "at least 6")):
        answer = browser.submit(page, given)
        assert answer.status_code == 422
        assert said in words(answer)
    assert browser.get("/tasks/").url.rstrip("/") == browser.url


@pytest.mark.parametrize("how", ["unknown", "replaced", "ended", "nonsense", "long"])
def test_codes_that_do_not_count_say_the_same(engine, round, visitor, print_for, how):
    code = {"unknown": "AB2C-D3EF-4GHJ", "nonsense": "\x00☃", "long": "A" * 100_000}.get(how) or print_for(round.ben)
    if how == "replaced":
        print_for(round.ben)
    if how == "ended":
        engine.run(personal_links.end_links, round.ben)
    browser = visitor()

    page = browser.submit(browser.get("/letter/"), {"code": code})

    assert page.status_code == 422
    assert "This code is wrong or has expired." in words(page)
    assert browser.get("/letter/pin/").url.endswith("/letter/")


def test_a_scanner_that_submits_the_page_changes_nothing(round, visitor):
    browser = visitor()

    page = browser.submit(browser.get("/letter/"), {})

    assert page.status_code == 422
    assert "Type the code" in words(page)


def test_many_wrong_codes_are_soon_not_looked_at(round, visitor, print_for):
    browser, code = visitor(), print_for(round.ben)
    page = browser.get("/letter/")

    answers = [browser.submit(page, {"code": f"AB2C-D3EF-4G{n:02}"}) for n in range(21)]

    assert {one.status_code for one in answers} == {422}
    refused = browser.submit(page, {"code": code})
    assert (refused.status_code, "Too many attempts" in words(refused)) == (429, True)


def test_a_newer_letter_signs_devices_out_even_between_code_and_pin(round, visitor, print_for):
    first = visitor()
    _come_in(first, print_for(round.ben))
    second = visitor()
    page = second.submit(second.get("/letter/"), {"code": print_for(round.ben)})
    print_for(round.ben)

    assert first.get("/tasks/").url.rstrip("/") == first.url
    assert second.submit(page, {"pin": PIN, "again": PIN}).url.endswith("/letter/")


def test_a_link_that_is_mailed_later_opens_beside_the_letter(round, visitor, print_for):
    print_for(round.ben)

    assert visitor(round.ben).get(round.path).status_code == 200


def test_a_device_with_a_letter_opens_a_mailed_link_as_any_other(round, visitor, print_for, link_of):
    code, browser = print_for(round.ben), visitor()
    own = visitor(round.ben)
    page = own.get(f"{round.path}go-on/")
    own.submit(page, all_answers(page), button="stay")
    _come_in(browser, code)
    assert "A letter passes through other hands" in words(browser.get(round.path))

    asked = browser.get(link_of(round.ben))

    tasks = words(browser.submit(asked, {"address": round.ben.email}))
    assert "code of your letter" not in tasks
    assert "checked" in browser.get(page.url.replace(own.url, "")).text


@pytest.mark.parametrize("submitted", [False, True])
def test_a_letter_does_not_show_what_was_answered_before_it(engine, round, visitor, print_for, submitted):
    own = visitor(round.ben)
    if submitted:
        own.submit(answer_all(own, round.path), {})
    else:
        page = own.get(f"{round.path}go-on/")
        own.submit(page, all_answers(page))
    browser = visitor()
    _come_in(browser, print_for(round.ben))

    for part in ("", "go-on/", "submit/", "copy/", "decline/", "pages/G1/"):
        page = browser.get(round.path + part)
        assert "A letter passes through other hands" in words(page), part
        assert "Keeps calm." not in page.text
        assert 'name="form"' not in page.text
    again = browser.get(round.path)
    if submitted:
        assert "It stays as it is" in words(again)
        assert "start-over" not in again.text
    else:
        assert "Start" in words(browser.submit(again, {}, action="start-over"))
        assert engine.run(round.evaluation.answers.count) == 0
        assert browser.get(f"{round.path}go-on/").status_code == 200


def test_what_was_answered_with_a_letter_shows_on_every_device_with_it(engine, round, visitor, print_for):
    code, first, second = print_for(round.ben), visitor(), visitor()
    _come_in(first, code)
    page = first.get(f"{round.path}go-on/")
    first.submit(page, all_answers(page), button="stay")
    _come_in(second, code, fresh=False)

    assert "/pages/" in second.get(f"{round.path}go-on/").url
    assert "checked" in second.get(page.url.replace(first.url, "")).text
    assert engine.refreshed(round.evaluation).status == Evaluation.Status.IN_PROGRESS


def test_starting_over_is_for_devices_that_came_in_by_letter(engine, round, visitor):
    own = visitor(round.ben)
    page = own.get(f"{round.path}go-on/")
    own.submit(page, all_answers(page))
    before = engine.run(round.evaluation.answers.count)

    token = own.get("/tasks/").text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    own.session.post(
        f"{own.url}{round.path}start-over/",
        {"csrfmiddlewaretoken": token},
        headers={"Referer": own.url},
        timeout=30,
    )

    assert before
    assert engine.run(round.evaluation.answers.count) == before


@pytest.mark.parametrize("own", [True, False])
def test_a_letter_opens_reports_about_oneself_only(engine, released, visitor, own):
    from django.db import transaction

    person = released.anna if own else released.boss
    access = released.give(person, "Subject" if own else "Manager")

    def inside():
        with transaction.atomic(using="engine"):
            return printed_letters.print_letters(released.assessment, [person], key="")[0].code

    browser = visitor()
    tasks = words(_come_in(browser, engine.run(inside)))

    for part, method in (("", "get"), ("read/", "get")):
        page = getattr(browser, method)(f"/reports/{access.public_id}/{part}")
        assert page.status_code == (200 if own else 404), part
    assert ("Reports about other people are opened with a personal link" in tasks) is not own
    assert visitor(person).get(f"/reports/{access.public_id}/").status_code == 200


def test_a_code_stands_in_no_log(round, visitor, print_for, site_log):
    code = print_for(round.ben)
    _come_in(visitor(), code)
    visitor().get("/nowhere-else/")

    log = site_log.read_text()
    assert code not in log
    assert code.replace("-", "") not in log
