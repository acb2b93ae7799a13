"""Calls about persons."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qxportal.threesixty.calls.base import As, Call, CallClass, param
from qxportal.threesixty.records import Created, ImportOutcome, PersonRecord
from qxportal.threesixty.values import listed
from qxportal.threesixty.words import ImportType

UPLOAD_LIMIT = 8 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class GetPersons(Call[tuple[PersonRecord, ...]]):
    """The persons of the directory (getPersons, since 2.0), from `start_index` (0-based), at most `record_limit`."""

    request = "getPersons"

    org_structure_id: str | None = param("OrgStructureID", default=None)
    include_metadata: bool = param("IncludeMetaData", default=False)
    start_index: int = param("StartIndex", default=0)
    record_limit: int | None = param("RecordLimit", default=None)

    def read(self, answer: Any) -> tuple[PersonRecord, ...]:
        """One record per person."""
        return tuple(PersonRecord.read(row) for row in listed(answer, "Persons"))


@dataclass(frozen=True, kw_only=True)
class CreatePerson(Call[Created]):
    """Create a person in the directory (createPerson, since 2.0)."""

    request = "createPerson"
    kind = CallClass.C

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


@dataclass(frozen=True, kw_only=True)
class AddPerson(Call[None]):
    """Put a person of the directory into an assessment (addPerson, since 2.0)."""

    request = "addPerson"
    kind = CallClass.N

    person_id: str = param("PersonID")
    assessment_id: str = param("ThreeSixtyID")
    external: bool = param("External", default=False)
    force_update: bool = param("ForceUpdate", default=False)

    def read(self, answer: Any) -> None:
        """Success is all the API promises here."""


@dataclass(frozen=True, kw_only=True)
class RemovePerson(Call[None]):
    """Take a person out of an assessment or the directory (removePerson, since 2.0; marked deprecated)."""

    request = "removePerson"
    kind = CallClass.D

    person_id: str = param("PersonID")
    assessment_id: str | None = param("ThreeSixtyID", default=None)
    org_structure_id: str | None = param("OrgStructureID", default=None)
    remove_evaluations: bool = param("RemoveEvaluations")

    def read(self, answer: Any) -> None:
        """Success is all the API promises here."""


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
        object.__setattr__(self, "type", ImportType(self.type))
        if len(self.file_contents.encode()) > UPLOAD_LIMIT:
            raise ValueError("The file is larger than 8 MB, the most that importPersons takes.")

    @property
    def kind(self) -> CallClass:  # type: ignore[override]
        """With a switch that clears or rewrites something it cannot be taken back."""
        return CallClass.D if self.clean_import or self.clear_relationships or self.update_responses else CallClass.N

    def read(self, answer: Any) -> ImportOutcome:
        """What was taken and what was ignored."""
        return ImportOutcome.read(answer)
