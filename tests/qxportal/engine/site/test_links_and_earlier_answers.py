"""A link to another address, or in a mail for testing, shows nothing of what its person answered before."""

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import set_urlconf

from qxportal.engine.models import Answer, Evaluation, Person, Question
from qxportal.engine.people.personal_links import link_for
from qxportal.engine.site.own_tasks import own_answers
from qxportal.engine.site.visitors import Visitor
from tests.qxportal.engine.site.conftest import all_answers, answer_all
from tests.support.site_fixture import words

PARTS = ("", "go-on/", "submit/", "copy/", "decline/", "pages/G1/")
Status = Evaluation.Status


def begin(browser, round):
    page = browser.get(f"{round.path}go-on/")
    browser.submit(page, all_answers(page), button="stay")
    return page.url.replace(browser.url, "")


def answered(browser, engine, round, submitted):
    """Ben's answers, submitted or only begun, by their number."""
    if submitted:
        browser.submit(answer_all(browser, round.path), {})
    else:
        begin(browser, round)
    return engine.run(round.evaluation.answers.count)


def shows_nothing(browser, round, said):
    for part in PARTS:
        page = browser.get(round.path + part)
        assert said in words(page), part
        assert "Keeps calm." not in page.text
        assert 'name="form"' not in page.text
    return browser.get(round.path)


@pytest.fixture
def moved(engine, call, round, visitor):
    """Gives Ben another address, and lets in whoever reads it."""

    def move(address="reader@marlstone.example"):
        call.result("updatePerson", PersonID=round.ben.public_id, Email=address)
        return visitor(engine.refreshed(round.ben))

    return move


@pytest.fixture
def tester(engine, round, visitor):
    """Lets in whoever gets the mails for testing, and knows the person's address."""

    def let_in(browser=None):
        browser = browser or visitor()
        token = engine.run(link_for, round.ben, test=True).rpartition("/l/")[2]
        answer = browser.submit(browser.get(f"/l/{token}"), {"address": round.ben.email})
        assert answer.url.endswith("/tasks/")
        return browser

    return let_in


@pytest.mark.parametrize("submitted", [False, True])
def test_another_address_does_not_show_what_was_answered_before(engine, round, visitor, moved, submitted):
    before = answered(visitor(round.ben), engine, round, submitted)

    reader = moved()

    page = shows_nothing(reader, round, "Your e-mail address was changed since then.")
    assert engine.run(round.evaluation.answers.count) == before > 0
    if submitted:
        assert "It stays as it is" in words(page)
        assert "start-over" not in page.text
    else:
        assert "Start" in words(reader.submit(page, {}, action="start-over"))
        assert engine.run(round.evaluation.answers.count) == 0
        assert reader.get(f"{round.path}go-on/").status_code == 200


def test_the_first_address_given_again_shows_nothing_either(round, visitor, moved):
    begin(visitor(round.ben), round)
    moved()

    shows_nothing(moved(round.ben.email), round, "Your e-mail address was changed since then.")


def test_what_was_answered_at_an_address_shows_on_every_device_of_it(engine, round, visitor, moved):
    address = begin(moved(), round)

    other = visitor(engine.refreshed(round.ben))

    assert "checked" in other.get(address).text
    assert engine.refreshed(round.evaluation).status == Status.IN_PROGRESS


@pytest.mark.parametrize("submitted", [False, True])
def test_mail_for_testing_does_not_show_what_the_person_answered(engine, round, visitor, tester, submitted):
    before = answered(visitor(round.ben), engine, round, submitted)

    reader = tester()

    page = shows_nothing(reader, round, "This link came in a mail for testing")
    assert "start-over" not in page.text
    token = reader.get("/tasks/").text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    told = {"data": {"csrfmiddlewaretoken": token}, "headers": {"Referer": reader.url}}
    reader.session.post(f"{reader.url}{round.path}start-over/", timeout=30, **told)
    assert engine.run(round.evaluation.answers.count) == before > 0


def test_the_person_goes_on_with_what_was_answered_by_a_mail_for_testing(round, visitor, tester):
    address = begin(tester(), round)

    assert "checked" in visitor(round.ben).get(address).text


def test_mail_for_testing_opens_as_such_on_a_device_that_is_known(round, visitor, tester):
    own = visitor(round.ben)
    begin(own, round)

    shows_nothing(tester(own), round, "This link came in a mail for testing")


def test_answer_given_elsewhere_while_a_page_is_made_is_not_shown(engine, round):
    def open_page():
        person = Person.objects.select_related("org_structure__brand").get(pk=round.ben.pk)
        question = Question.objects.filter(survey=round.assessment.survey_id)[0]

        @own_answers
        def page(request, evaluation):
            Answer.objects.create(evaluation=round.evaluation, question=question, value=4, device="0123456789ab")
            return HttpResponse("answer 4")

        request: Any = RequestFactory().get("/")
        request.person, request.visitor = person, Visitor(engine.brand.pk, person.pk, 1, "A1-01234567")
        set_urlconf("qxportal.engine.site.root_urls")
        try:
            return page(request, round.evaluation.public_id).content.decode()
        finally:
            set_urlconf(None)

    shown = engine.run(open_page)

    assert "Your e-mail address was changed since then." in shown
    assert "answer 4" not in shown
