"""Answers as they are given: acknowledged, counted once, and the newer of two devices."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from django.db import connections, transaction
from django.utils import timezone

from qxportal.engine.assessments import answering
from qxportal.engine.assessments.answering import Given
from qxportal.engine.models import Answer, Assessment, Evaluation, Participant, PersonalLink, Question, Survey
from qxportal.engine.people.personal_links import link_for
from qxportal.engine.site import saving
from tests.qxportal.engine.site.conftest import radios
from tests.support.samples import sample


def found(pattern, text):
    match = re.search(pattern, text)
    assert match, pattern
    return match[1]


class Device:
    """A page that is open on a device, and its script."""

    def __init__(self, browser, path):
        self.browser, self.path = browser, path
        self.page = browser.get(f"{path}go-on/")
        self.names = radios(self.page)
        self.form = found(r'name="form" value="([^"]+)"', self.page.text)
        self.csrf = found(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.page.text)
        self.since = found(r'data-since="([^"]+)"', self.page.text)

    def now(self):
        """The latest that the page knows of the server's time, in milliseconds since 1970."""
        return int(datetime.fromisoformat(self.since).timestamp() * 1000)

    def save(self, *, age=0, at="", **given):
        fields = {"form": self.form, "csrfmiddlewaretoken": self.csrf, "since": self.since, **given}
        fields |= {f"age.{name}": str(age) for name in given} | {f"at.{name}": str(at) for name in given}
        answer = self.browser.session.post(f"{self.browser.url}{self.path}save/", fields, timeout=30)
        if answer.ok:
            self.since = answer.json()["until"]
        return answer


@pytest.fixture
def device(round, visitor):
    return lambda person=round.ben: Device(visitor(person), round.path)


def form_of(round, evaluation, person):
    link_for(person)
    link = PersonalLink.objects.get(person=person)
    return saving.Form(evaluation.pk, person.pk, link.generation, round.assessment.survey.modified_at)


def begin(round, evaluation, person):
    question = Question.objects.filter(survey=round.assessment.survey_id)[0]
    first = saving.Fresh(question.pk, Given(value=4))
    form = form_of(round, evaluation, person)
    saved = saving.keep(form, [first], device="0123456789ab", since=timezone.now())
    assert saved is not None
    assert saved.kept == {question.pk}


def value(engine, round, name):
    found = Answer.objects.filter(evaluation=round.evaluation, question__public_id=name)
    return engine.run(lambda: list(found.values_list("value", flat=True)))


def test_answer_is_saved_when_it_is_acknowledged(engine, round, device):
    phone = device()
    name = phone.names[0]

    answer = phone.save(**{name: "4"})

    assert answer.json()["kept"] == [name]
    assert value(engine, round, name) == [4]
    row = engine.refreshed(round.evaluation)
    assert row.status == Evaluation.Status.IN_PROGRESS
    assert row.started_at is not None


def test_first_answers_in_one_assessment_do_not_wait_for_each_other(engine, round, device):
    phone = device()

    def while_another_one_begins():
        with transaction.atomic(using="engine"):
            begin(round, round.own, round.anna)
            return phone.save(**{phone.names[0]: "4"})

    assert engine.run(while_another_one_begins).json()["kept"] == [phone.names[0]]
    assert {engine.refreshed(one).status for one in (round.own, round.evaluation)} == {Evaluation.Status.IN_PROGRESS}


def test_nobody_else_holds_an_assessment_in_which_somebody_begins(engine, round):
    def look():
        with transaction.atomic(using="engine"):
            begin(round, round.evaluation, round.ben)
            with ThreadPoolExecutor(1) as aside:
                return aside.submit(others).result()

    def others():
        try:
            with transaction.atomic(using="engine"):
                rows = Assessment.objects.select_for_update(skip_locked=True).filter(pk=round.assessment.pk)
                return list(rows)
        finally:
            connections["engine"].close()

    assert engine.run(look) == []
    assert engine.run(others) == [round.assessment]


def test_repeated_save_counts_once(engine, round, device):
    phone = device()

    for _time in range(3):
        assert phone.save(**{phone.names[0]: "3"}).ok

    assert value(engine, round, phone.names[0]) == [3]


def test_newer_answer_of_two_devices_wins_and_both_are_told(engine, round, device):
    phone, laptop = device(), device()
    name, other = phone.names[:2]
    phone.save(**{name: "2"})

    newer = laptop.save(**{name: "5"}).json()
    late = phone.save(age=60_000, **{name: "1"}).json()

    assert value(engine, round, name) == [5]
    assert newer["kept"] == [name]
    assert late["kept"] == []
    assert [(one["name"], one["value"]) for one in late["elsewhere"]] == [(name, "5")]
    phone.save(**{other: "1"})
    assert [(one["name"], one["value"]) for one in laptop.save(**{other: "4"}).json()["elsewhere"]] == [(other, "1")]


def test_what_was_kept_offline_is_sent_late_and_does_not_replace_newer(engine, round, device):
    phone, laptop = device(), device()
    laptop.save(**{laptop.names[0]: "5"})

    answer = phone.save(age=3_600_000, **{phone.names[0]: "1", phone.names[1]: "1"})

    assert answer.json()["kept"] == [phone.names[1]]
    assert (value(engine, round, phone.names[0]), value(engine, round, phone.names[1])) == ([5], [1])


@pytest.mark.parametrize("newer_from", ["same device", "other device"])
def test_request_carried_out_after_a_newer_one_replaces_nothing(engine, round, device, newer_from):
    phone, laptop = device(), device()
    name, given_at = phone.names[0], phone.now()
    newer = phone if newer_from == "same device" else laptop
    newer.save(at=newer.now() + 1, **{name: "5"})

    late = phone.save(age=0, at=given_at, **{name: "1"}).json()  # given up by the phone, and only now carried out

    assert late["kept"] == []
    assert value(engine, round, name) == [5]


def test_page_sent_by_its_button_and_carried_out_late_replaces_nothing(engine, round, device):
    phone = device()
    name, given_at = phone.names[0], phone.now()
    phone.save(at=phone.now() + 1, **{name: "5"})

    sent = {"csrfmiddlewaretoken": phone.csrf, "form": phone.form, "given-at": str(given_at), name: "1"}
    phone.browser.session.post(phone.page.url, sent, headers={"Referer": phone.page.url}, timeout=30)

    assert value(engine, round, name) == [5]


def opened(browser, path):
    """A page without a script: what its button sends when nothing is touched."""
    page = browser.get(f"{path}go-on/")
    hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
    return page, {**hidden, **dict.fromkeys(radios(page), "")}


def test_page_without_script_leaves_newer_answers_to_what_was_not_touched(engine, round, device, visitor):
    browser, phone = visitor(round.ben), device()
    page, fields = opened(browser, round.path)
    one, other, third = phone.names[:3]
    phone.save(**{one: "5", other: "5"})

    browser.session.post(
        page.url, {**fields, other: "2", third: "3", "stay": "1"}, headers={"Referer": page.url}, timeout=30
    )

    assert [value(engine, round, name) for name in (one, other, third)] == [[5], [2], [3]]


def test_page_whose_script_saved_a_value_and_went_back_to_the_old_one_counts(engine, round, device):
    phone = device()
    name = phone.names[0]
    phone.save(**{name: "5"})
    shown = re.findall(r'name="shown" value="([^"]+)"', phone.page.text)[0]
    left = " ".join(word for word in shown.split() if not word.startswith(f"{name}:"))  # as the script leaves it

    sent = {"csrfmiddlewaretoken": phone.csrf, "form": phone.form, "shown": left, "shown-at": str(phone.now())}
    sent |= {"given-at": str(phone.now() + 60_000), name: ""}
    phone.browser.session.post(phone.page.url, sent, headers={"Referer": phone.page.url}, timeout=30)

    assert value(engine, round, name) == [None]


@pytest.mark.parametrize("at", sample(["", "soon", "-5", "9" * 13, "9" * 30], every=3))
def test_device_that_knows_no_possible_time_counts_by_age(engine, round, device, at):
    phone = device()
    name = phone.names[0]
    phone.save(**{name: "2"})

    assert phone.save(at=at, **{name: "4"}).json()["kept"] == [name]
    assert phone.save(at=at, age=60_000, **{name: "1"}).json()["kept"] == []
    assert value(engine, round, name) == [4]


def test_answer_that_is_none_is_refused_alone(engine, round, device):
    phone = device()
    good, bad = phone.names[:2]

    answer = phone.save(**{good: "4", bad: "77"}).json()

    assert answer["kept"] == [good]
    assert bad in answer["refused"]


@pytest.mark.parametrize(
    "end",
    [
        lambda round: Participant.objects.filter(pk=round.subject.pk).update(status="Done"),
        lambda round: type(round.assessment).objects.filter(pk=round.assessment.pk).update(status="Closed"),
        lambda round: Evaluation.objects.filter(pk=round.evaluation.pk).update(status="Completed"),
        lambda round: Participant.objects.filter(person=round.ben).update(removed_at=round.ben.created_at),
    ],
    ids=["subject done", "assessment closed", "submitted elsewhere", "rater removed"],
)
def test_closed_form_takes_no_answer(engine, round, device, end):
    phone = device()
    phone.save(**{phone.names[0]: "4"})
    engine.run(end, round)

    answer = phone.save(**{phone.names[1]: "4"})

    assert answer.status_code == 409
    assert answer.json()["problem"]
    assert value(engine, round, phone.names[1]) == []


def test_page_learns_that_the_feedback_was_submitted_on_another_device(engine, round, device):
    phone = device()
    phone.save(**{phone.names[0]: "4"})
    engine.run(answering.save, round.evaluation, {}, finished=True)

    answer = phone.save(**{phone.names[0]: "2"})

    assert answer.status_code == 409
    assert "already been submitted, perhaps on another device" in answer.json()["problem"]
    assert value(engine, round, phone.names[0]) == [4]


def test_page_of_a_survey_that_changed_is_asked_to_load_itself_anew(engine, round, device):
    phone = device()
    engine.run(Survey.objects.filter(pk=round.assessment.survey_id).update, modified_at=timezone.now())

    answer = phone.save(**{phone.names[0]: "4"})

    assert (answer.status_code, answer.json()) == (409, {"reload": True})
    assert device().save(**{phone.names[0]: "4"}).status_code == 200
    assert value(engine, round, phone.names[0]) == [4]


def test_form_of_one_person_saves_nothing_for_another(engine, round, device, visitor):
    phone = device()
    anna = visitor(round.anna)
    phone.browser.session.cookies, own = anna.session.cookies, phone.browser.session.cookies
    csrf = found(r'name="csrfmiddlewaretoken" value="([^"]+)"', anna.get("/tasks/").text)
    phone.csrf = csrf

    assert phone.save(**{phone.names[0]: "4"}).status_code == 403
    assert value(engine, round, phone.names[0]) == []
    assert own


def test_forged_form_is_refused(round, device):
    phone = device()
    phone.form = phone.form[:-3] + "abc"

    assert phone.save(**{phone.names[0]: "4"}).status_code == 409


SINCE = ["", "never", "2026-13-45T10:00:00Z", "2026-11-29T10:00:00", "0001-01-01T00:00:00Z"]


@pytest.mark.parametrize("since", sample(SINCE, every=3))
def test_page_that_does_not_say_since_when_hears_of_all(round, device, since):
    phone, laptop = device(), device()
    laptop.save(**{laptop.names[0]: "5"})
    phone.since = since

    answer = phone.save(**{phone.names[1]: "4"})

    assert [one["value"] for one in answer.json()["elsewhere"]] == ["5"]


def test_no_answers_of_others_are_read_while_the_database_has_no_statistics(engine, round, device):
    phone = device()
    phone.save(**{phone.names[0]: "4"})

    def read_so_far(cursor):
        cursor.execute("SELECT seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = 'engine_answer'")
        return cursor.fetchone()[0]

    def read_one_by_one():
        form = form_of(round, round.evaluation, round.ben)
        with transaction.atomic(using="engine"), connections["engine"].cursor() as cursor:
            cursor.execute(
                "INSERT INTO engine_answer (evaluation_id, question_id, text, device) "
                "SELECT -n, 0, '', 'other' FROM generate_series(1, 5000) AS n"
            )
            cursor.execute("SELECT pg_clear_relation_stats('public', 'engine_answer')")
            cursor.execute("SELECT pg_clear_attribute_stats('public', 'engine_answer', 'evaluation_id', false)")
            cursor.execute("DISCARD PLANS")
            cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
            before = read_so_far(cursor)
            assert saving.keep(form, [], device="0123456789ab", since=timezone.now())
            read = read_so_far(cursor) - before
            transaction.set_rollback(True, using="engine")  # none of these answers is that of an evaluation
            return read

    assert engine.run(read_one_by_one) == 0
