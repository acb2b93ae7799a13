"""The only writer of the mirrored assessments, subjects and evaluations."""

from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from datetime import datetime
from typing import Any

from assessments.models import Assessment, Evaluation, Subject
from directory.models import Person
from qxportal.accounts.models import Organisation
from qxportal.core.searching import folded
from qxportal.ledger.history.versions import completing
from qxportal.ledger.mirror.merge import Merged, merge
from qxportal.ledger.mirror.rows import MirrorRow
from qxportal.threesixty.records import AssessmentRecord, EvaluationRecord, RelationshipRecord, SubjectRecord


def mirror_assessments(org: Organisation, records: Iterable[AssessmentRecord], *, as_of: datetime) -> Merged:
    """Merge the brand's listing (getAssessments); the definition's columns stay as getAssessment left them."""
    return merge(Assessment, org, [assessment_row(record) for record in records], as_of=as_of)


def assessment_row(record: AssessmentRecord) -> MirrorRow:
    """The columns kept of one assessment in a listing."""
    columns = {
        "name": record.name,
        "type": record.type,
        "status": record.status,
        "owner_id": record.owner_id,
        "survey_id": record.survey_id,
        "org_structure_id": record.org_structure_id,
        "created_at": record.created_at,
        "activated_at": record.activated_at,
        "closed_at": record.closed_at,
    }
    # only the single request contains these maps and lists; the row must look the same from both
    raw = {key: value for key, value in record.raw.items() if not isinstance(value, Mapping | list)}
    return MirrorRow(record.vendor_id, columns, raw)


def mirror_definition(
    assessment: Assessment, record: AssessmentRecord, relationships: Iterable[RelationshipRecord], *, as_of: datetime
) -> None:
    """Store what only the single request contains: workflow options and custom relationships."""
    kept = [{"Name": r.name, "Translations": dict(r.translations)} for r in relationships]
    if assessment.workflow_options != record.workflow_options or assessment.relationships != kept:
        with nullcontext() if assessment.workflow_options else completing():  # unread until now
            Assessment.objects.filter(pk=assessment.pk, seen_at__lte=as_of).update(
                workflow_options=record.workflow_options, relationships=kept
            )


def mirror_subjects(assessment: Assessment, records: Iterable[SubjectRecord], *, as_of: datetime) -> Merged:
    """Merge the subjects of one assessment (getSubjectStatus)."""
    listed = list(records)
    persons = _ids_of_persons(assessment.org, (record.person_id for record in listed))
    rows = [_subject_row(record, persons) for record in listed]
    return merge(Subject, assessment.org, rows, as_of=as_of, scope={"assessment_id": assessment.pk})


def mirror_evaluations(assessment: Assessment, records: Iterable[EvaluationRecord], *, as_of: datetime) -> Merged:
    """Merge the evaluations of one assessment (getEvaluationStatus)."""
    listed = list(records)
    persons = _ids_of_persons(assessment.org, (record.evaluator_id for record in listed))
    subjects = dict(assessment.subjects.order_by().values_list("vendor_id", "pk"))
    rows = [_evaluation_row(record, persons, subjects) for record in listed]
    return merge(Evaluation, assessment.org, rows, as_of=as_of, scope={"assessment_id": assessment.pk})


def _subject_row(record: SubjectRecord, persons: dict[str, int]) -> MirrorRow:
    columns: dict[str, Any] = {
        "person_id": persons.get(record.person_id),
        "first_name": record.first_name,
        "last_name": record.last_name,
        "email": record.email.lower(),
        "status": record.status,
        "received": record.received,
        "completed": record.completed,
        "report_status": record.report_status,
        "sort_name": folded(f"{record.last_name} {record.first_name}".strip())[:410],
        "search": folded(f"{record.first_name} {record.last_name} {record.email}")[:700],
    }
    return MirrorRow(record.person_id or record.email.lower(), columns, record.raw)


def _evaluation_row(record: EvaluationRecord, persons: dict[str, int], subjects: dict[str, int]) -> MirrorRow:
    subject = record.subject_id or record.subject_email.lower()
    evaluator = record.evaluator_id or record.evaluator_email.lower()
    columns: dict[str, Any] = {
        "subject_id": subjects.get(subject),
        "evaluator_id": persons.get(record.evaluator_id),
        "subject_key": subject,
        "evaluator_key": evaluator,
        "evaluator_first_name": record.evaluator_first_name,
        "evaluator_last_name": record.evaluator_last_name,
        "evaluator_email": record.evaluator_email.lower(),
        "relationship": record.relationship,
        "unsolicited": record.unsolicited,
        "status": record.status,
        "started_at": record.started_at,
        "finished_at": record.finished_at,
        "sort_name": folded(f"{record.evaluator_last_name} {record.evaluator_first_name}".strip())[:410],
        "search": folded(
            " ".join(
                [
                    record.evaluator_first_name,
                    record.evaluator_last_name,
                    record.evaluator_email,
                    record.subject_first_name,
                    record.subject_last_name,
                ]
            )
        )[:1400],
    }
    return MirrorRow(f"{subject}|{evaluator}|{record.relationship}", columns, record.raw)


def _ids_of_persons(org: Organisation, vendor_ids: Iterable[str]) -> dict[str, int]:
    return dict(Person.objects.filter(org=org, vendor_id__in=set(vendor_ids)).order_by().values_list("vendor_id", "pk"))
