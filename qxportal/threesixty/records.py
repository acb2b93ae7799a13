"""What comes back, typed. Every record keeps the vendor's own row in `raw`.

Reading is tolerant of shape (list or map, string or number, missing optional keys) and strict about identity: a row
without its identifier is an UnexpectedShape.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from qxportal.threesixty.errors import UnexpectedShape
from qxportal.threesixty.values import Raw, as_list, as_map, count, flag, moment, needed, text, words_of


@dataclass(frozen=True, kw_only=True)
class PersonRecord:
    """Somebody in the directory (getPersons)."""

    vendor_id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    user_name: str = ""
    user_id: str = ""
    division_id: str = ""
    external: bool = False
    metadata: dict[str, str] = field(default_factory=dict)
    raw: Raw = field(default_factory=dict)

    @classmethod
    def read(cls, row: Any) -> Self:
        """From one row of an answer."""
        row = as_map(row, "a person")
        return cls(
            vendor_id=needed(row, "PersonID"),
            first_name=text(row, "FirstName"),
            last_name=text(row, "LastName"),
            email=text(row, "Email"),
            user_name=text(row, "UserName"),
            user_id=text(row, "UserID"),
            division_id=text(row, "DivisionID"),
            external=flag(row.get("External")),
            metadata={
                str(key): words_of(value) for key, value in as_map(row.get("MetaData") or {}, "metadata").items()
            },
            raw=row,
        )


@dataclass(frozen=True, kw_only=True)
class RelationshipRecord:
    """A custom relationship (getCustomRelationships)."""

    name: str
    translations: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As jsonOfRelationships takes it."""
        return {"Name": self.name, "Translations": dict(self.translations)}


def read_relationships(result: Any) -> tuple[RelationshipRecord, ...]:
    """A list of names or of maps, or a map from a key to a name or a map."""
    if result in (None, "", [], {}):
        return ()
    if isinstance(result, Mapping):
        if "Relationships" in result:
            return read_relationships(result["Relationships"])
        result = [
            {"Name": key, **value} if isinstance(value, Mapping) else value if isinstance(value, str) else key
            for key, value in result.items()
        ]
    if not isinstance(result, list):
        raise UnexpectedShape("The relationships came in a form that we cannot read.")
    records = []
    for row in result:
        if isinstance(row, str):
            records.append(RelationshipRecord(name=row))
        else:
            row = as_map(row, "a relationship")
            translations = as_map(row.get("Translations") or {}, "translations")
            records.append(
                RelationshipRecord(
                    name=needed(row, "Name"), translations={k: words_of(v) for k, v in translations.items()}
                )
            )
    return tuple(records)


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
    raw: Raw = field(default_factory=dict)

    COLUMNS = ("FirstName", "LastName", "Email", "Status")

    @classmethod
    def read(cls, row: Raw) -> Self:
        """From one row of the table."""
        if not (row.get("uniqueidentifier") or row.get("email")):
            raise UnexpectedShape("A subject came without identifier and address.")
        return cls(
            person_id=row.get("uniqueidentifier", ""),
            first_name=row.get("firstname", ""),
            last_name=row.get("lastname", ""),
            email=row.get("email", ""),
            status=row["status"].strip().capitalize() or "Waiting",
            received=count(row.get("evaluationsreceived")),
            completed=count(row.get("evaluationscompleted")),
            report_status=row.get("reportstatus", ""),
            raw=row,
        )


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
    """One evaluation of an assessment (getEvaluationStatus); never with answers."""

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
        ]
    )

    @classmethod
    def read(cls, row: Raw) -> Self:
        """From one row of the table; a column that holds answers is dropped, should one come."""
        row = {key: value for key, value in row.items() if key in cls.KEPT}
        if not (row.get("subjectuniqueidentifier") or row["subjectemail"]):
            raise UnexpectedShape("An evaluation came without its subject.")
        if not (row.get("participantuniqueidentifier") or row["evaluatoremail"]):
            raise UnexpectedShape("An evaluation came without its evaluator.")
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
            raw=row,
        )


@dataclass(frozen=True, kw_only=True)
class SurveyRecord:
    """One survey (getSurveys)."""

    vendor_id: str
    name: str = ""
    status: str = ""
    owner_id: str = ""
    responses: int = 0
    created_at: datetime | None = None
    modified_at: datetime | None = None
    raw: Raw = field(default_factory=dict)

    @classmethod
    def read(cls, row: Any) -> Self:
        """From one row of an answer."""
        row = as_map(row, "a survey")
        return cls(
            vendor_id=needed(row, "SurveyID"),
            name=text(row, "SurveyName"),
            status=text(row, "SurveyStatus"),
            owner_id=text(row, "SurveyOwnerID"),
            responses=count(row.get("responses")),
            created_at=moment(row.get("SurveyCreationDate")),
            modified_at=moment(row.get("LastModified")),
            raw=row,
        )


@dataclass(frozen=True, kw_only=True)
class IgnoredRow:
    """A row that an import left out, and why."""

    row: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class ImportOutcome:
    """What importPersons did; `count` is None when the answer did not say."""

    count: int | None = None
    ignored_count: int = 0
    persons: Mapping[str, str] = field(default_factory=dict)  # person id -> e-mail
    ignored: tuple[IgnoredRow, ...] = ()

    @classmethod
    def read(cls, result: Any) -> Self:
        """From an answer's Result, whatever of it is there."""
        row = result if isinstance(result, Mapping) else {}
        ignored = [as_map(item, "an ignored row") for item in as_list(row.get("Ignored"))]
        persons = row.get("Persons") or {}
        return cls(
            count=count(row["Count"]) if "Count" in row else None,
            ignored_count=count(row.get("IgnoredCount")),
            persons={str(k): words_of(v) for k, v in persons.items()} if isinstance(persons, Mapping) else {},
            ignored=tuple(IgnoredRow(row=count(item.get("Row")), reason=text(item, "Reason")) for item in ignored),
        )


@dataclass(frozen=True, kw_only=True)
class Created:
    """What a creating call made; an empty id when the answer did not name it."""

    vendor_id: str

    @classmethod
    def read(cls, result: Any, key: str) -> Self:
        """From a bare id or a map that holds it."""
        if isinstance(result, Mapping):
            return cls(vendor_id=text(result, key))
        return cls(vendor_id=result if isinstance(result, str) else "")


@dataclass(frozen=True)
class Pdf:
    """A checked PDF."""

    content: bytes

    @property
    def sha256(self) -> str:
        """The content's fingerprint."""
        return hashlib.sha256(self.content).hexdigest()
