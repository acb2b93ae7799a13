"""Takes over what was answered before there were editions: what may have been read becomes edition 1, as it is now."""

from django.db import transaction

from qxportal.engine.editions import fence, making
from qxportal.engine.models import Assessment, Evaluation, LoggedCall, Participant

READINGS = ("getSubjectReport", "getSubjectReportPDF")


def begin() -> int:
    """Make the first edition of every report that may have been read; once, before anything else is answered.

    The log of calls tells which were, as long as nothing was dropped from it; else it may have been any.
    """
    with transaction.atomic(using="engine"):
        if fence.row().begun:
            return 0
    made = 0
    read = _read()
    with_answers = Participant.objects.filter(
        is_subject=True, evaluations__status=Evaluation.Status.COMPLETED
    ).distinct()
    for subject in with_answers.select_related("assessment", "person").order_by("pk").iterator(500):
        names = subject.assessment.public_id, subject.person.public_id
        if subject.assessment.type == Assessment.Type.THREE_SIXTY and (read is None or names in read):
            made += making.take_over(subject.assessment, subject)
    with transaction.atomic(using="engine"):
        row = fence.row()
        row.begun = True
        row.save(update_fields=["begun"])
    return made


def _read() -> set[tuple[str, str]] | None:
    """Which reports were read: assessment and person; None where the log does not go back to the beginning."""
    first = LoggedCall.objects.order_by("pk").first()
    if first is None or first.pk != 1:
        return None
    calls = LoggedCall.objects.filter(request__in=READINGS, executed=True).values_list("parameters", flat=True)
    return {(str(each.get("ThreeSixtyID", "")), str(each.get("PersonID", ""))) for each in calls}
