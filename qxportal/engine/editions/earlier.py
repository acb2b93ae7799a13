"""The edition of an earlier round that a report is compared with, and who may see the comparison.

A comparison has figures of two editions and nothing else. The earlier figures would be new to a reader who cannot open
the earlier report, so only readers who may open that edition of it, or a later one, see the comparison.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from qxportal.engine.editions import report_access
from qxportal.engine.editions.report_access import State
from qxportal.engine.http.errors import Problem
from qxportal.engine.models import Assessment, Edition, Evaluation, Participant, Person, ReportAccess, User
from qxportal.engine.people import access, confidential
from qxportal.threesixty.relationships import MANAGER


@dataclass(frozen=True)
class EarlierRound:
    """The earlier round of an edition: the same person's edition in an earlier assessment."""

    assessment: Assessment
    subject: Participant
    edition: Edition
    pairs: Mapping[str, str]  # question id -> id of the same statement in the earlier round


May = Callable[[EarlierRound], bool]


def no_comparison(_found: EarlierRound) -> bool:
    """Never show the comparison."""
    return False


def earlier_round(assessment: Assessment, subject: Participant, edition: Edition) -> EarlierRound | None:
    """The earlier round of an edition; None if HR chose no earlier round or its edition no longer exists."""
    kept: Mapping[str, Any] = edition.frame.get("earlier") or {}
    if not kept.get("edition"):
        return None
    subjects = Participant.objects.select_related("assessment__survey", "assessment__brand", "person__manager")
    then = subjects.filter(
        assessment__public_id=kept["assessment"],
        assessment__brand=assessment.brand_id,
        person=subject.person_id,
        is_subject=True,
        removed_at=None,
    ).first()
    key = {"series__assessment_key": kept["assessment"], "series__person_key": subject.person.public_id}
    given = Edition.objects.select_related("series").filter(**key, number=kept["edition"]).first()
    return EarlierRound(then.assessment, then, given, kept["pairs"]) if then and given else None


def opened_by(person: Person) -> May:
    """Show the comparison to a reader of the site who may open the earlier report there now."""

    def may(found: EarlierRound) -> bool:
        row = _access(found, person)
        return row is not None and _opens(row, found.edition)

    return may


def handed_to(user: User, reader: Person | None) -> May:
    """Show the comparison in reports fetched by the caller for a reader, or for administrators.

    The caller must be allowed to fetch the earlier report for the same reader. If the reader has access on the site,
    that access decides.
    """

    def may(found: EarlierRound) -> bool:
        if not _administers(user, found):
            return False
        if reader is None:
            return True
        row = _access(found, reader)
        return _opens(row, found.edition) if row is not None else _handed_out(found, reader)

    return may


def _access(found: EarlierRound, person: Person) -> ReportAccess | None:
    return report_access.accesses().filter(subject=found.subject, person=person).first()


def _opens(row: ReportAccess, edition: Edition) -> bool:
    """Whether an access opens this edition now, or a later one."""
    if report_access.state(row) is not State.OPEN:
        return False
    number = row.approved_edition if report_access.needs_approval(row) else row.edition
    return number is None or number >= edition.number


def _handed_out(found: EarlierRound, reader: Person) -> bool:
    """Whether getSubjectReportPDF would give the earlier report for a reader without access on the site."""
    if not found.subject.report_ready:
        return False
    if reader.pk == found.subject.person_id:
        return not found.assessment.options.get("ReportApproval")  # else the report may still wait for approval
    return Evaluation.objects.filter(subject=found.subject, evaluator=reader, relationship=MANAGER).exists()


def _administers(user: User, found: EarlierRound) -> bool:
    """Whether the caller may read the answers about this subject in the earlier round."""
    if not access.may_administer(user, found.assessment):
        return False
    try:
        confidential.require(user, found.assessment)
    except Problem:
        return False
    return True
