"""Calls about assessments."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from qxportal.threesixty.calls.base import AnswerKind, As, Call, RetryPolicy, one_of, param
from qxportal.threesixty.csv import Table
from qxportal.threesixty.enums import AssessmentType, SubjectStatus
from qxportal.threesixty.errors import Rejected
from qxportal.threesixty.records import (
    AssessmentRecord,
    Created,
    EvaluationRecord,
    RelationshipRecord,
    SubjectRecord,
    read_relationships,
)
from qxportal.threesixty.values import alike, listed


@dataclass(frozen=True, kw_only=True)
class GetAssessments(Call[tuple[AssessmentRecord, ...]]):
    """Every assessment of the caller's brand (getAssessments, since 2.1)."""

    request = "getAssessments"

    def read(self, answer: Any) -> tuple[AssessmentRecord, ...]:
        """The listing, without definitions."""
        return tuple(AssessmentRecord.read(row) for row in listed(answer, "Assessments"))


@dataclass(frozen=True, kw_only=True)
class GetAssessment(Call[AssessmentRecord]):
    """One assessment's definition (getAssessment, since 2.1)."""

    request = "getAssessment"

    assessment_id: str = param("ThreeSixtyID")

    def read(self, answer: Any) -> AssessmentRecord:
        """The record with workflow options and relationships."""
        return AssessmentRecord.read(answer)


@dataclass(frozen=True, kw_only=True)
class CreateAssessment(Call[Created]):
    """Create an assessment (createAssessment, since 2.3; createThreeSixty before that).

    Since 2.0 a chosen `assessment_id` is used for the new assessment.
    """

    request = "createAssessment"
    predecessor = "createThreeSixty"
    retry_policy = RetryPolicy.CREATE

    name: str = param("Name")
    type: AssessmentType = param("Type", default=AssessmentType.THREE_SIXTY)
    assessment_id: str | None = param("ThreeSixtyID", default=None)
    owner_id: str | None = param("OwnerID", default=None)
    survey_id: str | None = param("SurveyID", default=None)
    workflow_options: Mapping[str, Any] | None = param("WorkFlowOptions", how=As.JSON, default=None)
    relationships: tuple[RelationshipRecord, ...] | None = param("Relationships", how=As.JSON, default=None)

    def __post_init__(self) -> None:
        object.__setattr__(self, "type", one_of(AssessmentType, self.type, "Type"))
        object.__setattr__(self, "survey_id", self.survey_id or None)

    def read(self, answer: Any) -> Created:
        """The new assessment's id."""
        return Created.read(answer, "ThreeSixtyID")

    def read_back(self) -> GetAssessments:
        """The listing of assessments."""
        return GetAssessments()

    def shows(self, found: Any) -> bool | None:
        """Whether the chosen id is listed; without one, whether exactly one assessment has the name."""
        return _is_listed(found, self.assessment_id, self.name)


@dataclass(frozen=True, kw_only=True)
class CreateThreeSixty(Call[Created]):
    """Create a 360 in the terms of the older versions (createThreeSixty, since 2.0; deprecated since 2.3).

    `new_assessment` asks for the newer kind of project. CreateAssessment falls back to this request in older versions.
    """

    request = "createThreeSixty"
    retry_policy = RetryPolicy.CREATE

    name: str = param("Name")
    assessment_id: str | None = param("ThreeSixtyID", default=None)
    owner_id: str | None = param("OwnerID", default=None)
    survey_id: str | None = param("SurveyID", default=None)
    workflow_options: Mapping[str, Any] | None = param("WorkFlowOptions", how=As.JSON, default=None)
    relationships: tuple[RelationshipRecord, ...] | None = param("Relationships", how=As.JSON, default=None)
    new_assessment: bool = param("NewAssessment", default=False)

    def read(self, answer: Any) -> Created:
        """The new assessment's id."""
        return Created.read(answer, "ThreeSixtyID")

    def read_back(self) -> GetAssessments:
        """The listing of assessments."""
        return GetAssessments()

    def shows(self, found: Any) -> bool | None:
        """Whether the chosen id is listed; without one, whether exactly one assessment has the name."""
        return _is_listed(found, self.assessment_id, self.name)


@dataclass(frozen=True, kw_only=True)
class RenameAssessment(Call[None]):
    """Rename an assessment (qxRenameAssessment); other servers answer that there is no such request."""

    request = "qxRenameAssessment"
    retry_policy = RetryPolicy.STATE

    assessment_id: str = param("ThreeSixtyID")
    name: str = param("Name")
    idempotency_key: str | None = param("IdempotencyKey", default=None)

    def read(self, answer: Any) -> None:
        """Success is all that is promised here."""

    def read_back(self) -> GetAssessments:
        """All assessments, by their names."""
        return GetAssessments()

    def shows(self, found: Any) -> bool | None:
        """Whether the assessment has the new name."""
        names = {record.vendor_id: record.name for record in found}
        return names.get(self.assessment_id) == self.name if self.assessment_id in names else None


@dataclass(frozen=True, kw_only=True)
class UpdateAssessment(Call[None]):
    """Merge workflow options into an assessment's, or give it another survey (updateAssessment, since 2.4).

    Another survey deletes the old one, irreversibly.
    """

    request = "updateAssessment"

    assessment_id: str = param("ThreeSixtyID")
    survey_id: str | None = param("SurveyID", default=None)
    workflow_options: Mapping[str, Any] | None = param("WorkFlowOptions", how=As.JSON, default=None)

    @property
    def retry_policy(self) -> RetryPolicy:  # type: ignore[override]
        """Destructive if the survey is replaced."""
        return RetryPolicy.DESTRUCTIVE if self.survey_id else RetryPolicy.STATE

    def read(self, answer: Any) -> None:
        """Success is all the API promises here."""

    def read_back(self) -> GetAssessment:
        """The assessment's definition."""
        return GetAssessment(assessment_id=self.assessment_id)

    def shows(self, found: Any) -> bool | None:
        """Whether the assessment has that survey and those options."""
        if isinstance(found, Rejected):
            return None
        there, wanted = found.workflow_options, self.workflow_options or {}
        options = all(alike(there.get(name), value) for name, value in wanted.items())
        return options and self.survey_id in (None, found.survey_id)


@dataclass(frozen=True, kw_only=True)
class DeleteAssessment(Call[None]):
    """Delete an assessment with all that belongs to it (deleteAssessment, since 2.1)."""

    request = "deleteAssessment"
    retry_policy = RetryPolicy.DESTRUCTIVE
    shown_by_absence = True

    assessment_id: str = param("ThreeSixtyID")

    def read(self, answer: Any) -> None:
        """Success is all the API promises here."""

    def read_back(self) -> GetAssessments:
        """The listing of assessments."""
        return GetAssessments()

    def shows(self, found: Any) -> bool | None:
        """Whether it is no longer listed."""
        return None if isinstance(found, Rejected) else all(one.vendor_id != self.assessment_id for one in found)


@dataclass(frozen=True, kw_only=True)
class ActivateAssessment(Call[None]):
    """Open an assessment (activateAssessment, since 2.1)."""

    request = "activateAssessment"
    retry_policy = RetryPolicy.STATE

    assessment_id: str = param("ThreeSixtyID")

    def read(self, answer: Any) -> None:
        """Success is all the API promises here."""

    def read_back(self) -> GetAssessment:
        """The assessment's definition."""
        return GetAssessment(assessment_id=self.assessment_id)

    def shows(self, found: Any) -> bool | None:
        """Whether it is active."""
        return None if isinstance(found, Rejected) else found.status == "Active"


@dataclass(frozen=True, kw_only=True)
class CloseAssessment(Call[None]):
    """Close an assessment (closeAssessment, since 2.1; marked deprecated by the documentation)."""

    request = "closeAssessment"
    retry_policy = RetryPolicy.DESTRUCTIVE

    assessment_id: str = param("ThreeSixtyID")
    close_sessions: bool = param("CloseSessions")
    delete_mailings: bool = param("DeleteMailings")
    ready_reports: bool = param("ReadyReports")

    def read(self, answer: Any) -> None:
        """Success is all the API promises here."""

    def read_back(self) -> GetAssessment:
        """The assessment's definition."""
        return GetAssessment(assessment_id=self.assessment_id)

    def shows(self, found: Any) -> bool | None:
        """Whether it is closed."""
        return None if isinstance(found, Rejected) else found.status == "Closed"


@dataclass(frozen=True, kw_only=True)
class ReopenAssessment(Call[None]):
    """Open a closed assessment again (reopenAssessment, since 2.1; marked deprecated by the documentation)."""

    request = "reopenAssessment"
    retry_policy = RetryPolicy.STATE

    assessment_id: str = param("ThreeSixtyID")

    def read(self, answer: Any) -> None:
        """Success is all the API promises here."""

    def read_back(self) -> GetAssessment:
        """The assessment's definition."""
        return GetAssessment(assessment_id=self.assessment_id)

    def shows(self, found: Any) -> bool | None:
        """Whether it is active."""
        return None if isinstance(found, Rejected) else found.status == "Active"


@dataclass(frozen=True, kw_only=True)
class GetCustomRelationships(Call[tuple[RelationshipRecord, ...]]):
    """The custom relationships of an assessment (getCustomRelationships, since 2.0)."""

    request = "getCustomRelationships"

    assessment_id: str = param("ThreeSixtyID")

    def read(self, answer: Any) -> tuple[RelationshipRecord, ...]:
        """The relationships, in any of their formats."""
        return read_relationships(answer)


@dataclass(frozen=True, kw_only=True)
class SetCustomRelationships(Call[None]):
    """Replace the custom relationships of an assessment (setCustomRelationships, since 2.0)."""

    request = "setCustomRelationships"
    retry_policy = RetryPolicy.STATE

    assessment_id: str = param("ThreeSixtyID")
    relationships: tuple[RelationshipRecord, ...] = param("jsonOfRelationships", how=As.JSON)

    def read(self, answer: Any) -> None:
        """Success is all the API promises here."""

    def read_back(self) -> GetCustomRelationships:
        """The custom relationships."""
        return GetCustomRelationships(assessment_id=self.assessment_id)

    def shows(self, found: Any) -> bool | None:
        """Whether the relationships are the given ones."""
        if isinstance(found, Rejected):
            return None
        there = {one.name: dict(one.translations) for one in found}
        return there == {one.name: dict(one.translations) for one in self.relationships}


@dataclass(frozen=True, kw_only=True)
class GetSubjectStatus(Call[tuple[SubjectRecord, ...]]):
    """Every subject's status (getSubjectStatus, since 2.0; CSV only)."""

    request = "getSubjectStatus"
    answer = AnswerKind.CSV
    columns = SubjectRecord.COLUMNS

    assessment_id: str = param("ThreeSixtyID")

    def read(self, answer: Any) -> tuple[SubjectRecord, ...]:
        """One record per subject."""
        return tuple(SubjectRecord.read(row) for row in cast(Table, answer))


@dataclass(frozen=True, kw_only=True)
class SetSubjectStatus(Call[None]):
    """Close or reopen one subject's round (setSubjectStatus, since 2.3)."""

    request = "setSubjectStatus"

    assessment_id: str = param("ThreeSixtyID")
    subject_id: str = param("SubjectID")
    status: SubjectStatus = param("Status")
    close_sessions: bool = param("CloseSessions")

    def __post_init__(self) -> None:
        object.__setattr__(self, "status", one_of(SubjectStatus, self.status, "Status"))

    @property
    def retry_policy(self) -> RetryPolicy:  # type: ignore[override]
        """Closing sessions records half-finished answers, irreversibly."""
        return RetryPolicy.DESTRUCTIVE if self.close_sessions else RetryPolicy.STATE

    def read(self, answer: Any) -> None:
        """Success is all the API promises here."""

    def read_back(self) -> GetSubjectStatus:
        """Every subject's status."""
        return GetSubjectStatus(assessment_id=self.assessment_id)

    def shows(self, found: Any) -> bool | None:
        """Whether the subject has that status; None if the person is no longer a subject."""
        there = () if isinstance(found, Rejected) else found
        return next((one.status == self.status for one in there if one.person_id == self.subject_id), None)


@dataclass(frozen=True, kw_only=True)
class GetEvaluationStatus(Call[tuple[EvaluationRecord, ...]]):
    """Every evaluation's state (getEvaluationStatus, since 2.1; CSV only)."""

    request = "getEvaluationStatus"
    answer = AnswerKind.CSV
    columns = EvaluationRecord.COLUMNS
    most_columns = 2_000  # metadata and, if requested, a column per question
    free_columns = ("Subject ", "Evaluator ")  # metadata

    assessment_id: str = param("ThreeSixtyID")
    include_evaluation_responses: bool = param("IncludeEvaluationResponses")
    questions: tuple[str, ...] | None = param("Questions", default=None)
    include_evaluator_metadata: bool = param("IncludeEvaluatorMetadata", default=False)
    include_subject_metadata: bool = param("IncludeSubjectMetadata", default=False)

    def read(self, answer: Any) -> tuple[EvaluationRecord, ...]:
        """One record per evaluation; answers and metadata if requested."""
        table = cast(Table, answer)
        others = [key for key in table.titles if key not in EvaluationRecord.KEPT]
        subject = self._titles(table, others, "Subject ", self.include_subject_metadata)
        evaluator = self._titles(table, others, "Evaluator ", self.include_evaluator_metadata)
        answers = {
            key: table.titles[key]
            for key in others
            if self.include_evaluation_responses and key not in {**subject, **evaluator}
        }
        return tuple(
            EvaluationRecord.read(
                row,
                subject_metadata={name: row[key] for key, name in subject.items() if row[key]},
                evaluator_metadata={name: row[key] for key, name in evaluator.items() if row[key]},
                answers={name: row[key] for key, name in answers.items()},
            )
            for row in table
        )

    def _titles(self, table: Table, keys: list[str], prefix: str, wanted: bool) -> dict[str, str]:
        """Columns of metadata: key -> name without the prefix for the person's role."""
        found = {key: table.titles[key] for key in keys if wanted}
        return {key: title.removeprefix(prefix) for key, title in found.items() if title.startswith(prefix)}


def _is_listed(found: Any, chosen: str | None, name: str) -> bool | None:
    if isinstance(found, Rejected):
        return None
    if chosen:
        return any(one.vendor_id == chosen for one in found)
    alike = sum(one.name == name for one in found)
    return None if alike > 1 else alike == 1
