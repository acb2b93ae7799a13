"""Calls about persons."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qxportal.threesixty.calls.assessments import GetEvaluationStatus, GetSubjectStatus
from qxportal.threesixty.calls.base import AnswerKind, As, Call, RetryPolicy, T_co, check_upload, one_of, param
from qxportal.threesixty.csv import read_own
from qxportal.threesixty.enums import ImportType
from qxportal.threesixty.errors import Rejected
from qxportal.threesixty.lazy_rows import LazyRows, with_keys
from qxportal.threesixty.records import Created, EvaluationRecord, ImportOutcome, PersonRecord
from qxportal.threesixty.values import Raw, listed


@dataclass(frozen=True, kw_only=True)
class PersonsPage(Call[T_co]):
    """Persons of the directory from `start_index` (0-based), at most `record_limit`."""

    org_structure_id: str | None = param("OrgStructureID", default=None)
    include_metadata: bool = param("IncludeMetaData", default=False)
    start_index: int = param("StartIndex", default=0)
    record_limit: int | None = param("RecordLimit", default=None)


@dataclass(frozen=True, kw_only=True)
class GetPersons(PersonsPage[tuple[PersonRecord, ...]]):
    """The persons of the directory (getPersons, since 2.0)."""

    request = "getPersons"

    def read(self, answer: Any) -> tuple[PersonRecord, ...]:
        """One record per person."""
        return tuple(PersonRecord.read(row) for row in listed(answer, "Persons"))


@dataclass(frozen=True, kw_only=True)
class GetLazyPersons(PersonsPage[LazyRows[PersonRecord]]):
    """The persons of the directory (getPersons, since 2.0), undecoded, as most of them are known."""

    request = GetPersons.request
    answer = AnswerKind.ROWS
    under = "Persons"

    def read(self, answer: Any) -> LazyRows[PersonRecord]:
        """The undecoded rows with their ids."""
        return with_keys(answer, "PersonID", PersonRecord.read)


@dataclass(frozen=True, kw_only=True)
class CreatePerson(Call[Created]):
    """Create a person in the directory (createPerson, since 2.0)."""

    request = "createPerson"
    retry_policy = RetryPolicy.CREATE

    email: str = param("Email")
    first_name: str = param("FirstName")
    last_name: str = param("LastName")
    user_name: str | None = param("UserName", default=None)
    org_structure_id: str | None = param("OrgStructureID", default=None)
    person_id: str | None = param("PersonID", default=None)
    division_id: str | None = param("DivisionID", default=None)
    external: bool = param("External", default=False)
    metadata: Mapping[str, str] | None = param("MetaData", how=As.BRACKETS, default=None)

    def read(self, answer: Any) -> Created:
        """The new person's id."""
        return Created.read(answer, "PersonID")

    def read_back(self) -> GetPersons:
        """The whole directory."""
        return GetPersons(org_structure_id=self.org_structure_id)

    def shows(self, found: Any) -> bool | None:
        """Whether the chosen id is listed; without one, whether exactly one person has the address."""
        if isinstance(found, Rejected):
            return None
        if self.person_id:
            return any(one.vendor_id == self.person_id for one in found)
        alike = sum(one.email.lower() == self.email.lower() for one in found)
        return None if alike > 1 else alike == 1


@dataclass(frozen=True, kw_only=True)
class UpdatePerson(Call[None]):
    """Change a person's name, address or metadata (updatePerson, since 2.4).

    Only given values change. If the person is linked to a user, the documentation requires updateUser as well.
    """

    request = "updatePerson"
    retry_policy = RetryPolicy.STATE

    person_id: str = param("PersonID")
    first_name: str | None = param("FirstName", default=None)
    last_name: str | None = param("LastName", default=None)
    email: str | None = param("Email", default=None)
    metadata: Mapping[str, str] | None = param("MetaData", how=As.JSON, default=None)

    def read(self, answer: Any) -> None:
        """Success is all the API promises here."""

    def read_back(self) -> GetPersons:
        """The whole directory with metadata."""
        return GetPersons(include_metadata=True)

    def shows(self, found: Any) -> bool | None:
        """Whether the person has the given values; None if the person is not listed."""
        there = () if isinstance(found, Rejected) else found
        person = next((one for one in there if one.vendor_id == self.person_id), None)
        if person is None:
            return None
        wanted = {"first_name": self.first_name, "last_name": self.last_name, "email": self.email}
        plain = all(value in (None, getattr(person, name)) for name, value in wanted.items())
        return plain and all(person.metadata.get(key, "") == value for key, value in (self.metadata or {}).items())


@dataclass(frozen=True, kw_only=True)
class SetUserDataFields(Call[Raw]):
    """Set the brand's user data fields (setUserDataFields, since 2.4; marked deprecated by the documentation).

    `default_settings` is name -> shown or not; `optional_settings` is name -> {CanEdit, Required, Type, Choices}, with
    Type MultipleChoice or TextEntry. No request reads them back; the response may contain all of them.
    """

    request = "setUserDataFields"
    retry_policy = RetryPolicy.STATE

    default_settings: Mapping[str, bool] | None = param("DefaultSettings", how=As.JSON, default=None)
    optional_settings: Mapping[str, Mapping[str, Any]] | None = param("OptionalSettings", how=As.JSON, default=None)

    def read(self, answer: Any) -> Raw:
        """All current settings, if the response has them."""
        return answer if isinstance(answer, dict) else {}


@dataclass(frozen=True, kw_only=True)
class AddPerson(Call[None]):
    """Add a person of the directory to an assessment (addPerson, since 2.0)."""

    request = "addPerson"
    retry_policy = RetryPolicy.NATURAL_KEY

    person_id: str = param("PersonID")
    assessment_id: str = param("ThreeSixtyID")
    external: bool = param("External", default=False)
    force_update: bool = param("ForceUpdate", default=False)

    def read(self, answer: Any) -> None:
        """Success is all the API promises here."""

    def read_back(self) -> GetSubjectStatus:
        """The assessment's subjects."""
        return GetSubjectStatus(assessment_id=self.assessment_id)

    def shows(self, found: Any) -> bool | None:
        """Whether the person is among them; None for a person who only evaluates."""
        if isinstance(found, Rejected):
            return None
        return any(one.person_id == self.person_id for one in found) or (None if self.external else False)


@dataclass(frozen=True, kw_only=True)
class RemovePerson(Call[None]):
    """Remove a person from an assessment or the directory (removePerson, since 2.0; marked deprecated)."""

    request = "removePerson"
    retry_policy = RetryPolicy.DESTRUCTIVE
    shown_by_absence = True

    person_id: str = param("PersonID")
    assessment_id: str | None = param("ThreeSixtyID", default=None)
    org_structure_id: str | None = param("OrgStructureID", default=None)
    remove_evaluations: bool = param("RemoveEvaluations")

    def read(self, answer: Any) -> None:
        """Success is all the API promises here."""

    def read_back(self) -> Call[Any]:
        """The directory if the person is removed from it, else the assessment's subjects."""
        if self.org_structure_id or not self.assessment_id:
            return GetPersons(org_structure_id=self.org_structure_id)
        return GetSubjectStatus(assessment_id=self.assessment_id)

    def shows(self, found: Any) -> bool | None:
        """Whether the person is no longer there."""
        if isinstance(found, Rejected):
            return None
        return self.person_id not in {
            one.vendor_id if isinstance(one, PersonRecord) else one.person_id for one in found
        }


@dataclass(frozen=True, kw_only=True)
class ImportPersons(Call[ImportOutcome]):
    """Import people from CSV text (importPersons, since 2.0; at most 8 MB)."""

    request = "importPersons"

    type: ImportType = param("Type")
    file_contents: str = param("FileContents", how=As.FILE)
    assessment_id: str | None = param("ThreeSixtyID", default=None)
    org_structure_id: str | None = param("OrgStructureID", default=None)
    clean_import: bool = param("CleanImport")
    clear_relationships: bool = param("ClearRelationships")
    update_responses: bool = param("UpdateResponses")
    use_unique_person_id: bool = param("UseUniquePersonID", default=False)
    no_hierarchy_update: bool = param("NoHierarchyUpdate", default=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "type", one_of(ImportType, self.type, "Type"))
        check_upload(self.file_contents, self.request)

    @property
    def retry_policy(self) -> RetryPolicy:  # type: ignore[override]
        """Destructive with a switch that clears or rewrites data."""
        return (
            RetryPolicy.DESTRUCTIVE
            if self.clean_import or self.clear_relationships or self.update_responses
            else RetryPolicy.NATURAL_KEY
        )

    def read(self, answer: Any) -> ImportOutcome:
        """The rows that were imported and the rows that were ignored."""
        return ImportOutcome.read(answer)

    def read_back(self) -> GetPersons | GetEvaluationStatus | GetSubjectStatus:
        """The listing that must contain the imported people."""
        if self.assessment_id is None:
            return GetPersons(org_structure_id=self.org_structure_id)
        if self.type is ImportType.EVALUATORS:
            return GetEvaluationStatus(assessment_id=self.assessment_id, include_evaluation_responses=False)
        return GetSubjectStatus(assessment_id=self.assessment_id)

    def shows(self, found: Any) -> bool | None:
        """Whether every address of the file is listed; None instead of True for an import that also clears or rewrites.

        Participants who are not subjects appear in no listing, and rows that the vendor ignored will be missing.
        """
        if isinstance(found, Rejected) or self.type is ImportType.PARTICIPANTS:
            return None
        there = {(one.evaluator_email if isinstance(one, EvaluationRecord) else one.email).lower() for one in found}
        rows = read_own(self.file_contents) or ()
        titles = ("evaluatoremail", "email")
        wanted = {row[key].strip().lower() for row in rows for key in titles if row.get(key)}
        if not wanted:
            return None
        if not wanted <= there:
            return False
        return None if self.retry_policy is RetryPolicy.DESTRUCTIVE else True
