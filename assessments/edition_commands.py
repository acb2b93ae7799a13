"""Commands on editions: confirm the manager, hide a line permanently, remove a class of answers."""

import uuid
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from assessments.editions import Facts, facts_of_one
from assessments.fence import refuse_own
from assessments.intents import record_about
from assessments.models import Evaluation, Subject
from qxportal.accounts.audit import note
from qxportal.accounts.models import Member
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.record import recorded
from qxportal.threesixty.calls.base import Call
from qxportal.threesixty.calls.extensions import ConfirmManager, HideReportLine, TakeOutAnswers
from qxportal.ui.stored_messages import Message, gettext_stored


def confirm_manager(subject: Subject, *, by: Member, person_key: str, intent: uuid.UUID | None = None) -> Change:
    """Confirm the only evaluator in the Manager relationship, unless the directory names one (qxConfirmManager)."""
    refuse_own(by, subject)
    facts = _facts(subject)
    if not recorded(subject.org, intent):
        problem = why_no_confirmation(facts)
        if not problem and person_key != facts.manager_key:
            problem = _("Another person evaluates as Manager now. Reload the page and check again.")
        if problem:
            raise ActionRefused(problem)
    name = evaluator_name(subject, person_key)
    call = ConfirmManager(
        assessment_id=subject.assessment.vendor_id, subject_id=subject.vendor_id, person_id=person_key
    )
    title = gettext_stored("Confirm %(name)s as the manager of %(subject)s", name=name, subject=subject)
    return _record(subject, call, "manager", title, by, intent, {"manager": facts.manager}, "manager.confirmed")


def hide_line(subject: Subject, *, by: Member, line: str, intent: uuid.UUID | None = None) -> Change:
    """Hide a line of a subject's report for good, in every later edition (qxHideReportLine)."""
    refuse_own(by, subject)
    facts = _facts(subject)
    known = next((one for one in facts.lines if one.line == line), None)
    if known is None:
        raise ActionRefused(_("This report has no such line."))
    if known.hidden and not recorded(subject.org, intent):
        raise ActionRefused(_("The line “%(line)s” is already hidden.") % {"line": known.words})
    call = HideReportLine(assessment_id=subject.assessment.vendor_id, subject_id=subject.vendor_id, line=line)
    title = gettext_stored("Permanently hide the line “%(line)s” of %(subject)s", line=known.words, subject=subject)
    return _record(subject, call, f"line:{line}", title, by, intent, {"edition": facts.edition}, "report.line-hidden")


def take_out(subject: Subject, *, by: Member, person_key: str, intent: uuid.UUID | None = None) -> Change:
    """Take an evaluator's answers out of a subject's report, with all of their classes (qxTakeOutAnswers)."""
    refuse_own(by, subject)
    facts = _facts(subject)
    name = evaluator_name(subject, person_key)
    if not name:
        raise ActionRefused(_("Choose an evaluator who has answered."))
    call = TakeOutAnswers(
        assessment_id=subject.assessment.vendor_id, subject_id=subject.vendor_id, person_id=person_key
    )
    title = gettext_stored("Remove the answers of %(name)s from the report of %(subject)s", name=name, subject=subject)
    expected_values = {"edition": facts.edition}
    return _record(
        subject, call, f"answers:{person_key}", title, by, intent, expected_values, "report.answers-taken-out"
    )


def why_no_confirmation(facts: Facts) -> str:
    """The reason why there is no manager to confirm; empty if there is one."""
    if facts.edition:
        return _("The first edition has been created, so who is shown alone can no longer be changed.")
    match facts.manager:
        case "directory":
            return _("The directory names the manager, so there is nothing to confirm.")
        case "confirmed":
            return _("The manager is already confirmed.")
        case "several":
            return _("Several people evaluate as Manager. They are a group, which needs the minimum number of answers.")
        case "none":
            return _("This subject has no evaluation by a manager.")
    return ""


def evaluator_name(subject: Subject, person_key: str) -> str:
    """An evaluator's name; empty if the person does not evaluate the subject."""
    rows = Evaluation.objects.filter(subject=subject, evaluator_key=person_key, gone_at=None)
    found = rows.order_by("pk").first()
    return found.evaluator_name if found else ""


def _facts(subject: Subject) -> Facts:
    facts = facts_of_one(subject)
    if facts is None:
        raise ActionRefused(_("The editions of this report are not known. Refresh the assessment and try again."))
    return facts


def _record(
    subject: Subject,
    call: Call[Any],
    target: str,
    title: Message,
    by: Member,
    intent: uuid.UUID | None,
    expected_values: dict[str, Any],
    verb: str,
) -> Change:
    known = recorded(subject.org, intent)
    with transaction.atomic():
        whose = f"{target}:{subject.vendor_id}"
        change = record_about(
            subject.assessment, call, whose, title, by=by, intent=intent, expected_values=expected_values
        )
        if not known:
            note(
                subject.org,
                by=by,
                verb=verb,
                target=subject.assessment.vendor_id,
                about=[subject.vendor_id],
                words=title,
            )
    return change
