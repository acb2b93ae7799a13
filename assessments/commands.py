"""What members may do with assessments. Each records what is intended; a worker carries it out."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.fence import is_own, refuse_own
from assessments.imports import STILL_OPEN, evaluators_import, rest_of
from assessments.models import Assessment, Evaluation, Subject
from assessments.reports import viewers
from directory.models import Person
from qxportal.accounts.fence import fence_of
from qxportal.accounts.models import Member, Organisation
from qxportal.ledger.errors import Refusal
from qxportal.ledger.jobs.run import start
from qxportal.ledger.models import Change, Job
from qxportal.ledger.outbox.intents import Intent, chosen_id
from qxportal.ledger.outbox.record import bulk_recorded, record, record_many, recorded
from qxportal.ledger.outbox.review import dismiss_attention
from qxportal.threesixty.calls.assessments import (
    ActivateAssessment,
    CloseAssessment,
    CreateAssessment,
    ReopenAssessment,
    SetCustomRelationships,
    SetSubjectStatus,
)
from qxportal.threesixty.calls.base import Call
from qxportal.threesixty.calls.persons import AddPerson, RemovePerson
from qxportal.threesixty.records import RelationshipRecord
from qxportal.threesixty.relationships import BUILT_IN
from qxportal.threesixty.words import AssessmentType, SubjectStatus

MOST_AT_ONCE = 5_000


def refresh_organisation(org: Organisation, *, by: Member) -> Job:
    """Mirror everything now."""
    return start(org, Job.Kind.SYNC, by=by)


def refresh_assessment(assessment: Assessment, *, by: Member) -> Job:
    """Mirror one assessment now."""
    return start(
        assessment.org,
        Job.Kind.SYNC_ASSESSMENT,
        by=by,
        target=assessment.vendor_id,
        title=assessment.name,
    )


def create_assessment(
    org: Organisation,
    *,
    by: Member,
    intent: uuid.UUID,
    name: str,
    type: str,
    survey_id: str,
    relationships: list[dict[str, Any]],
    workflow_options: dict[str, Any],
    people: Iterable[Person] = (),
) -> Change:
    """Create an assessment (createAssessment) and add `people` as its subjects once it exists."""
    people = list(people)
    _check_number(people)
    vendor_id = chosen_id("TS", intent)
    wanted = Intent(
        id=intent,
        call=CreateAssessment(
            name=name,
            type=AssessmentType(type),
            assessment_id=vendor_id,
            survey_id=survey_id,
            workflow_options=workflow_options,
            relationships=_records(checked_relationships(relationships)),
        ),
        target=f"assessment:{vendor_id}",
        title=_("Create the assessment “%(name)s”") % {"name": name},
        assessment_id=vendor_id,
        assessment_name=name,
        then=tuple(_addition(vendor_id, name, person) for person in people),
    )
    return record(org, wanted, by=by)


def activate_assessment(assessment: Assessment, *, by: Member, intent: uuid.UUID | None = None) -> Change:
    """Open an assessment so that evaluators may answer (activateAssessment)."""
    if assessment.status != Assessment.Status.DRAFT and not recorded(assessment.org, intent):
        raise Refusal(_("“%(name)s” is %(status)s already.") % {"name": assessment.name, "status": assessment.status})
    return _record(
        assessment,
        ActivateAssessment(assessment_id=assessment.vendor_id),
        "status",
        _("Activate “%(name)s”") % {"name": assessment.name},
        by=by,
        intent=intent,
        before={"status": assessment.status},
    )


def close_assessment(
    assessment: Assessment,
    *,
    by: Member,
    close_sessions: bool,
    delete_mailings: bool,
    ready_reports: bool,
    intent: uuid.UUID | None = None,
) -> Change:
    """Close an assessment (closeAssessment); the switches are what the member saw and confirmed."""
    if assessment.status != Assessment.Status.ACTIVE and not recorded(assessment.org, intent):
        raise Refusal(_("Only an active assessment can be closed; “%(name)s” is not.") % {"name": assessment.name})
    call = CloseAssessment(
        assessment_id=assessment.vendor_id,
        close_sessions=close_sessions,
        delete_mailings=delete_mailings,
        ready_reports=ready_reports,
    )
    return _record(
        assessment,
        call,
        "status",
        _("Close “%(name)s”") % {"name": assessment.name},
        by=by,
        intent=intent,
        before={"status": assessment.status},
    )


def reopen_assessment(assessment: Assessment, *, by: Member, intent: uuid.UUID | None = None) -> Change:
    """Let evaluators of a closed assessment answer again (reopenAssessment)."""
    if assessment.status != Assessment.Status.CLOSED and not recorded(assessment.org, intent):
        raise Refusal(_("Only a closed assessment can be reopened; “%(name)s” is not.") % {"name": assessment.name})
    return _record(
        assessment,
        ReopenAssessment(assessment_id=assessment.vendor_id),
        "status",
        _("Reopen “%(name)s”") % {"name": assessment.name},
        by=by,
        intent=intent,
        before={"status": assessment.status},
    )


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
        raise Refusal(_("All of them are %(status)s already.") % {"status": Subject.Status(status).label})
    _check_number(wanted)
    intents = [_status_intent(subject, status, close_sessions, uuid.uuid4()) for subject in wanted]
    words = ngettext(
        "Set %(n)s subject of “%(name)s” to %(status)s", "Set %(n)s subjects of “%(name)s” to %(status)s", len(wanted)
    )
    title = words % {"n": len(wanted), "name": assessment.name, "status": Subject.Status(status).label}
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
        raise Refusal(_("Choose at least one person who is not a subject of the assessment."))
    _check_number(wanted)
    left_out = [(str(person), _("Skipped: already a subject.")) for person in people if person.vendor_id in there]
    before = {STILL_OPEN: True}
    intents = [_addition(assessment.vendor_id, assessment.name, person, before=before) for person in wanted]
    words = ngettext("Add %(n)s subject to “%(name)s”", "Add %(n)s subjects to “%(name)s”", len(wanted))
    title = words % {"n": len(wanted), "name": assessment.name}
    return record_many(assessment.org, intents, by=by, title=title, idempotency_key=intent, left_out=left_out)


def remove_subject(
    subject: Subject, *, by: Member, remove_evaluations: bool, intent: uuid.UUID | None = None
) -> Change:
    """Take a subject out of an assessment (removePerson); in the member's own one what others gave would go too."""
    if subject.assessment.vendor_id in fence_of(by).assessments:
        raise Refusal(_("You are a subject of this assessment. Another member has to remove people from it."))
    call = RemovePerson(
        person_id=subject.vendor_id,
        assessment_id=subject.assessment.vendor_id,
        remove_evaluations=remove_evaluations,
    )
    return _record(
        subject.assessment,
        call,
        f"member:{subject.vendor_id}",
        _("Remove %(subject)s from “%(name)s”") % {"subject": subject, "name": subject.assessment.name},
        by=by,
        intent=intent,
        before={"evaluations_given": subject.given().count()} if remove_evaluations else {},
    )


def add_evaluators(
    subject: Subject, evaluators: Iterable[tuple[Person, str]], *, by: Member, intent: uuid.UUID | None = None
) -> Change:
    """Ask people to evaluate a subject, each in a relationship (importPersons, type Evaluators, nothing cleared)."""
    refuse_own(by, subject)
    if not recorded(subject.org, intent):
        refuse_if_settled(subject)
    allowed = {*BUILT_IN, *(row["Name"] for row in subject.assessment.relationships)}
    known = subject.evaluations.filter(gone_at=None).values_list("evaluator_key", "relationship")
    there = set() if recorded(subject.org, intent) else set(known)
    rows = []
    for person, relationship in evaluators:
        if relationship not in allowed:
            raise Refusal(_("“%(name)s” is no relationship of this assessment.") % {"name": relationship})
        if relationship != "Self" and person.vendor_id == subject.vendor_id:
            raise Refusal(_("%(name)s is the subject and can only evaluate as Self.") % {"name": person})
        if (person.vendor_id, relationship) not in there:
            rows.append(_evaluator_row(subject, person, relationship))
    if not rows:
        raise Refusal(_("Choose at least one evaluator who is not there yet."))
    return _record(
        subject.assessment,
        evaluators_import(subject.assessment.vendor_id, rows),
        f"evaluators:{subject.vendor_id}",
        ngettext("Add %(n)s evaluator for %(subject)s", "Add %(n)s evaluators for %(subject)s", len(rows))
        % {"n": len(rows), "subject": subject},
        by=by,
        intent=intent,
        before={STILL_OPEN: True},
        parameters={"assessment_id": subject.assessment.vendor_id, "rows": rows},
    )


def send_rest(change: Change, *, by: Member, intent: uuid.UUID | None = None) -> Change:
    """Send those rows of an import once more that were not taken, and no others."""
    with transaction.atomic():
        if not change.attention and not recorded(change.org, intent):
            raise Refusal(_("There is nothing left to send."))
        target = Assessment.objects.filter(org=change.org, vendor_id=change.assessment_id).first()
        if target is not None and not recorded(change.org, intent):
            refuse_if_closed(target)
        rest = record(change.org, replace(rest_of(change), id=intent or uuid.uuid4()), by=by)
        dismiss_attention(change, by=by)
    return rest


def set_relationships(
    assessment: Assessment, relationships: list[dict[str, Any]], *, by: Member, intent: uuid.UUID | None = None
) -> Change:
    """Replace the assessment's custom relationships (setCustomRelationships)."""
    wanted = checked_relationships(relationships)
    names = {row["Name"] for row in wanted}
    for row in assessment.relationships:
        used = Evaluation.objects.filter(assessment=assessment, relationship=row["Name"], gone_at=None).count()
        if row["Name"] not in names and used:
            raise Refusal(
                ngettext(
                    "“%(name)s” cannot be removed: %(n)s evaluation uses it. Remove that evaluator first, or keep it.",
                    "“%(name)s” cannot be removed: %(n)s evaluations use it. "
                    "Remove those evaluators first, or keep it.",
                    used,
                )
                % {"name": row["Name"], "n": used}
            )
    return _record(
        assessment,
        SetCustomRelationships(assessment_id=assessment.vendor_id, relationships=_records(wanted)),
        "relationships",
        _("Set the relationships of “%(name)s”") % {"name": assessment.name},
        by=by,
        intent=intent,
        before={"relationships": assessment.relationships},
    )


def fetch_report(subject: Subject, *, by: Member, viewer: str) -> Job:
    """Fetch one report's PDF for a viewer that the member's role allows."""
    refuse_own(by, subject)
    choices = dict(viewers(by, subject))
    if viewer not in choices:
        raise Refusal(_("Your role does not open this report as that viewer."))
    return start(
        subject.org,
        Job.Kind.FETCH_REPORT,
        by=by,
        target=f"{subject.pk}:{viewer}",
        title=_("Report of %(subject)s, as seen by %(viewer)s") % {"subject": subject, "viewer": choices[viewer]},
        parameters={"subject": subject.pk, "viewer": viewer},
    )


def refuse_if_closed(assessment: Assessment) -> None:
    """Raise Refusal where whoever is added now could not answer."""
    if assessment.gone_at is not None:
        raise Refusal(_("“%(name)s” is no longer listed, so nobody can be added.") % {"name": assessment.name})
    if assessment.status == Assessment.Status.CLOSED:
        raise Refusal(
            _("“%(name)s” is closed: nobody can answer, so nobody can be added. Reopen it first.")
            % {"name": assessment.name}
        )


def refuse_if_settled(subject: Subject) -> None:
    """Raise Refusal where whoever is asked now could not answer about the subject."""
    refuse_if_closed(subject.assessment)
    if subject.gone_at is not None:
        raise Refusal(_("%(name)s is no longer a subject.") % {"name": subject})
    if subject.status == Subject.Status.DONE:
        raise Refusal(
            _("%(name)s is Done, so nobody else can be asked. Set the status to Waiting first.") % {"name": subject}
        )


def checked_relationships(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The custom relationships with clean names; raises Refusal on an empty, doubled or built-in one."""
    checked: list[dict[str, Any]] = []
    taken = {name.casefold() for name in BUILT_IN}
    for row in rows:
        name = " ".join(str(row.get("Name", "")).replace("\x00", "").split())
        if not name:
            raise Refusal(_("Each relationship needs a name."))
        if len(name) > 100:
            raise Refusal(_("“%(name)s…” is longer than 100 characters.") % {"name": name[:30]})
        if name.casefold() in taken:
            raise Refusal(_("“%(name)s” is there twice, or is built in.") % {"name": name})
        taken.add(name.casefold())
        checked.append(
            {"Name": name, "Translations": {k: v for k, v in dict(row.get("Translations") or {}).items() if v}}
        )
    return checked


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
        title=_("Set %(subject)s to %(status)s") % {"subject": subject, "status": wanted.label},
        before={"status": subject.status},
    )


def _addition(vendor_id: str, name: str, person: Person, *, before: Mapping[str, Any] = MappingProxyType({})) -> Intent:
    """Forced, so that somebody who only evaluates there becomes a subject too."""
    return Intent(
        call=AddPerson(person_id=person.vendor_id, assessment_id=vendor_id, force_update=True),
        target=f"{vendor_id}:member:{person.vendor_id}",
        assessment_id=vendor_id,
        assessment_name=name,
        title=_("Add %(person)s to “%(name)s”") % {"person": person, "name": name},
        before=before,
    )


def _evaluator_row(subject: Subject, person: Person, relationship: str) -> dict[str, str]:
    return {
        "FirstName": person.first_name,
        "LastName": person.last_name,
        "Email": person.email,
        "UniqueIdentifier": person.vendor_id,
        "SubjectEmail": subject.email,
        "SubjectUniqueIdentifier": subject.vendor_id,
        "Relationship": relationship,
    }


def _record(
    assessment: Assessment,
    call: Call[Any],
    target: str,
    title: str,
    *,
    by: Member,
    intent: uuid.UUID | None,
    before: dict[str, Any] | None = None,
    parameters: dict[str, Any] | None = None,
) -> Change:
    wanted = Intent(
        id=intent or uuid.uuid4(),
        call=call,
        target=f"{assessment.vendor_id}:{target}",
        assessment_id=assessment.vendor_id,
        assessment_name=assessment.name,
        title=title,
        before=before or {},
        parameters=parameters,
    )
    return record(assessment.org, wanted, by=by)


def _records(rows: list[dict[str, Any]]) -> tuple[RelationshipRecord, ...]:
    return tuple(RelationshipRecord(name=row["Name"], translations=row["Translations"]) for row in rows)


def _check_number(chosen: Sequence[object]) -> None:
    if len(chosen) > MOST_AT_ONCE:
        raise Refusal(_("At most %(most)s at once; this is %(n)s.") % {"most": MOST_AT_ONCE, "n": len(chosen)})
