"""What goes wrong at the vendor in a storm: rows of the engine's faults, described by a few shares."""

from django.db import transaction
from django.db.models import Sum

from qxportal.engine.models import Fault, User

WRITES = (
    "createPerson",
    "addPerson",
    "setSubjectStatus",
    "createAssessment",
    "createLibraryMessage",
    "removePerson",
)
# kind -> (share of the calls, seconds at most)
AT_WRITES = {
    "delay": (0.06, 0.6),
    "drip": (0.03, 0.5),
    "429": (0.03, 1.4),
    "503": (0.02, 1.4),
    "503-bare": (0.02, 1.0),
    "500-before": (0.05, 1.0),
    "500-after": (0.06, 1.0),
    "cut": (0.04, 1.0),
    "reset": (0.05, 1.0),
    "maintenance": (0.02, 1.0),
    "late": (0.06, 2.0),
}
AT_READS = {
    "delay": (0.03, 0.3),
    "429": (0.01, 1.4),
    "500-before": (0.01, 1.0),
    "cut": (0.02, 1.0),
    "reset": (0.02, 1.0),
    "maintenance": (0.01, 1.0),
    "double": (0.05, 1.0),
    "shrink": (0.06, 1.0),
    "stale": (0.06, 1.5),
}
READS = (
    "getPersons",
    "getAssessments",
    "getAssessment",
    "getSubjectStatus",
    "getEvaluationStatus",
    "getLibraryMessages",
    "getSurveys",
    "getCustomRelationships",
)


def apply_faults(account: User, seed: int) -> None:
    """Switch all faults on for one account."""
    rows = [(request, AT_WRITES) for request in WRITES] + [(request, AT_READS) for request in READS]
    Fault.objects.bulk_create(
        Fault(user=account, kind=kind, request=request, share=share, seconds=most, at_random=True, seed=seed)
        for request, kinds in rows
        for kind, (share, most) in kinds.items()
    )


def clear_faults() -> dict[str, int]:
    """Switch them off; gives how often each kind showed itself."""
    with transaction.atomic(using="engine"):
        keys = list(Fault.objects.select_for_update().order_by("pk").values_list("pk", flat=True))  # as calls lock them
        shown = dict(Fault.objects.values_list("kind").annotate(times=Sum("shown")).order_by("kind"))
        Fault.objects.filter(pk__in=keys).delete()
    return shown
