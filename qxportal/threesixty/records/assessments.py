"""Assessments, their subjects, evaluations and relationships."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Self

from qxportal.threesixty.errors import MalformedResponse
from qxportal.threesixty.records.relationships import RelationshipRecord, read_relationships
from qxportal.threesixty.values import Raw, as_map, count, flag, moment, needed, text


@dataclass(frozen=True, kw_only=True)
class AssessmentRecord:
    """One assessment (getAssessments, getAssessment)."""

    vendor_id: str
    name: str = ""
    type: str = "360"
    status: str = "Draft"
    owner_id: str = ""
    survey_id: str = ""
    org_structure_id: str = ""
    created_at: datetime | None = None
    activated_at: datetime | None = None
    closed_at: datetime | None = None
    workflow_options: dict[str, Any] = field(default_factory=dict)
    relationships: tuple[RelationshipRecord, ...] = ()
    raw: Raw = field(default_factory=dict)

    @classmethod
    def read(cls, row: Any) -> Self:
        """From one row of an answer."""
        row = as_map(row, "an assessment")
        return cls(
            vendor_id=needed(row, "ThreeSixtyID"),
            name=text(row, "Name"),
            type=text(row, "Type") or "360",
            status=text(row, "Status").capitalize() or "Draft",
            owner_id=text(row, "OwnerID"),
            survey_id=text(row, "SurveyID"),
            org_structure_id=text(row, "OrgStructureID"),
            created_at=moment(row.get("CreationDate")),
            activated_at=moment(row.get("ActivationDate")),
            closed_at=moment(row.get("CloseDate")),
            workflow_options=dict(as_map(row.get("WorkFlowOptions") or {}, "workflow options")),
            relationships=read_relationships(row.get("Relationships")),
            raw=row,
        )


@dataclass(frozen=True, kw_only=True)
class SubjectRecord:
    """One subject of an assessment (getSubjectStatus)."""

    person_id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    status: str = "Waiting"
    received: int = 0
    completed: int = 0
    report_status: str = ""
    external_reference: str = ""  # the organisation's own key
    raw: Raw = field(default_factory=dict)

    COLUMNS = ("FirstName", "LastName", "Email", "Status")

    @classmethod
    def read(cls, row: Raw) -> Self:
        """From one row of the table."""
        if not (row.get("uniqueidentifier") or row.get("email")):
            raise MalformedResponse("A subject came without identifier and address.")
        return cls(
            person_id=row.get("uniqueidentifier", ""),
            first_name=row.get("firstname", ""),
            last_name=row.get("lastname", ""),
            email=row.get("email", ""),
            status=row["status"].strip().capitalize() or "Waiting",
            received=count(row.get("evaluationsreceived")),
            completed=count(row.get("evaluationscompleted")),
            report_status=row.get("reportstatus", ""),
            external_reference=row.get("externaldatareference", ""),
            raw=row,
        )


NOTHING: Mapping[str, str] = MappingProxyType({})
STATES = {
    "notstarted": "NotStarted",
    "inprogress": "InProgress",
    "started": "InProgress",
    "completed": "Completed",
    "complete": "Completed",
    "finished": "Completed",
    "declined": "Declined",
    "": "NotStarted",
}


@dataclass(frozen=True, kw_only=True)
class EvaluationRecord:
    """One evaluation of an assessment (getEvaluationStatus); answers and metadata are there only where asked for."""

    subject_id: str
    subject_email: str = ""
    subject_first_name: str = ""
    subject_last_name: str = ""
    evaluator_id: str = ""
    evaluator_email: str = ""
    evaluator_first_name: str = ""
    evaluator_last_name: str = ""
    relationship: str = ""
    unsolicited: bool = False
    status: str = "NotStarted"
    started_at: datetime | None = None
    finished_at: datetime | None = None
    subject_external_reference: str = ""  # the organisation's own keys
    evaluator_external_reference: str = ""
    subject_metadata: Mapping[str, str] = field(default_factory=dict)
    evaluator_metadata: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)  # by question id or export tag
    raw: Raw = field(default_factory=dict)

    COLUMNS = ("SubjectEmail", "EvaluatorEmail", "Relationship", "Status")
    KEPT = frozenset(
        [
            "subjectfirstname",
            "subjectlastname",
            "subjectemail",
            "subjectuniqueidentifier",
            "evaluatorfirstname",
            "evaluatorlastname",
            "evaluatoremail",
            "participantuniqueidentifier",
            "relationship",
            "unsolicited",
            "status",
            "startdate",
            "enddate",
            "subjectexternaldatareference",
            "evaluatorexternaldatareference",
        ]
    )

    @classmethod
    def read(
        cls,
        row: Raw,
        *,
        subject_metadata: Mapping[str, str] = NOTHING,
        evaluator_metadata: Mapping[str, str] = NOTHING,
        answers: Mapping[str, str] = NOTHING,
    ) -> Self:
        """From one row of the table; other columns, such as answers that were not requested, are dropped."""
        row = {key: value for key, value in row.items() if key in cls.KEPT}
        if not (row.get("subjectuniqueidentifier") or row["subjectemail"]):
            raise MalformedResponse("An evaluation came without its subject.")
        if not (row.get("participantuniqueidentifier") or row["evaluatoremail"]):
            raise MalformedResponse("An evaluation came without its evaluator.")
        state = row["status"].replace(" ", "").lower()
        return cls(
            subject_id=row.get("subjectuniqueidentifier", ""),
            subject_email=row["subjectemail"],
            subject_first_name=row.get("subjectfirstname", ""),
            subject_last_name=row.get("subjectlastname", ""),
            evaluator_id=row.get("participantuniqueidentifier", ""),
            evaluator_email=row["evaluatoremail"],
            evaluator_first_name=row.get("evaluatorfirstname", ""),
            evaluator_last_name=row.get("evaluatorlastname", ""),
            relationship=row["relationship"],
            unsolicited=flag(row.get("unsolicited")),
            status=STATES.get(state, row["status"]),
            started_at=moment(row.get("startdate")),
            finished_at=moment(row.get("enddate")),
            subject_external_reference=row.get("subjectexternaldatareference", ""),
            evaluator_external_reference=row.get("evaluatorexternaldatareference", ""),
            subject_metadata=subject_metadata,
            evaluator_metadata=evaluator_metadata,
            answers=answers,
            raw=row,
        )
