"""Requests about persons, in the directory and in assessments."""

from collections.abc import Callable, Iterable, Mapping

from django.db.models import Q, Value
from django.db.models.functions import Lower

from qxportal.engine import access, directory, ids
from qxportal.engine.answers import php_map
from qxportal.engine.arguments import Arguments
from qxportal.engine.importing.run import Switches, import_file
from qxportal.engine.importing.sheet import Kind
from qxportal.engine.models import Assessment, Division, Participant, Person, User
from qxportal.engine.participants import add_self_evaluations, enlist, withdraw
from qxportal.engine.people import EMAIL_LIMIT, is_email, metadata
from qxportal.engine.problems import Conflict, Invalid, Missing

COLUMNS = (
    "public_id", "first_name", "last_name", "email", "user_name", "user__public_id", "division__public_id", "external",
)  # fmt: skip


def get_persons(user: User, arguments: Arguments) -> object:
    """List a page of the directory, or all of it."""
    org_structure = access.org_structure(user, arguments.text("OrgStructureID"))
    start, limit = arguments.number("StartIndex") or 0, arguments.number("RecordLimit")
    persons = directory.page(org_structure, start, limit)
    if not arguments.flag("IncludeMetaData"):
        return {"Persons": [_record(row) for row in persons.values_list(*COLUMNS)]}
    rows = persons.values_list(*COLUMNS, "metadata")
    return {"Persons": [_record(row) | {"MetaData": php_map(row[-1])} for row in rows]}


def create_person(user: User, arguments: Arguments) -> object:
    """Make a person in the directory."""
    access.require_brand_admin(user)
    org_structure = access.org_structure(user, arguments.text("OrgStructureID"))
    first_name, last_name = (_required(arguments, name) for name in ("FirstName", "LastName"))
    email = arguments.text("Email", limit=EMAIL_LIMIT)
    if not is_email(email):
        raise Invalid("Email", "A mail address is expected.")
    details = metadata(arguments.structure("MetaData"))
    if details is None:
        raise Invalid("MetaData", "A map of short texts is expected.")
    division = _division(user, arguments.text("DivisionID"))
    user_name = arguments.text("UserName", limit=EMAIL_LIMIT) or email
    directory.lock(org_structure)
    public_id = _unused_id(arguments)
    namesakes = Person.objects.filter(org_structure=org_structure, removed_at=None).alias(folded=Lower("user_name"))
    if namesakes.filter(folded=Lower(Value(user_name))).exists():  # as the index has it
        raise Conflict("ETS2", f"A person with the user name {user_name} exists.")
    person = Person.objects.create(
        public_id=public_id,
        org_structure=org_structure,
        position=directory.take_positions(org_structure, 1)[0],
        first_name=first_name,
        last_name=last_name,
        email=email,
        user_name=user_name,
        division=division,
        external=arguments.flag("External"),
        metadata=details,
    )
    return {"PersonID": person.public_id}


def add_person(user: User, arguments: Arguments) -> object:
    """Put a person into an assessment: as a subject, or as an external who only evaluates."""
    assessment = access.assessment(user, arguments.text("ThreeSixtyID"), lock=True)
    person = access.person(user, arguments.text("PersonID"))
    external = arguments.flag("External")
    if not (external or assessment.has_subjects):
        raise Invalid("External", f"{assessment.type} assessments have participants and no subjects: set it to 1.")
    known = Participant.objects.filter(assessment=assessment, person=person, removed_at=None).first()
    if known is None:
        enlist(assessment, [person], subjects=not external, external=external)
        Participant.objects.filter(assessment=assessment, person=person).update(external=external)
    elif arguments.flag("ForceUpdate"):
        known.external = external
        known.is_subject = known.is_subject or not external
        known.save(update_fields=["external", "is_subject"])
        if known.is_subject:
            add_self_evaluations(assessment, [known])
    return {"Success": True}


def remove_person(user: User, arguments: Arguments) -> object:
    """Take a person out of an assessment, the directory, or both."""
    with_evaluations = arguments.flag("RemoveEvaluations")
    assessment_id, org_id = arguments.text("ThreeSixtyID"), arguments.text("OrgStructureID")
    if not assessment_id and not org_id:
        raise Missing("ThreeSixtyID")
    person_id = arguments.text("PersonID")
    if assessment_id:
        assessment = access.assessment(user, assessment_id, lock=True)
        if not withdraw(assessment, Q(person__public_id=person_id), with_evaluations=with_evaluations):
            raise Invalid("PersonID", "The person is not in the assessment.")
    if org_id:
        access.require_brand_admin(user)
        org_structure = access.org_structure(user, org_id)
        directory.lock(org_structure)
        if not directory.remove(org_structure, Q(public_id=person_id)):
            raise Invalid("PersonID", "The person is not in the organization structure.")
    return {"Success": True}


def import_persons(user: User, arguments: Arguments) -> object:
    """Take people from a CSV file into the directory or an assessment."""
    file = arguments.upload()
    word = arguments.text("Type")
    if word not in list(Kind):
        raise Invalid("Type", f"Possible: {', '.join(Kind)}.")
    kind = Kind(word)
    assessment_id = arguments.text("ThreeSixtyID")
    if kind is not Kind.DIRECTORY and not assessment_id:
        raise Missing("ThreeSixtyID")
    assessment = access.assessment(user, assessment_id, lock=True) if assessment_id else None
    if assessment is None:
        access.require_brand_admin(user)
        org_structure = access.org_structure(user, arguments.text("OrgStructureID"))
    else:
        org_structure = assessment.org_structure
        if arguments.text("OrgStructureID") not in ("", org_structure.public_id):
            raise Invalid("OrgStructureID", "The assessment has another organization structure.")
        kind = _kind_in(assessment, kind)
    switches = Switches(
        clean=arguments.flag("CleanImport"),
        clear_relationships=arguments.flag("ClearRelationships"),
        by_unique_id=arguments.flag("UseUniquePersonID"),
        keep_hierarchy=arguments.flag("NoHierarchyUpdate"),
    )
    outcome = import_file(file, kind, org_structure, assessment, switches)
    return {
        "Count": outcome.count,
        "IgnoredCount": len(outcome.ignored),
        "Persons": php_map(outcome.persons),
        "Ignored": [{"Row": row, "Reason": reason} for row, reason in sorted(outcome.ignored.items())],
    }


def _kind_in(assessment: Assessment, kind: Kind) -> Kind:
    """Naming an assessment makes subjects, or participants where there are none."""
    possible = [Kind.SUBJECTS, Kind.EVALUATORS] if assessment.has_subjects else [Kind.PARTICIPANTS]
    chosen = possible[0] if kind is Kind.DIRECTORY else kind
    if chosen not in possible:
        raise Invalid("Type", f"Possible in assessments of the type {assessment.type}: {', '.join(possible)}.")
    return chosen


def _record(row: Iterable[object]) -> dict[str, object]:
    public_id, first_name, last_name, email, user_name, user_id, division_id, external, *_ = row
    return {
        "PersonID": public_id,
        "FirstName": first_name,
        "LastName": last_name,
        "Email": email,
        "UserName": user_name,
        "UserID": user_id,
        "DivisionID": division_id,
        "External": int(bool(external)),
    }


def _required(arguments: Arguments, name: str) -> str:
    value = arguments.text(name)
    if not value:
        raise Missing(name)
    return value


def _division(user: User, public_id: str) -> Division | None:
    if not public_id:
        return None
    division = Division.objects.filter(brand=user.brand, public_id=public_id).first()
    if division is None:
        raise Invalid("DivisionID", "There is no such division.")
    return division


def _unused_id(arguments: Arguments) -> str:
    chosen = arguments.text("PersonID")
    if not chosen:
        return ids.person_id()
    if not ids.well_formed(chosen, "P"):
        raise Invalid("PersonID", "P_ and up to 15 letters and digits are expected.")
    if Person.objects.filter(public_id=chosen).exists():
        raise Conflict("ETS1", "This PersonID is taken.")
    return chosen


HANDLERS: Mapping[str, Callable[[User, Arguments], object]] = {
    "addPerson": add_person,
    "createPerson": create_person,
    "getPersons": get_persons,
    "importPersons": import_persons,
    "removePerson": remove_person,
}
