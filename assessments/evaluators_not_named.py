"""Evaluators whom a table does not name, of subjects whom it does: they leave where that was chosen."""

from collections.abc import Iterator, Sequence

from assessments.models import Assessment, Evaluation, Subject
from assessments.new_people import why_no_one_new
from directory.named import NamedPeople
from qxportal.ledger.models import Action, Undoable
from qxportal.ledger.plans.lines import Line
from qxportal.ledger.plans.sources import SourceRow
from qxportal.threesixty.relationships import SELF
from qxportal.ui.stored_messages import Message, gettext_stored

LEAVING = "leaving:"  # begins the key of a line that removes whom the file does not name


def others(assessment: Assessment, people: NamedPeople, rows: Sequence[SourceRow], *, single: bool) -> Iterator[Line]:
    """The evaluators of the file's subjects whom no row names; of a subject with a row that is not clear, none.

    Refused rows count, too: such a row may name an evaluator who is meant to stay. `single`: whether the server can
    remove one evaluator.
    """
    named: set[tuple[str, str]] = set()
    subjects, unclear = set[str](), set[str]()
    for row in rows:
        subject, _reason = people.find(row.address("subject_email"), row.text("subject_unique_id"))
        evaluator, why = people.find(row.address("email"), row.text("unique_id"))
        if subject is None:
            continue
        subjects.add(subject.vendor_id)
        if evaluator is not None:
            named.add((subject.vendor_id, evaluator.vendor_id))
        if row.problem or why or (evaluator is None and why_no_one_new(row)):
            unclear.add(subject.vendor_id)
    about = Evaluation.objects.filter(assessment=assessment, gone_at=None, subject_key__in=subjects)
    about = about.exclude(relationship=SELF).exclude(subject__status=Subject.Status.DONE)
    for one in about.select_related("subject").order_by("subject__sort_name", "sort_name", "pk"):
        if (one.subject_key, one.evaluator_key) not in named:
            yield _leaving(one, unclear=one.subject_key in unclear, single=single)


def _leaving(one: Evaluation, *, unclear: bool, single: bool) -> Line:
    """An evaluator whom the file does not name: removed unless there is something against it."""
    label = f"{one.evaluator_name} → {one.subject}"
    key = f"{LEAVING}{one.subject_key}|{one.evaluator_key}|{one.relationship}"
    against: Message = ""
    if unclear:
        against = gettext_stored("Stays: a row about this subject cannot be used, and may mean this evaluator.")
    elif one.status != Evaluation.Status.NOT_STARTED:
        against = gettext_stored("Not in the file. Has begun to answer, so the evaluator stays.")
    elif not single:
        against = gettext_stored("%(Service)s cannot remove a single evaluator.")
    if against:
        return Line(Action.SKIP, key, label, reason=against, about=one.subject_key)
    return Line(
        Action.REMOVE,
        key,
        label,
        reason=gettext_stored("Not in the file."),
        old={"relationship": one.relationship},
        undoable=Undoable.NO,
        undo_note=gettext_stored("Import the evaluator again to ask once more."),
        data={"subject": one.subject_key, "evaluator": one.evaluator_key},
        about=one.subject_key,
    )
