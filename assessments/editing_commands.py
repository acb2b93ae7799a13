"""Changing, copying and deleting assessments; each records a change, which a worker sends."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from assessments.commands import create_assessment
from assessments.fence import is_assessed_in
from assessments.intents import record_about
from assessments.message_texts import texts_to_copy
from assessments.models import Assessment, Evaluation, Subject
from assessments.report_groups import copied_groups
from directory.models import Person
from qxportal.accounts.audit import note
from qxportal.accounts.capabilities import may_ask, version_has
from qxportal.accounts.models import Member
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.intents import chosen_id
from qxportal.ledger.outbox.record import recorded
from qxportal.threesixty.calls.assessments import DeleteAssessment, RenameAssessment, UpdateAssessment
from qxportal.threesixty.values import alike
from qxportal.ui.stored_messages import gettext_stored
from surveys.models import Survey

SURVEY = "survey"  # in the values that a member saw: the survey by its name


def can_update(assessment: Assessment) -> bool:
    """Whether the API version of the organisation's credential changes assessments at all."""
    return version_has(assessment.org, UpdateAssessment)


def survey_name(org_id: int, survey_id: str) -> str:
    """Name of a survey, or its id if it is not mirrored."""
    found = Survey.objects.filter(org=org_id, vendor_id=survey_id).values_list("name", flat=True).first()
    return found or survey_id


def changed_options(assessment: Assessment, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that differ from the assessment's."""
    known = assessment.workflow_options
    return {name: value for name, value in options.items() if name in known and not alike(known[name], value)}


def others_with_survey(assessment: Assessment) -> int:
    """Number of other assessments with the same survey."""
    rows = Assessment.objects.filter(org=assessment.org, survey_id=assessment.survey_id, gone_at=None)
    return rows.exclude(pk=assessment.pk).count()


def update_assessment(
    assessment: Assessment,
    *,
    by: Member,
    options: Mapping[str, Any],
    survey_id: str = "",
    intent: uuid.UUID | None = None,
) -> Change:
    """Change workflow options, and of a draft the survey (updateAssessment), which deletes the survey that it had."""
    intent = intent or uuid.uuid4()
    wanted = changed_options(assessment, options)
    swapped = survey_id if survey_id != assessment.survey_id else ""
    if not recorded(assessment.org, intent):
        refuse_fixed(assessment, swapped=bool(swapped))
        if swapped and not Survey.objects.filter(org=assessment.org, vendor_id=swapped, gone_at=None).exists():
            raise ActionRefused(_("Choose a survey."))
        if not wanted and not swapped:
            raise ActionRefused(_("Nothing was changed."))
    expected = {name: assessment.workflow_options.get(name) for name in wanted}
    if swapped:
        expected[SURVEY] = survey_name(assessment.org_id, assessment.survey_id)
    call = UpdateAssessment(
        assessment_id=assessment.vendor_id, survey_id=swapped or None, workflow_options=wanted or None
    )
    title = gettext_stored("Change “%(name)s”", name=assessment.name)
    return record_about(assessment, call, "options", title, by=by, intent=intent, expected_values=expected)


def refuse_fixed(assessment: Assessment, *, swapped: bool) -> None:
    """Raise ActionRefused if the assessment can no longer be changed; `swapped`: whether the survey is to change."""
    _refuse_gone(assessment)
    if assessment.status == Assessment.Status.CLOSED:
        raise ActionRefused(_("“%(name)s” is closed. Reopen the assessment first.") % {"name": assessment.name})
    if swapped and assessment.status != Assessment.Status.DRAFT:
        raise ActionRefused(_("Only drafts can get another survey."))


def can_rename(assessment: Assessment) -> bool:
    """Whether the server may support renaming: it has not recently rejected the request as unknown."""
    return may_ask(assessment.org, RenameAssessment) and assessment.gone_at is None


def rename_assessment(assessment: Assessment, name: str, *, by: Member, intent: uuid.UUID | None = None) -> Change:
    """Give an assessment another name (qxRenameAssessment)."""
    name = " ".join(name.split())
    if not recorded(assessment.org, intent):
        _refuse_gone(assessment)
        if name == assessment.name:
            raise ActionRefused(_("Nothing was changed."))
    call = RenameAssessment(assessment_id=assessment.vendor_id, name=name)
    title = gettext_stored("Rename “%(before)s” to “%(name)s”", before=assessment.name, name=name)
    return record_about(
        assessment, call, "name", title, by=by, intent=intent, expected_values={"name": assessment.name}
    )


def subjects_to_copy(assessment: Assessment) -> QuerySet[Person]:
    """Subjects of an assessment who are still in the directory."""
    there = Subject.objects.filter(assessment=assessment, gone_at=None)
    return Person.objects.filter(pk__in=there.values("person"), gone_at=None).order_by("sort_name", "pk")


def copy_assessment(
    assessment: Assessment, *, by: Member, name: str, texts: bool, intent: uuid.UUID, people: bool = False
) -> Change:
    """Create a draft with the survey, relationships, options and texts of another assessment.

    With `people`, its subjects who are still in the directory are added; evaluators are never copied.
    """
    if not recorded(assessment.org, intent):
        _refuse_gone(assessment)
    groups = copied_groups(assessment, chosen_id("TS", intent), name, after=intent)
    return create_assessment(
        assessment.org,
        by=by,
        intent=intent,
        name=name,
        type=assessment.type,
        survey_id=assessment.survey_id,
        relationships=assessment.relationships,
        workflow_options=assessment.workflow_options,
        people=subjects_to_copy(assessment) if people else (),
        texts=texts_to_copy(assessment) if texts else (),
        more=(groups,) if groups else (),
    )


def finished(assessment: Assessment) -> int:
    """Number of finished evaluations in the assessment."""
    rows = Evaluation.objects.filter(assessment=assessment, gone_at=None, status=Evaluation.Status.COMPLETED)
    return rows.count()


def delete_assessment(assessment: Assessment, *, by: Member, intent: uuid.UUID | None = None) -> Change:
    """Delete an assessment with its people, answers, mailings and texts (deleteAssessment)."""
    if is_assessed_in(by, assessment):
        raise ActionRefused(_("You are a subject of this assessment, so another member has to delete it."))
    intent = intent or uuid.uuid4()
    known = recorded(assessment.org, intent)
    if not known:
        _refuse_gone(assessment)
    title = gettext_stored("Delete “%(name)s”", name=assessment.name)
    expected = {"status": assessment.status, "evaluations_finished": finished(assessment)}
    call = DeleteAssessment(assessment_id=assessment.vendor_id)
    with transaction.atomic():
        change = record_about(assessment, call, "status", title, by=by, intent=intent, expected_values=expected)
        if not known:
            note(assessment.org, by=by, verb="assessment.deleted", target=assessment.vendor_id, words=title)
    return change


def _refuse_gone(assessment: Assessment) -> None:
    if assessment.gone_at is not None:
        raise ActionRefused(_("“%(name)s” is no longer listed.") % {"name": assessment.name})
