"""What is known of the people of a form: as it was when the form was finished, or as it is where nobody noted it."""

from django.db.models import Func, QuerySet, TextField
from django.db.models.functions import Coalesce

from qxportal.engine.http.errors import Problem
from qxportal.engine.models import Evaluation

MOST_KEYS = 2_000  # columns of either side


def of_subject() -> Coalesce:
    """The subject's."""
    return Coalesce("subject_metadata", "subject__person__metadata")


def of_evaluator() -> Coalesce:
    """The evaluator's."""
    return Coalesce("evaluator_metadata", "evaluator__metadata")


def keys(evaluations: QuerySet[Evaluation], side: Coalesce) -> list[str]:
    """Every name that occurs on one side of these forms, sorted."""
    each = Func(side, function="jsonb_object_keys", output_field=TextField())
    each.set_returning = True
    found = evaluations.order_by().annotate(key=each).values_list("key", flat=True).distinct()[: MOST_KEYS + 1]
    if len(found) > MOST_KEYS:
        raise Problem(400, "ETS6", f"The people of these forms have more than {MOST_KEYS} kinds of metadata.")
    return sorted(found)
