"""Editions outlive restores, faults and older versions, and what is kept of them names nobody."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests
from django.db import transaction

from qxportal.engine.editions import fence
from qxportal.engine.editions.start import begin
from qxportal.engine.models import (
    Answer,
    AnswerClass,
    Assessment,
    Edition,
    EditionFence,
    Evaluation,
    Participant,
    Person,
    Series,
    Voice,
)
from tests.qxportal.engine.editions.conftest import Round, cell
from tests.support.engine_fixture import Engine


def test_classes_outlive_the_assessment_and_its_id_is_never_used_again(at: Round):
    for number in range(3):
        at.answers(number)
    at.fetch_done()
    survey = at.engine.survey("Another form")
    for form in at.engine.run(lambda: list(Evaluation.objects.select_related("evaluator").all())):
        which = {"PersonID": form.evaluator.public_id, "ThreeSixtyID": at.review.public_id}
        at.call("removePerson", **which, RemoveEvaluations=1)
    changed = {"ThreeSixtyID": at.review.public_id, "SurveyID": survey.public_id}
    assert at.call.refused("updateAssessment", **changed) == (400, "ETS3")
    at.call.result("deleteAssessment", ThreeSixtyID=at.review.public_id)

    assert at.count(AnswerClass) and at.count(Edition) == 1
    again = {"ThreeSixtyID": at.review.public_id, "Name": "Again", "Type": "360", "OwnerID": at.engine.api_user.user_id}
    assert at.call.refused("createAssessment", **again) == (400, "ETS1")


def _old(engine: Engine) -> None:
    """Leave rows as they were before there were editions."""

    def forget() -> None:
        Answer.objects.update(shown_in=None)
        for model in (Edition, AnswerClass, Voice, Series, EditionFence):
            model.objects.all().delete()
        Evaluation.objects.update(only_manager=None)
        EditionFence.objects.create(begun=False)

    engine.run(forget)


@pytest.mark.parametrize("status", ["Done", "Waiting"])
def test_what_may_have_been_read_becomes_the_first_edition(at: Round, status: str):
    at.engine.run(Person.objects.filter(pk=at.mara.pk).update, manager=at.others[8])
    at.answers(4, "Manager", person=at.others[8])
    for number in range(3):
        at.answers(number)
    at.status(status)
    _old(at.engine)

    assert at.engine.run(begin) == 1
    assert at.engine.run(begin) == 0
    at.answers(3)
    at.status("Done")

    report = at.fetch()
    assert (cell(report), cell(report, "manager")) == ((2.0, 3), (5.0, 1))
    assert at.facts()["Edition"] == 1


def _put_back(given: int) -> None:
    row = EditionFence.objects.get()
    row.given = given
    row.save()


def test_after_a_restore_nothing_new_is_made_until_an_operator_confirms(at: Round):
    def inside(function: Callable[[], int]) -> int:
        with transaction.atomic(using="engine"):
            return function()

    for number in range(3):
        at.answers(number)
    first = at.fetch_done()
    given = at.engine.run(lambda: EditionFence.objects.get().given)
    at.engine.run(_put_back, given - 1)  # as a database of an hour ago
    for number in range(3, 6):
        at.answers(number)

    at.engine.run(Participant.objects.filter(pk=at.subject.pk).update, status="Done")
    assert at.call.refused("getSubjectReport", **at.which) == (400, "ETS12")
    at.engine.run(Participant.objects.filter(pk=at.subject.pk).update, status="Waiting")
    assert at.fetch() == first  # what is known to have been given is given

    at.engine.run(inside, fence.confirm)
    assert cell(at.fetch_done()) == (2.7, 6)


def test_many_who_fetch_at_once_get_one_edition(at: Round):
    for number in range(4):
        at.answers(number)
    at.status("Done")

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: at.call("getSubjectReport", **at.which).content, range(6)))

    assert len(set(found)) == 1
    assert at.count(Edition) == 1


@pytest.mark.parametrize("kind", ["500-after", "cut", "stale"])
def test_an_edition_counts_as_given_whatever_became_of_the_answer(at: Round, kind: str):
    for number in range(3):
        at.answers(number)
    at.status("Done")
    at.engine.fault(kind, request="getSubjectReport", seconds=60.0)
    with suppress(requests.RequestException):
        at.call("getSubjectReport", **at.which)
    at.status("Waiting")
    at.answers(3)
    at.status("Done")

    assert cell(at.fetch()) == (2.0, 3)
    assert at.facts()["Edition"] == 1


def test_a_class_keeps_no_name(at: Round):
    for number in range(3):
        at.answers(number)
    at.fetch_done()
    rows = at.engine.run(lambda: json.dumps([[*AnswerClass.objects.values_list()], [*Voice.objects.values_list()]]))

    for person in at.others[:3]:
        assert person.public_id not in rows
        assert person.email not in rows


def test_the_stored_file_of_the_fence_is_private(at: Round, settings: Any):
    for number in range(3):
        at.answers(number)
    at.fetch_done()
    path = Path(settings.VAR) / "editions"

    assert path.stat().st_mode & 0o077 == 0
    assert at.review.status == Assessment.Status.ACTIVE
