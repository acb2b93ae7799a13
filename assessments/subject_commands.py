"""What members may do with subjects. Each records what is intended; a worker carries it out."""

import uuid
from collections.abc import Iterable

from django.utils.translation import gettext as _

from assessments.fence import is_own, refuse_own
from assessments.imports import STILL_OPEN
from assessments.intents import addition, record_about, refuse_if_closed, refuse_too_many
from assessments.models import Assessment, Subject
from directory.models import Person
from qxportal.accounts.fence import fence_of
from qxportal.accounts.models import Member
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Change, Job
from qxportal.ledger.outbox.intents import Intent
from qxportal.ledger.outbox.record import bulk_recorded, record, record_many
from qxportal.threesixty.calls.assessments import SetSubjectStatus
from qxportal.threesixty.calls.persons import RemovePerson
from qxportal.threesixty.enums import SubjectStatus
from qxportal.ui.stored_messages import gettext_stored, ngettext_stored


def set_subject_status(
    subject: Subject, *, by: Member, status: str, close_sessions: bool, intent: uuid.UUID | None = None
) -> Change:
    """Mark one subject Done or Waiting (setSubjectStatus)."""
    refuse_own(by, subject)
    wanted = _status_intent(subject, status, close_sessions, intent or uuid.uuid4())
    return record(subject.org, wanted, by=by)


def set_subject_statuses(
    assessment: Assessment,
    subjects: Iterable[Subject],
    *,
    by: Member,
    status: str,
    close_sessions: bool,
    intent: uuid.UUID | None = None,
) -> Job:
    """Mark many subjects Done or Waiting, as one job; those that are so already are left out."""
    asked = {"status": status, "close_sessions": close_sessions}
    known = bulk_recorded(assessment.org, intent, asked)
    if known is not None:
        return known
    wanted = [subject for subject in subjects if subject.status != status and not is_own(by, subject)]
    if not wanted:
        done = status == Subject.Status.DONE
        raise ActionRefused(_("All of them are already done.") if done else _("None of them is done."))
    refuse_too_many(wanted)
    intents = [_status_intent(subject, status, close_sessions, uuid.uuid4()) for subject in wanted]
    if status == Subject.Status.DONE:
        title = ngettext_stored(
            "Mark %(n)s subject of “%(name)s” as done",
            "Mark %(n)s subjects of “%(name)s” as done",
            len(wanted),
            name=assessment.name,
        )
    else:
        title = ngettext_stored(
            "Reopen %(n)s subject of “%(name)s”",
            "Reopen %(n)s subjects of “%(name)s”",
            len(wanted),
            name=assessment.name,
        )
    return record_many(assessment.org, intents, by=by, title=title, idempotency_key=intent, asked=asked)


def add_subjects(
    assessment: Assessment, people: Iterable[Person], *, by: Member, intent: uuid.UUID | None = None
) -> Job:
    """Put people of the directory into an assessment as subjects (addPerson), as one job."""
    known = bulk_recorded(assessment.org, intent, {})
    if known is not None:
        return known
    refuse_if_closed(assessment)
    there = set(assessment.subjects.filter(gone_at=None).values_list("vendor_id", flat=True))
    people = list(people)
    wanted = [person for person in people if person.vendor_id not in there]
    if not wanted:
        raise ActionRefused(_("Choose at least one person who is not yet a subject of the assessment."))
    refuse_too_many(wanted)
    already = gettext_stored("Skipped: already a subject.")
    left_out = [(str(person), already) for person in people if person.vendor_id in there]
    expected_values = {STILL_OPEN: True}
    intents = [
        addition(assessment.vendor_id, assessment.name, person, expected_values=expected_values) for person in wanted
    ]
    title = ngettext_stored(
        "Add %(n)s subject to “%(name)s”", "Add %(n)s subjects to “%(name)s”", len(wanted), name=assessment.name
    )
    return record_many(assessment.org, intents, by=by, title=title, idempotency_key=intent, left_out=left_out)


def remove_subject(
    subject: Subject, *, by: Member, remove_evaluations: bool, intent: uuid.UUID | None = None
) -> Change:
    """Take a subject out of an assessment (removePerson); in the member's own one what others gave would go too."""
    if subject.assessment.vendor_id in fence_of(by).assessments:
        raise ActionRefused(_("You are a subject of this assessment, so another member has to remove people from it."))
    call = RemovePerson(
        person_id=subject.vendor_id,
        assessment_id=subject.assessment.vendor_id,
        remove_evaluations=remove_evaluations,
    )
    return record_about(
        subject.assessment,
        call,
        f"member:{subject.vendor_id}",
        gettext_stored("Remove %(subject)s from “%(name)s”", subject=subject, name=subject.assessment.name),
        by=by,
        intent=intent,
        expected_values={"evaluations_given": subject.given().count()} if remove_evaluations else {},
    )


def _status_intent(subject: Subject, status: str, close_sessions: bool, intent: uuid.UUID) -> Intent:
    wanted = Subject.Status(status)
    return Intent(
        id=intent,
        call=SetSubjectStatus(
            assessment_id=subject.assessment.vendor_id,
            subject_id=subject.vendor_id,
            status=SubjectStatus(wanted.value),
            close_sessions=close_sessions,
        ),
        target=f"{subject.assessment.vendor_id}:subject-status:{subject.vendor_id}",
        assessment_id=subject.assessment.vendor_id,
        assessment_name=subject.assessment.name,
        title=gettext_stored("Mark %(subject)s as done", subject=subject)
        if wanted is Subject.Status.DONE
        else gettext_stored("Reopen %(subject)s", subject=subject),
        expected_values={"status": subject.status},
    )
