"""A rater answers from the personal link to the submission, without JavaScript."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from qxportal.engine.models import Answer, Assessment, Brand, Evaluation, Participant, Question, Schedule
from qxportal.engine.reports import colors
from qxportal.engine.site.questionnaire.plan import plan_of
from tests.qxportal.engine.site.conftest import all_answers, answer_all, radios, texts
from tests.support.site_fixture import words
from tests.support.waiting import until_it_waits_for_us

Status = Evaluation.Status


def answers(engine, evaluation):
    found = Answer.objects.filter(evaluation=evaluation).values_list("question__kind", "value", "text")
    return engine.run(lambda: list(found))


def test_rater_answers_page_by_page_and_submits(engine, round, visitor):
    browser = visitor(round.ben, task=round.evaluation.public_id)
    assert "Feedback on Anna Berger" in words(browser.get(round.path))

    page = answer_all(browser, round.path)
    assert "All questions are answered." in words(page)
    page = browser.submit(page, {})

    assert "You submitted your feedback. Thank you." in words(page)
    assert engine.refreshed(round.evaluation).status == Status.COMPLETED
    assert set(answers(engine, round.evaluation)) == {("Rating", 4, ""), ("Text", None, "Keeps calm.")}
    assert "Keeps calm." in browser.get(f"{round.path}copy/").text


def test_submitted_task_leads_to_what_else_is_open(engine, round, visitor):
    other = engine.subject(round.assessment, engine.person("Zora", "Quill"))
    evaluation = engine.evaluation(other, round.ben, "Peer")
    browser = visitor(round.ben)

    page = browser.submit(answer_all(browser, round.path), {})

    assert "You are asked for feedback on one more person. Show what is open" in words(page)
    last = browser.submit(answer_all(browser, f"/tasks/{evaluation.public_id}/"), {})
    assert "You submitted your feedback." in words(last)
    assert "one more person" not in words(last)


def test_review_does_not_offer_to_submit_while_required_answers_are_missing(engine, round, visitor):
    engine.run(Question.objects.filter(survey=round.assessment.survey, kind="Rating").update, required=True)
    browser = visitor(round.ben)
    page = browser.get(f"{round.path}go-on/")
    while not page.url.endswith("/submit/"):
        page = browser.submit(page, dict.fromkeys(texts(page)[:1], "Keeps calm."))

    review = words(page)

    assert "missing or" in review
    assert "1 question is open You do not have to answer these." in review
    assert "submit without" not in review.lower()


def test_tasks_list_what_is_open_and_what_is_done(engine, round, visitor):
    page = words(visitor(round.ben).get("/tasks/"))

    assert "You are asked for feedback on one person." in page
    assert re.search(r"Anna Berger Leadership 360 spring · You are a colleague About \d+ minutes Not started", page)


def test_tasks_that_close_first_come_first_with_the_minutes_that_are_left(engine, round, visitor):
    soon = timezone.now() + timedelta(days=3)
    urgent = engine.assessment("Zenith 360", status="Active")
    engine.run(Schedule.objects.create, brand=engine.brand, assessment=urgent, closes_at=soon)
    about = engine.subject(urgent, engine.person("Zora", "Quill"))
    evaluation = engine.evaluation(about, round.ben, "Peer")
    ben = visitor(round.ben)

    def minutes():
        return [int(number) for number in re.findall(r"About (\d+) minutes", words(ben.get("/tasks/")))]

    page = words(ben.get("/tasks/"))

    assert page.index("Zora Quill") < page.index("Anna Berger")
    task = words(ben.get(f"/tasks/{evaluation.public_id}/"))
    assert f"It takes about {minutes()[0]} minutes." in task
    assert len(minutes()) == 2


def test_pages_have_the_colour_of_the_brand_where_it_can_be_read(engine, round, visitor, link_of):
    plain = visitor(round.ben).get(round.path).text
    engine.run(Brand.objects.filter(pk=engine.brand.pk).update, color="#ffd400")
    stranger = visitor()

    entering, task = stranger.get(link_of(round.ben)), visitor(round.ben).get(round.path)

    assert "/color-" not in plain
    for page in (entering, task):
        linked = re.search(r'href="(/color-[0-9a-f]{6}\.css)"', page.text)
        assert linked
        sheet = stranger.get(linked[1])
        assert sheet.headers["Content-Type"].startswith("text/css")
        light, dark = re.findall(r"--accent: (#[0-9a-f]{6})", sheet.text)
        assert colors.contrast(light, "#ffffff") > colors.contrast(light, colors.SITE_LIGHT) >= 4.5
        assert dark == "#ffd400"
    assert stranger.get("/color-ffd40g.css").status_code == 404


def test_every_page_of_a_task_has_one_heading_that_names_it(engine, round, visitor):
    ben = visitor(round.ben)

    for path in ("", "go-on/", "submit/", "copy/", "decline/"):
        headings = re.findall(r"<h1[^>]*>(.*?)</h1>", ben.get(f"{round.path}{path}").text, re.DOTALL)
        assert len(headings) == 1, path
    assert "Feedback on Anna Berger" in words(ben.get(f"{round.path}go-on/")).split("Page 1")[0]


def test_questionnaire_reopens_at_the_first_open_question(round, visitor):
    browser = visitor(round.ben)
    first = browser.get(f"{round.path}go-on/")
    second = browser.submit(first, all_answers(first))
    assert second.url != first.url

    assert visitor(round.ben).get(f"{round.path}go-on/").url == second.url


def test_page_keeps_what_was_answered_and_what_was_cleared(engine, round, visitor):
    browser = visitor(round.ben)
    page = browser.get(f"{round.path}go-on/")
    browser.submit(page, all_answers(page, "2"))

    again = browser.get(page.url)
    assert again.text.count("checked") == len(radios(page))
    browser.submit(again, dict.fromkeys(radios(page), ""))

    assert {value for _kind, value, _text in answers(engine, round.evaluation)} == {None}


def test_review_shows_what_is_open_and_asks_once(engine, round, visitor):
    browser = visitor(round.ben)
    page = browser.get(f"{round.path}go-on/")
    while not page.url.endswith("/submit/"):
        page = browser.submit(page, dict.fromkeys(radios(page), "5"))

    review = browser.get(f"{round.path}submit/")

    assert "2 questions are open" in words(review)
    assert "You can answer them now, or submit without them." in words(review)
    browser.submit(review, {})
    assert engine.refreshed(round.evaluation).status == Status.COMPLETED


def test_submit_page_of_what_was_submitted_says_so(engine, round, visitor):
    browser = visitor(round.ben)
    browser.submit(answer_all(browser, round.path), {})

    page = browser.get(f"{round.path}submit/")

    assert page.status_code == 409
    assert "Your feedback has been submitted" in words(page)
    assert "no longer possible" not in words(page)


def test_empty_questionnaire_is_not_submitted(engine, round, visitor):
    browser = visitor(round.ben)

    page = browser.get(f"{round.path}submit/")

    assert "You have not answered anything yet." in words(page)
    token = browser.session.cookies.get_dict()
    csrf = next(value for name, value in token.items() if name.startswith("csrf"))
    browser.session.post(f"{browser.url}{round.path}submit/", {"csrfmiddlewaretoken": csrf}, timeout=30)
    assert engine.refreshed(round.evaluation).status == Status.NOT_STARTED


def test_submitted_answers_can_be_changed_until_the_subject_is_done(engine, round, visitor):
    browser = visitor(round.ben)
    browser.submit(answer_all(browser, round.path), {})

    page = browser.submit(browser.get(round.path), {}, action="again")
    assert page.text.count("checked") == len(radios(page))
    assert engine.refreshed(round.evaluation).status == Status.IN_PROGRESS
    browser.submit(browser.get(f"{round.path}submit/"), {})

    engine.run(Participant.objects.filter(pk=round.subject.pk).update, status="Done")
    page = browser.get(round.path)
    assert "Change your answers" not in page.text
    assert browser.get(page.url).status_code == 200


def test_rater_declines_with_a_reason_and_comes_back(engine, round, visitor):
    browser = visitor(round.ben)

    page = browser.submit(browser.get(f"{round.path}decline/"), {"reason": "We hardly work together."})

    assert "You declined to give feedback." in words(page)
    row = engine.refreshed(round.evaluation)
    assert (row.status, row.declined_because) == (Status.DECLINED, "We hardly work together.")
    browser.submit(page, {}, action="again")
    row = engine.refreshed(round.evaluation)
    assert (row.status, row.declined_because) == (Status.NOT_STARTED, "")


def test_declining_as_the_assessment_closes_says_that_it_is_closed(engine, round, visitor):
    browser = visitor(round.ben)
    page = browser.get(f"{round.path}decline/")

    def close_meanwhile(pool):
        with transaction.atomic(using="engine"):
            held = Assessment.objects.select_for_update().filter(pk=round.assessment.pk)
            assert held.first()
            sent = pool.submit(browser.submit, page, {"reason": "We hardly work together."})
            until_it_waits_for_us(sent)
            held.update(status="Closed")
        return sent.result()

    with ThreadPoolExecutor(1) as pool:
        answer = engine.run(close_meanwhile, pool)

    assert answer.status_code == 409
    assert "The questionnaire is closed" in words(answer)
    assert engine.refreshed(round.evaluation).status == Status.NOT_STARTED


def test_nobody_declines_where_the_assessment_does_not_allow_it(engine, round, visitor):
    engine.run(type(round.assessment).objects.filter(pk=round.assessment.pk).update, options={})
    browser = visitor(round.ben)

    assert "decline/" not in browser.get(round.path).text
    assert browser.get(f"{round.path}decline/").status_code == 409


def test_closed_round_takes_no_more_answers_and_says_so(engine, round, visitor):
    browser = visitor(round.ben)
    page = browser.get(f"{round.path}go-on/")
    engine.run(Participant.objects.filter(pk=round.subject.pk).update, status="Done")

    answer = browser.submit(page, all_answers(page))

    assert answer.status_code == 409
    assert "takes no more answers" in words(answer)
    assert answers(engine, round.evaluation) == []


def test_anonymity_card_tells_managers_colleagues_and_subjects_apart(engine, round, visitor):
    carla = engine.person("Carla", "Dunn")
    managing = engine.evaluation(round.subject, carla, "Manager")

    peer = words(visitor(round.ben).get(round.path))
    manager = words(visitor(carla).get(f"/tasks/{managing.public_id}/"))
    own = words(visitor(round.anna).get(f"/tasks/{round.own.public_id}/"))

    assert "a group is shown from 3 answers on" in peer
    assert "Fewer than 3 people are asked" in peer
    assert "you are shown alone" in manager
    assert "Your own ratings appear in your report" in own
    for name in ("Dora", "Emil"):
        engine.evaluation(round.subject, engine.person(name, "Ebner"), "Peer")
    assert "Fewer than 3 people are asked" not in words(visitor(round.ben).get(round.path))


def test_anonymity_card_names_the_minimums_of_the_assessment(engine, round, visitor):
    minimums = {"min_group": 4, "min_comments": 6, "min_spread": 8}
    engine.run(type(round.assessment).objects.filter(pk=round.assessment.pk).update, **minimums)
    for name in ("Dora", "Emil"):
        engine.evaluation(round.subject, engine.person(name, "Ebner"), "Peer")

    peer = words(visitor(round.ben).get(round.path))

    assert "a group is shown from 4 answers on" in peer
    assert "Fewer than 4 people are asked" in peer  # three
    assert "where at least 6 people wrote one" in peer


@pytest.mark.parametrize(("reason", "words"), [("x" * 1_001, "too long: 1001"), ("half\x00", "cannot be kept")])
def test_reason_that_cannot_be_kept_is_refused_and_stays_on_the_page(engine, round, visitor, reason, words):
    browser = visitor(round.ben)

    page = browser.submit(browser.get(f"{round.path}decline/"), {"reason": reason})

    assert page.status_code == 422
    assert words in page.text
    assert reason[:4] in page.text
    assert engine.refreshed(round.evaluation).status == Status.NOT_STARTED


def test_competencies_head_their_page_in_the_language_of_the_questions(engine, round):
    survey = round.assessment.survey
    said = {"DE": {"name": "Richtung geben", "description": "Wohin es geht und warum."}}

    def asked(language: str) -> set[tuple[str, str]]:
        survey.refresh_from_db()
        return {(item.text, item.note) for items in plan_of(survey, language).items.values() for item in items}

    def translate() -> None:
        first = survey.questions.exclude(competency=None).order_by("position").first().competency
        type(first).objects.filter(pk=first.pk).update(translations=said)
        type(survey).objects.filter(pk=survey.pk).update(languages=["DE"], modified_at=timezone.now())

    engine.run(translate)

    assert ("Richtung geben", "Wohin es geht und warum.") in engine.run(asked, "DE")
    assert "In Ihren eigenen Worten" in {text for text, _note in engine.run(asked, "DE")}
    assert "In your own words" in {text for text, _note in engine.run(asked, "EN")}


def test_raters_are_told_where_answers_are_exported_with_names(engine, round, visitor):
    browser = visitor(round.ben, task=round.evaluation.public_id)
    assert "export all answers" not in words(browser.get(round.path))

    engine.run(Brand.objects.filter(pk=round.assessment.brand_id).update, raw_answers_since=timezone.now())

    assert "can also export all answers together with the names" in words(browser.get(round.path))
