"""Metadata of an evaluation's people: as stored when it was finished, otherwise as of now."""

from django.db.models import Func, QuerySet, TextField
from django.db.models.functions import Coalesce

from qxportal.engine.http.errors import Problem
from qxportal.engine.models import Evaluation

MOST_KEYS = 2_000  # columns of either side


def of_subject() -> Coalesce:
    """Expression for the subject's metadata."""
    return Coalesce("subject_metadata", "subject__person__metadata")


def of_evaluator() -> Coalesce:
    """Expression for the evaluator's metadata."""
    return Coalesce("evaluator_metadata", "evaluator__metadata")


def keys(evaluations: QuerySet[Evaluation], side: Coalesce) -> list[str]:
    """All metadata keys of one side of these evaluations, sorted."""
    each = Func(side, function="jsonb_object_keys", output_field=TextField())
    each.set_returning = True
    found = evaluations.order_by().annotate(key=each).values_list("key", flat=True).distinct()[: MOST_KEYS + 1]
    if len(found) > MOST_KEYS:
        raise Problem(400, "ETS6", f"The people of these forms have more than {MOST_KEYS} kinds of metadata.")
    return sorted(found)
