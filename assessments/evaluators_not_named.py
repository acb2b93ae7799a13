"""Evaluators that a table does not name, of subjects that it names: removed if that option was chosen."""

from collections.abc import Collection, Iterator, Sequence

from assessments.imports import row_again
from assessments.models import Assessment, Evaluation, Subject
from assessments.new_people import why_no_one_new
from assessments.selectors import standing
from directory.named import NamedPeople
from qxportal.ledger.models import Action, Undoable
from qxportal.ledger.plans.lines import AFTER_ADDITIONS, Line
from qxportal.ledger.plans.sources import SourceRow
from qxportal.threesixty.relationships import SELF
from qxportal.ui.stored_messages import Message, gettext_stored

SUBJECT = ("subject_email", "subject_unique_id")
LEAVING = "leaving:"  # key prefix of lines that remove evaluators missing from the file


def others(
    assessment: Assessment,
    people: NamedPeople,
    rows: Sequence[SourceRow],
    *,
    refused: Collection[str],
    single: bool,
) -> Iterator[Line]:
    """Evaluators of the file's subjects that no row names; none for a subject with an unclear row.

    Refused rows count, too: such a row may name an evaluator who is to stay, also for another subject if its
    own is unclear. `refused`: subjects with a refused addition, who keep all evaluators.
    `single`: whether the server can remove one evaluator.
    """
    named: set[tuple[str, str]] = set()
    subjects, unclear, stays = set[str](), set[str](), set[str]()
    for row in rows:
        subject, _reason = people.find(row, SUBJECT)
        evaluator, why = people.find(row)
        if subject is None:
            unclear |= people.may_be(row.address("subject_email"), row.text("subject_unique_id"))
            stays |= {evaluator.vendor_id} if evaluator else people.may_be(row.address("email"), row.text("unique_id"))
            continue
        subjects.add(subject.vendor_id)
        if evaluator is not None:
            named.add((subject.vendor_id, evaluator.vendor_id))
        if row.problem or why or (evaluator is None and why_no_one_new(row)):
            unclear.add(subject.vendor_id)
    about = standing(assessment).filter(subject_key__in=subjects)
    about = about.exclude(relationship=SELF).exclude(subject__status=Subject.Status.DONE)
    for one in about.select_related("subject").order_by("subject__sort_name", "sort_name", "pk"):
        if (one.subject_key, one.evaluator_key) not in named:
            against: Message = ""
            if one.subject_key in unclear:
                against = gettext_stored("Stays: a row about this subject cannot be used, and may mean this evaluator.")
            elif one.evaluator_key in stays:
                against = gettext_stored("Stays: a row with this evaluator does not say clearly who the subject is.")
            yield _leaving(one, against, refused=one.subject_key in refused, single=single)


def _leaving(one: Evaluation, against: Message, *, refused: bool, single: bool) -> Line:
    """Line for an evaluator missing from the file: removed after the subject's additions, unless something prevents it.

    `against`: the reason why an unclear row keeps the evaluator.
    """
    label = f"{one.evaluator_name} → {one.subject}"
    key = f"{LEAVING}{one.subject_key}|{one.evaluator_key}|{one.relationship}"
    if against := against or _against(one, refused=refused, single=single):
        return Line(Action.SKIP, key, label, reason=against, about=one.subject_key)
    return Line(
        Action.REMOVE,
        key,
        label,
        reason=gettext_stored("Not in the file."),
        old={"relationship": one.relationship},
        undoable=Undoable.PARTLY,
        undo_note=gettext_stored("Undo asks the evaluator again. Personal links that were sent do not return."),
        data={
            "subject": one.subject_key,
            "evaluator": one.evaluator_key,
            "row": row_again(one),
            AFTER_ADDITIONS: True,
        },
        about=one.subject_key,
    )


def _against(one: Evaluation, *, refused: bool, single: bool) -> Message:
    """The reason why an evaluation's evaluator cannot be removed; empty if possible."""
    if one.status != Evaluation.Status.NOT_STARTED:
        return gettext_stored("Not in the file. Has begun to answer, so the evaluator stays.")
    if refused:
        return gettext_stored("Stays: a row of the file about this subject cannot be imported.")
    return "" if single else gettext_stored("%(Service)s cannot remove a single evaluator.")
