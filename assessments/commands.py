"""What members may do with assessments. Each records what is intended; a worker carries it out."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from assessments.models import Assessment, Evaluation, Subject
from assessments.reports import viewers
from assessments.sync import SYNC_ASSESSMENT_TASK, SYNC_TASK
from directory.models import Person
from qxportal.accounts.models import Member, Organisation
from qxportal.ledger.changes import Intent, Refusal, record, record_after, record_many
from qxportal.ledger.jobs import start
from qxportal.ledger.models import Change, Job
from qxportal.threesixty.ids import new_id

SEND_TASK = "assessments.tasks.send_changes"
FETCH_TASK = "assessments.tasks.fetch_report"
BUILT_IN = ("Self", "Manager", "Peer", "DirectReport")
MOST_AT_ONCE = 5_000


def refresh_organisation(org: Organisation, *, by: Member) -> Job:
    """Mirror everything now."""
    return start(org, Job.Kind.SYNC, SYNC_TASK, by=by)


def refresh_assessment(assessment: Assessment, *, by: Member) -> Job:
    """Mirror one assessment now."""
    return start(
        assessment.org,
        Job.Kind.SYNC_ASSESSMENT,
        SYNC_ASSESSMENT_TASK,
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
    wanted = {
        "name": name,
        "type": type,
        "survey_id": survey_id,
        "relationships": checked_relationships(relationships),
        "workflow_options": workflow_options,
    }
    known = Change.objects.filter(org=org, pk=intent).first()
    if known is not None:
        if {**known.parameters, **wanted} != known.parameters:
            raise Refusal(_("This assessment was recorded already, before what you changed. Begin another one."))
        return known
    people = list(people)
    if len(people) > MOST_AT_ONCE:
        raise Refusal(
            _("At most %(most)s people at once; this selection has %(n)s.") % {"most": MOST_AT_ONCE, "n": len(people)}
        )
    vendor_id = new_id("TS")
    with transaction.atomic():
        change = record(
            org,
            Intent(
                id=intent,
                request="createAssessment",
                target=f"assessment:{vendor_id}",
                assessment_id=vendor_id,
                title=_("Create the assessment “%(name)s”") % {"name": name},
                parameters={"assessment_id": vendor_id, **wanted},
            ),
            by=by,
            task=SEND_TASK,
        )
        record_after(change, [_addition(vendor_id, name, person) for person in people], by=by)
    return change


def activate_assessment(assessment: Assessment, *, by: Member) -> Change:
    """Open an assessment so that evaluators may answer (activateAssessment)."""
    if assessment.status != Assessment.Status.DRAFT:
        raise Refusal(_("“%(name)s” is %(status)s already.") % {"name": assessment.name, "status": assessment.status})
    return _record(
        assessment, "activateAssessment", "status", _("Activate “%(name)s”") % {"name": assessment.name}, {},
        by=by, before={"status": assessment.status},
    )  # fmt: skip


def close_assessment(
    assessment: Assessment, *, by: Member, close_sessions: bool, delete_mailings: bool, ready_reports: bool
) -> Change:
    """Close an assessment (closeAssessment); the switches are what the member saw and confirmed."""
    if assessment.status != Assessment.Status.ACTIVE:
        raise Refusal(_("Only an active assessment can be closed; “%(name)s” is not.") % {"name": assessment.name})
    switches = {"close_sessions": close_sessions, "delete_mailings": delete_mailings, "ready_reports": ready_reports}
    return _record(
        assessment, "closeAssessment", "status", _("Close “%(name)s”") % {"name": assessment.name}, switches,
        by=by, before={"status": assessment.status},
    )  # fmt: skip


def set_subject_status(subject: Subject, *, by: Member, status: str, close_sessions: bool) -> Change:
    """Mark one subject Done or Waiting (setSubjectStatus)."""
    intent = _status_intent(subject, status, close_sessions)
    return record(subject.org, intent, by=by, task=SEND_TASK)


def set_subject_statuses(
    assessment: Assessment, subjects: Iterable[Subject], *, by: Member, status: str, close_sessions: bool
) -> Job:
    """Mark many subjects Done or Waiting, as one job; those that are so already are left out."""
    wanted = [subject for subject in subjects if subject.status != status]
    if not wanted:
        raise Refusal(_("All of them are %(status)s already.") % {"status": Subject.Status(status).label})
    if len(wanted) > MOST_AT_ONCE:
        raise Refusal(
            _("At most %(most)s subjects at once; this selection has %(n)s.") % {"most": MOST_AT_ONCE, "n": len(wanted)}
        )
    intents = [_status_intent(subject, status, close_sessions) for subject in wanted]
    title = _("Set %(n)s subjects of “%(name)s” to %(status)s") % {
        "n": len(wanted), "name": assessment.name, "status": Subject.Status(status).label,
    }  # fmt: skip
    return record_many(assessment.org, intents, by=by, task=SEND_TASK, title=title)


def add_subjects(assessment: Assessment, people: Iterable[Person], *, by: Member) -> Job:
    """Put people of the directory into an assessment as subjects (addPerson), as one job."""
    there = set(assessment.subjects.filter(gone_at=None).values_list("vendor_id", flat=True))
    wanted = [person for person in people if person.vendor_id not in there]
    if not wanted:
        raise Refusal(_("Choose at least one person who is not in the assessment yet."))
    if len(wanted) > MOST_AT_ONCE:
        raise Refusal(
            _("At most %(most)s people at once; this selection has %(n)s.") % {"most": MOST_AT_ONCE, "n": len(wanted)}
        )
    intents = [_addition(assessment.vendor_id, assessment.name, person) for person in wanted]
    title = _("Add %(n)s subjects to “%(name)s”") % {"n": len(wanted), "name": assessment.name}
    return record_many(assessment.org, intents, by=by, task=SEND_TASK, title=title)


def remove_subject(subject: Subject, *, by: Member, remove_evaluations: bool) -> Change:
    """Take a subject out of an assessment (removePerson)."""
    return _record(
        subject.assessment, "removePerson", f"member:{subject.vendor_id}",
        _("Remove %(subject)s from “%(name)s”") % {"subject": subject, "name": subject.assessment.name},
        {"person_id": subject.vendor_id, "remove_evaluations": remove_evaluations}, by=by,
    )  # fmt: skip


def add_evaluators(subject: Subject, evaluators: Iterable[tuple[Person, str]], *, by: Member) -> Change:
    """Ask people to evaluate a subject, each in a relationship (importPersons, type Evaluators, nothing cleared)."""
    allowed = {*BUILT_IN, *(row["Name"] for row in subject.assessment.relationships)}
    there = set(subject.evaluations.filter(gone_at=None).values_list("evaluator_key", "relationship"))
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
        subject.assessment, "importPersons", f"evaluators:{subject.vendor_id}",
        _("Add %(n)s evaluators for %(subject)s") % {"n": len(rows), "subject": subject}, {"rows": rows}, by=by,
    )  # fmt: skip


def set_relationships(assessment: Assessment, relationships: list[dict[str, Any]], *, by: Member) -> Change:
    """Replace the assessment's custom relationships (setCustomRelationships)."""
    wanted = checked_relationships(relationships)
    names = {row["Name"] for row in wanted}
    for row in assessment.relationships:
        used = Evaluation.objects.filter(assessment=assessment, relationship=row["Name"], gone_at=None).count()
        if row["Name"] not in names and used:
            raise Refusal(
                _("“%(name)s” cannot be removed: %(n)s evaluations use it. Remove those evaluators first, or keep it.")
                % {"name": row["Name"], "n": used}
            )
    return _record(
        assessment, "setCustomRelationships", "relationships",
        _("Set the relationships of “%(name)s”") % {"name": assessment.name},
        {"relationships": wanted}, by=by, before={"relationships": assessment.relationships},
    )  # fmt: skip


def fetch_report(subject: Subject, *, by: Member, viewer: str) -> Job:
    """Fetch one report's PDF for a viewer that the member's role allows."""
    choices = dict(viewers(by, subject))
    if viewer not in choices:
        raise Refusal(_("Your role does not open this report as that viewer."))
    return start(
        subject.org, Job.Kind.FETCH_REPORT, FETCH_TASK, by=by, target=f"{subject.pk}:{viewer}",
        title=_("Report of %(subject)s, as seen by %(viewer)s") % {"subject": subject, "viewer": choices[viewer]},
        parameters={"subject": subject.pk, "viewer": viewer},
    )  # fmt: skip


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


def _status_intent(subject: Subject, status: str, close_sessions: bool) -> Intent:
    wanted = Subject.Status(status)
    return Intent(
        request="setSubjectStatus",
        target=f"{subject.assessment.vendor_id}:subject-status:{subject.vendor_id}",
        assessment_id=subject.assessment.vendor_id,
        title=_("Set %(subject)s to %(status)s") % {"subject": subject, "status": wanted.label},
        parameters={"subject_id": subject.vendor_id, "status": wanted.value, "close_sessions": close_sessions},
        before={"status": subject.status},
    )


def _addition(vendor_id: str, name: str, person: Person) -> Intent:
    return Intent(
        request="addPerson",
        target=f"{vendor_id}:member:{person.vendor_id}",
        assessment_id=vendor_id,
        title=_("Add %(person)s to “%(name)s”") % {"person": person, "name": name},
        parameters={"person_id": person.vendor_id},
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
    request: str,
    target: str,
    title: str,
    parameters: dict[str, Any],
    *,
    by: Member,
    before: dict[str, Any] | None = None,
) -> Change:
    intent = Intent(
        request=request,
        target=f"{assessment.vendor_id}:{target}",
        assessment_id=assessment.vendor_id,
        title=title,
        parameters=parameters,
        before=before or {},
    )
    return record(assessment.org, intent, by=by, task=SEND_TASK)
