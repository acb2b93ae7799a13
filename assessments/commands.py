"""Commands for assessments; each records a change, which a worker sends."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.intents import addition, record_about, refuse_too_many
from assessments.job_kinds import SYNC_ASSESSMENT
from assessments.mailing_commands import invitations
from assessments.message_texts import copied_text
from assessments.models import Assessment, Evaluation, MessageText
from directory.job_kinds import SYNC
from directory.models import Person
from qxportal.accounts.models import Member, Organisation
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.jobs.run import start
from qxportal.ledger.models import Change, Job
from qxportal.ledger.outbox.intents import Intent, chosen_id
from qxportal.ledger.outbox.record import record, recorded
from qxportal.threesixty.calls.assessments import (
    ActivateAssessment,
    CloseAssessment,
    CreateAssessment,
    ReopenAssessment,
    SetCustomRelationships,
)
from qxportal.threesixty.enums import AssessmentType
from qxportal.threesixty.records import RelationshipRecord
from qxportal.threesixty.relationships import BUILT_IN
from qxportal.ui.stored_messages import gettext_stored


def refresh_organisation(org: Organisation, *, by: Member) -> Job:
    """Mirror everything now."""
    return start(org, SYNC, by=by)


def refresh_assessment(assessment: Assessment, *, by: Member) -> Job:
    """Mirror one assessment now."""
    return start(
        assessment.org,
        SYNC_ASSESSMENT,
        by=by,
        target=assessment.vendor_id,
        title=gettext_stored("Refresh of “%(name)s”", name=assessment.name),
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
    texts: Iterable[MessageText] = (),
    more: Iterable[Intent] = (),
) -> Change:
    """Create an assessment (createAssessment); once it exists, add `people` as its subjects and copy `texts`.

    `more` are further intents that follow.
    """
    people = list(people)
    refuse_too_many(people)
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
        title=gettext_stored("Create the assessment “%(name)s”", name=name),
        assessment_id=vendor_id,
        assessment_name=name,
        then=(
            *(addition(vendor_id, name, person) for person in people),
            *(copied_text(text, vendor_id, name, after=intent) for text in texts),
            *more,
        ),
    )
    return record(org, wanted, by=by)


def activate_assessment(
    assessment: Assessment,
    *,
    by: Member,
    invite: bool = False,
    invite_at: datetime | None = None,
    intent: uuid.UUID | None = None,
) -> Change:
    """Open an assessment so that evaluators may answer (activateAssessment); with `invite`, then invite them."""
    intent = intent or uuid.uuid4()
    if assessment.status != Assessment.Status.DRAFT and not recorded(assessment.org, intent):
        raise ActionRefused(_("Only drafts can be activated; “%(name)s” is not a draft.") % {"name": assessment.name})
    then = (invitations(assessment, by=by, at=invite_at, after=intent),) if invite else ()
    return record_about(
        assessment,
        ActivateAssessment(assessment_id=assessment.vendor_id),
        "status",
        gettext_stored("Activate “%(name)s”", name=assessment.name),
        by=by,
        intent=intent,
        expected_values={"status": assessment.status},
        then=then,
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
    """Close an assessment (closeAssessment); the switches are those that the member saw and confirmed."""
    if assessment.status != Assessment.Status.ACTIVE and not recorded(assessment.org, intent):
        raise ActionRefused(
            _("Only active assessments can be closed; “%(name)s” is not active.") % {"name": assessment.name}
        )
    call = CloseAssessment(
        assessment_id=assessment.vendor_id,
        close_sessions=close_sessions,
        delete_mailings=delete_mailings,
        ready_reports=ready_reports,
    )
    return record_about(
        assessment,
        call,
        "status",
        gettext_stored("Close “%(name)s”", name=assessment.name),
        by=by,
        intent=intent,
        expected_values={"status": assessment.status},
    )


def reopen_assessment(assessment: Assessment, *, by: Member, intent: uuid.UUID | None = None) -> Change:
    """Let evaluators of a closed assessment answer again (reopenAssessment)."""
    if assessment.status != Assessment.Status.CLOSED and not recorded(assessment.org, intent):
        raise ActionRefused(
            _("Only closed assessments can be reopened; “%(name)s” is not closed.") % {"name": assessment.name}
        )
    return record_about(
        assessment,
        ReopenAssessment(assessment_id=assessment.vendor_id),
        "status",
        gettext_stored("Reopen “%(name)s”", name=assessment.name),
        by=by,
        intent=intent,
        expected_values={"status": assessment.status},
    )


def refuse_lost(assessment: Assessment, names: set[str]) -> None:
    """Raise ActionRefused if a relationship used by evaluations is missing from these names."""
    for row in assessment.relationships:
        used = Evaluation.objects.filter(assessment=assessment, relationship=row["Name"], gone_at=None).count()
        if row["Name"] not in names and used:
            raise ActionRefused(
                ngettext(
                    "“%(name)s” cannot be removed: %(n)s evaluation uses it. Remove its evaluator first.",
                    "“%(name)s” cannot be removed: %(n)s evaluations use it. Remove their evaluators first.",
                    used,
                )
                % {"name": row["Name"], "n": used}
            )


def set_relationships(
    assessment: Assessment, relationships: list[dict[str, Any]], *, by: Member, intent: uuid.UUID | None = None
) -> Change:
    """Replace the assessment's custom relationships (setCustomRelationships)."""
    wanted = checked_relationships(relationships)
    refuse_lost(assessment, {row["Name"] for row in wanted})
    return record_about(
        assessment,
        SetCustomRelationships(assessment_id=assessment.vendor_id, relationships=_records(wanted)),
        "relationships",
        gettext_stored("Set the relationships of “%(name)s”", name=assessment.name),
        by=by,
        intent=intent,
        expected_values={"relationships": assessment.relationships},
    )


def checked_relationships(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The custom relationships with clean names; raises ActionRefused on an empty, doubled or built-in one."""
    checked: list[dict[str, Any]] = []
    taken = {name.casefold() for name in BUILT_IN}
    for row in rows:
        name = " ".join(str(row.get("Name", "")).replace("\x00", "").split())
        if not name:
            raise ActionRefused(_("Each relationship needs a name."))
        if len(name) > 100:
            raise ActionRefused(_("“%(name)s…” is too long. Use at most 100 characters.") % {"name": name[:30]})
        if name.casefold() in taken:
            raise ActionRefused(_("“%(name)s” exists already or is built in. Use another name.") % {"name": name})
        taken.add(name.casefold())
        checked.append(
            {"Name": name, "Translations": {k: v for k, v in dict(row.get("Translations") or {}).items() if v}}
        )
    return checked


def _records(rows: list[dict[str, Any]]) -> tuple[RelationshipRecord, ...]:
    return tuple(RelationshipRecord(name=row["Name"], translations=row["Translations"]) for row in rows)
