"""Which statements of two surveys are the same."""

from typing import Any

import pytest

from qxportal.engine.models import Question
from qxportal.engine.reports.matching import By, matches


def questions(first: int, *rows: tuple[str, str], **fields: Any) -> list[Question]:
    """Statements with these words and export tags."""
    return [
        Question(pk=first + number, public_id=f"QID{number + 1}", text=text, tag=tag, choices=["1"] * 5, **fields)
        for number, (text, tag) in enumerate(rows)
    ]


def pairs(now: list[Question], then: list[Question], **options: bool) -> list[tuple[int, int, By]]:
    return [(one.now.pk, one.then.pk, one.by) for one in matches(now, then, **options)]


def test_statement_of_one_survey_is_itself():
    same = questions(1, ("Listens", "Q1"), ("Listens", "Q2"))

    assert pairs(same, same) == [(1, 1, By.QUESTION), (2, 2, By.QUESTION)]


def test_words_are_compared_without_case_spaces_and_full_stop():
    assert pairs(questions(1, ("Keeps  promises.", "Q1")), questions(9, ("keeps promises", "Q7"))) == [(1, 9, By.WORDS)]


def test_tags_that_only_count_say_nothing():
    for tag in ("Q3", "QID3_2", "3", "Q12_4_TEXT"):
        assert not pairs(questions(1, ("Keeps promises", tag)), questions(9, ("Decides quickly", tag)))


@pytest.mark.parametrize(
    ("text", "same"), [("Keeps all promises made", True), ("Decides without delay", False), ("", False)]
)
def test_chosen_tag_needs_words_that_are_alike(text: str, same: bool):
    found = pairs(questions(1, ("Keeps promises made", "TRUST_1")), questions(9, (text, "trust_1")))

    assert found == ([(1, 9, By.TAG)] if same else [])


def test_chosen_tag_is_enough_in_another_language():
    now, then = questions(1, ("Hält Zusagen", "TRUST_1")), questions(9, ("Keeps promises", "TRUST_1"))

    assert pairs(now, then, one_language=False) == [(1, 9, By.TAG)]


def test_words_asked_twice_need_the_tag_too():
    now = questions(1, ("Listens", "A"), ("Listens", "B"), ("Decides", "C"))

    assert pairs(now, questions(9, ("Listens", "B"), ("Listens", "X"))) == [(2, 9, By.WORDS)]
    assert not pairs(now[:2], questions(9, ("Listens", "X")))


def test_only_ratings_are_compared_and_scales_are_told_apart():
    text = questions(1, ("Listens", "A"), kind=Question.Kind.TEXT)
    assert not pairs(text, questions(9, ("Listens", "A"), kind=Question.Kind.TEXT))
    (then,) = questions(9, ("Listens", "A"))
    then.choices = ["1"] * 7
    (found,) = matches(questions(1, ("Listens", "A")), [then])
    assert not found.same_scale


def test_reversed_scale_is_another_scale():
    (now,), (then,) = questions(1, ("Listens", "A")), questions(9, ("Listens", "A"))
    now.choices, then.choices = ["Never", "Sometimes", "Always"], ["Always", "Sometimes", "Never"]
    (found,) = matches([now], [then])
    assert not found.same_scale

    then.choices = ["Rarely", "Sometimes", "Often"]
    assert found.same_scale
