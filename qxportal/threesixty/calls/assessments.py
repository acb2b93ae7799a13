"""Calls about assessments."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from qxportal.threesixty.calls.base import AnswerKind, As, Call, CallClass, param
from qxportal.threesixty.csv import Table
from qxportal.threesixty.records import (
    AssessmentRecord,
    Created,
    EvaluationRecord,
    RelationshipRecord,
    SubjectRecord,
    read_relationships,
)
from qxportal.threesixty.values import listed
from qxportal.threesixty.words import AssessmentType, SubjectStatus


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
    kind = CallClass.C

    name: str = param("Name")
    type: AssessmentType = param("Type", default=AssessmentType.THREE_SIXTY)
    assessment_id: str | None = param("ThreeSixtyID", default=None)
    owner_id: str | None = param("OwnerID", default=None)
    survey_id: str | None = param("SurveyID", default=None)
    workflow_options: Mapping[str, Any] | None = param("WorkFlowOptions", how=As.JSON, default=None)
    relationships: tuple[RelationshipRecord, ...] | None = param("Relationships", how=As.JSON, default=None)

    def __post_init__(self) -> None:
        object.__setattr__(self, "type", AssessmentType(self.type))
        object.__setattr__(self, "survey_id", self.survey_id or None)

    def read(self, answer: Any) -> Created:
        """The new assessment's id."""
        return Created.read(answer, "ThreeSixtyID")


@dataclass(frozen=True, kw_only=True)
class ActivateAssessment(Call[None]):
    """Open an assessment (activateAssessment, since 2.1)."""

    request = "activateAssessment"
    kind = CallClass.S

    assessment_id: str = param("ThreeSixtyID")

    def read(self, answer: Any) -> None:
        """Success is all the API promises here."""


@dataclass(frozen=True, kw_only=True)
class CloseAssessment(Call[None]):
    """Close an assessment (closeAssessment, since 2.1; marked deprecated by the documentation)."""

    request = "closeAssessment"
    kind = CallClass.D

    assessment_id: str = param("ThreeSixtyID")
    close_sessions: bool = param("CloseSessions")
    delete_mailings: bool = param("DeleteMailings")
    ready_reports: bool = param("ReadyReports")

    def read(self, answer: Any) -> None:
        """Success is all the API promises here."""


@dataclass(frozen=True, kw_only=True)
class GetCustomRelationships(Call[tuple[RelationshipRecord, ...]]):
    """The custom relationships of an assessment (getCustomRelationships, since 2.0)."""

    request = "getCustomRelationships"

    assessment_id: str = param("ThreeSixtyID")

    def read(self, answer: Any) -> tuple[RelationshipRecord, ...]:
        """The relationships, whichever form they come in."""
        return read_relationships(answer)


@dataclass(frozen=True, kw_only=True)
class SetCustomRelationships(Call[None]):
    """Replace the custom relationships of an assessment (setCustomRelationships, since 2.0)."""

    request = "setCustomRelationships"
    kind = CallClass.S

    assessment_id: str = param("ThreeSixtyID")
    relationships: tuple[RelationshipRecord, ...] = param("jsonOfRelationships", how=As.JSON)

    def read(self, answer: Any) -> None:
        """Success is all the API promises here."""


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
        object.__setattr__(self, "status", SubjectStatus(self.status))

    @property
    def kind(self) -> CallClass:  # type: ignore[override]
        """Closing sessions records half-finished answers, which nothing takes back."""
        return CallClass.D if self.close_sessions else CallClass.S

    def read(self, answer: Any) -> None:
        """Success is all the API promises here."""


@dataclass(frozen=True, kw_only=True)
class GetEvaluationStatus(Call[tuple[EvaluationRecord, ...]]):
    """Every evaluation's state (getEvaluationStatus, since 2.1; CSV only)."""

    request = "getEvaluationStatus"
    answer = AnswerKind.CSV
    columns = EvaluationRecord.COLUMNS
    most_columns = 2_000  # metadata and, where asked for, a column per question

    assessment_id: str = param("ThreeSixtyID")
    include_evaluation_responses: bool = param("IncludeEvaluationResponses")

    def read(self, answer: Any) -> tuple[EvaluationRecord, ...]:
        """One record per evaluation."""
        return tuple(EvaluationRecord.read(row) for row in cast(Table, answer))
