"""Change of a subject's manager during an assessment: the choices, and their effects on groups."""

from collections.abc import Iterable

from assessments.evaluation_lines import ADD, CHANGE, REMOVE, Wanted
from assessments.models import Evaluation
from qxportal.threesixty.relationships import MANAGER

REPLACE, MOVE, BOTH = "replace", "move", "both"
CHOICES = (REPLACE, MOVE, BOTH)


def manager_rows(
    choice: str, assessment_id: str, subject: str, evaluations: Iterable[Evaluation], new: str, *, relationship: str
) -> list[Wanted]:
    """Rows of one choice: the old managers leave, move to `relationship`, or stay beside the new one.

    `evaluations` are all about the subject. An evaluator in another relationship becomes the manager by a
    change of the relationship.
    """
    rows = list(evaluations)
    old = [one for one in rows if one.relationship == MANAGER and one.evaluator_key != new]
    known = any(one.evaluator_key == new for one in rows)
    wanted = [Wanted(CHANGE if known else ADD, assessment_id, subject, new, MANAGER)]
    if choice == REPLACE:
        wanted += [Wanted(REMOVE, assessment_id, subject, one.evaluator_key, MANAGER, instead=new) for one in old]
    if choice == MOVE:
        wanted += [Wanted(CHANGE, assessment_id, subject, one.evaluator_key, relationship, instead=new) for one in old]
    return wanted
