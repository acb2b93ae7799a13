"""Migration of answers older than editions: reports that may have been read become edition 1 as they are now."""

from django.db import transaction

from qxportal.engine.editions import fence, making
from qxportal.engine.models import Assessment, Evaluation, LoggedCall, Participant

READINGS = ("getSubjectReport", "getSubjectReportPDF")


def begin() -> int:
    """Make the first edition of every report that may have been read; returns their number. Runs once, before serving.

    The log of calls tells which reports were read, unless rows were dropped from it; then any may have been.
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
    """Ids (assessment, person) of reports that were read; None if the log does not go back to the beginning."""
    first = LoggedCall.objects.order_by("pk").first()
    if first is None or first.pk != 1:
        return None
    calls = LoggedCall.objects.filter(request__in=READINGS, executed=True).values_list("parameters", flat=True)
    return {(str(each.get("ThreeSixtyID", "")), str(each.get("PersonID", ""))) for each in calls}
