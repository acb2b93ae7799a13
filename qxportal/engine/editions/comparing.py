"""The earlier round with which an assessment's reports are compared: chosen by HR, and fixed in each edition.

An edition keeps the earlier assessment, the number of its last edition about the same person, and which statements are
the same. After a new choice the next request for figures makes a new edition; earlier editions stay as they are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Max

from qxportal.engine.http.errors import Conflict, Invalid
from qxportal.engine.models import Assessment, Edition, Person, Question, User
from qxportal.engine.people import access, confidential
from qxportal.engine.reports.matching import Match, matches

CHOICE, APART = "EarlierID", "NotCompared"
MOST = 2_000  # statements


@dataclass(frozen=True)
class Statements:
    """The rated statements of two rounds: pairs of the same statement, and statements of only one round."""

    same: Sequence[Match]
    new: Sequence[Question]
    gone: Sequence[Question]


def statements(assessment: Assessment, earlier: Assessment) -> Statements:
    """The rated statements of an assessment and of an earlier one."""
    now, then = _ratings(assessment), _ratings(earlier)
    same = matches(now, then, one_language=assessment.survey.language == earlier.survey.language)
    here, there = {one.now.pk for one in same}, {one.then.pk for one in same}
    return Statements(same, [one for one in now if one.pk not in here], [one for one in then if one.pk not in there])


def compared(assessment: Assessment) -> list[Match]:
    """The statements that the next edition compares; empty if no earlier round was chosen."""
    earlier = assessment.compared_with
    if earlier is None:
        return []
    apart = set(assessment.not_compared)
    same = statements(assessment, earlier).same
    return [one for one in same if one.now.public_id not in apart and not one.is_reversed]


def frame(assessment: Assessment, person: Person) -> dict[str, Any]:
    """The comparison that an edition made now stores; empty if no earlier round was chosen."""
    earlier = assessment.compared_with
    if earlier is None:
        return {}
    return {
        "assessment": earlier.public_id,
        "apart": list(assessment.not_compared),
        "edition": _last(earlier, person),
        "pairs": {one.now.public_id: one.then.public_id for one in compared(assessment)},
    }


def changed(edition: Edition, assessment: Assessment, person: Person) -> bool:
    """Whether a new edition's comparison would differ: HR changed it, or the earlier report got its first edition."""
    kept: Mapping[str, Any] = edition.frame.get("earlier") or {}
    earlier = assessment.compared_with
    if earlier is None:
        return bool(kept)
    if (kept.get("assessment"), kept.get("apart")) != (earlier.public_id, list(assessment.not_compared)):
        return True
    return kept.get("edition") is None and _last(earlier, person) is not None


def _last(earlier: Assessment, person: Person) -> int | None:
    """The number of the last edition of a person's earlier report; None if there is none."""
    given = Edition.objects.filter(series__assessment_key=earlier.public_id, series__person_key=person.public_id)
    number: int | None = given.aggregate(last=Max("number"))["last"]
    return number


def choose(user: User, assessment: Assessment, earlier_id: str, apart: object) -> None:
    """Compare the assessment's next editions with an earlier assessment, or with none if the id is empty."""
    earlier = _earlier(user, assessment, earlier_id) if earlier_id else None
    if not isinstance(apart, list) or len(apart) > MOST or not all(isinstance(one, str) for one in apart):
        raise Invalid(APART, f"A list of at most {MOST} question ids is expected.")
    known = {one.now.public_id for one in statements(assessment, earlier).same} if earlier else set()
    if unknown := next((one for one in apart if one not in known), None):
        raise Invalid(APART, f"{unknown[:60]} is no statement that both assessments have.")
    assessment.compared_with, assessment.not_compared = earlier, sorted(set(apart))
    assessment.save(update_fields=["compared_with", "not_compared"])


def _earlier(user: User, assessment: Assessment, public_id: str) -> Assessment:
    """The earlier assessment; raises unless the caller may read its answers."""
    found = access.assessment(user, public_id, parameter=CHOICE)
    confidential.require(user, found)
    if found.pk == assessment.pk:
        raise Invalid(CHOICE, "An assessment is not compared with itself.")
    if not assessment.has_subjects or not found.has_subjects:
        raise Conflict("ETS3", "Only assessments of type 360 have reports that can be compared.")
    if found.activated_at is None or (assessment.activated_at and found.activated_at >= assessment.activated_at):
        raise Conflict("ETS3", "This assessment was not activated before the one that is compared with it.")
    return found


def _ratings(assessment: Assessment) -> list[Question]:
    return list(assessment.survey.questions.filter(kind=Question.Kind.RATING).order_by("position", "pk"))
