"""Calls of our own about single evaluators."""

from typing import Any

from qxportal.threesixty.calls.evaluators import (
    AddEvaluator,
    ChangeRelationship,
    GetEvaluators,
    RemoveEvaluator,
    ReopenEvaluation,
    ResetEvaluation,
)
from tests.qxportal.threesixty.round_trips.place import Place, RoundTrip


def _ids(at: Place, person: Any) -> dict[str, str]:
    return {
        "assessment_id": at.review.public_id,
        "subject_id": at.anna.public_id,
        "person_id": person.public_id,
    }


def _told(at: Place) -> dict[str, tuple[str, str]]:
    found = at.call(GetEvaluators(assessment_id=at.review.public_id, subject_id=at.anna.public_id))
    return {one.person_id: (one.relationship, one.state) for one in found}


def get_evaluators(at: Place) -> None:
    assert _told(at) == {
        at.anna.public_id: ("Self", "NotStarted"),
        at.boris.public_id: ("Manager", "Completed"),
        at.chen.public_id: ("Peer", "InProgress"),
    }


def add_evaluator(at: Place) -> None:
    at.carry_out(AddEvaluator(**_ids(at, at.dana), relationship="Customer"))
    assert _told(at)[at.dana.public_id] == ("Customer", "NotStarted")


def change_relationship(at: Place) -> None:
    at.carry_out(ChangeRelationship(**_ids(at, at.chen), relationship="Customer"))
    assert _told(at)[at.chen.public_id] == ("Customer", "InProgress")


def remove_evaluator(at: Place) -> None:
    at.carry_out(RemoveEvaluator(**_ids(at, at.chen), remove_answers=True))
    assert at.chen.public_id not in _told(at)


def reopen_evaluation(at: Place) -> None:
    at.carry_out(ReopenEvaluation(**_ids(at, at.boris)))
    assert _told(at)[at.boris.public_id] == ("Manager", "InProgress")


def reset_evaluation(at: Place) -> None:
    at.carry_out(ResetEvaluation(**_ids(at, at.boris)))
    assert _told(at)[at.boris.public_id] == ("Manager", "NotStarted")


ROUND_TRIPS: dict[str, RoundTrip] = {
    "qxAddEvaluator": add_evaluator,
    "qxChangeRelationship": change_relationship,
    "qxGetEvaluators": get_evaluators,
    "qxRemoveEvaluator": remove_evaluator,
    "qxReopenEvaluation": reopen_evaluation,
    "qxResetEvaluation": reset_evaluation,
}
