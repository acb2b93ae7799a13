"""Matches equal statements of two surveys, so that their figures can be compared.

of one survey      the statement itself
of two surveys     the same text, ignoring spaces, case and closing punctuation; if a text occurs twice, the export tags
                   have to be the same, too
with other words   the same export tag, if it was chosen manually (Q3 and QID3_2 only number the questions) and the
                   words are similar, or the surveys are in different languages
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from qxportal.engine.models import Question

AUTOMATIC = re.compile(r"(q|qid)?[\d._\-#]+(text)?", re.IGNORECASE)
MUCH_ALIKE = 0.6  # similarity by difflib, at most 1


class By(StrEnum):
    """The criterion by which two statements match."""

    QUESTION = "Question"
    WORDS = "Words"
    TAG = "Tag"


@dataclass(frozen=True, slots=True)
class Match:
    """A statement and its counterpart in another survey."""

    now: Question
    then: Question
    by: By

    @property
    def same_scale(self) -> bool:
        """Whether both have the same number of points, in the same direction."""
        return len(self.now.choices) == len(self.then.choices) and not self.is_reversed

    @property
    def is_reversed(self) -> bool:
        """Whether one has the other's points in reverse order, as after a change of recodes."""
        now, then = list(self.now.choices), list(self.then.choices)
        return now != then and now == then[::-1]


def matches(now: Sequence[Question], then: Sequence[Question], *, one_language: bool = True) -> list[Match]:
    """The matches of the rated statements of `now` in `then`, in order; no statement is in two matches."""
    old = {one.pk: one for one in then if one.kind == Question.Kind.RATING}
    new = {one.pk: one for one in now if one.kind == Question.Kind.RATING}
    found: dict[int, Match] = {}
    taken: set[int] = set()

    def pair(by: By, key: Callable[[Question], object], alike: Callable[[Question, Question], bool]) -> None:
        """Match statements with equal keys that are unique in both surveys."""
        there = _unique(old.values(), key)
        for key_of, one in _unique(new.values(), key).items():
            other = there.get(key_of)
            if other is not None and one.pk not in found and other.pk not in taken and alike(one, other):
                found[one.pk] = Match(one, other, by)
                taken.add(other.pk)

    pair(By.QUESTION, lambda one: one.pk, lambda _one, _other: True)
    pair(By.WORDS, lambda one: (words(one), tag(one)) if words(one) else None, lambda _one, _other: True)
    pair(By.WORDS, lambda one: words(one) or None, lambda _one, _other: True)
    pair(By.TAG, lambda one: tag(one) or None, lambda one, other: not one_language or _much_alike(one, other))
    return [found[pk] for pk in new if pk in found]


def words(question: Question) -> str:
    """The statement's text, normalised for comparison."""
    text = " ".join(unicodedata.normalize("NFKC", question.text).casefold().split())
    return text.rstrip(" .,:;!?…")


def tag(question: Question) -> str:
    """The manually chosen export tag of a statement; empty for an automatic tag, which only numbers the questions."""
    chosen = question.tag.strip().casefold()
    return "" if AUTOMATIC.fullmatch(chosen) else chosen


def _unique(questions: Iterable[Question], key: Callable[[Question], object]) -> dict[object, Question]:
    """The questions by key, without those whose key is None or not unique."""
    questions = list(questions)
    times = Counter(key(one) for one in questions)
    return {key(one): one for one in questions if key(one) is not None and times[key(one)] == 1}


def _much_alike(one: Question, other: Question) -> bool:
    return SequenceMatcher(None, words(one).split(), words(other).split()).ratio() >= MUCH_ALIKE
