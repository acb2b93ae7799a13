"""Requests about persons, in the directory and in assessments."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from django.db.models import Q, TextField
from django.db.models.functions import Cast

from qxportal.engine.assessments.participants import add_self_evaluations, enlist, withdraw
from qxportal.engine.http.api_responses import php_map
from qxportal.engine.http.arguments import Arguments, address
from qxportal.engine.http.errors import Conflict, Invalid, Missing
from qxportal.engine.http.listings import StreamedListing
from qxportal.engine.models import Brand, Participant, Person, User, ids
from qxportal.engine.models.mailboxes import EMAIL_LIMIT, key
from qxportal.engine.people import access, confidential, directory, person_user_links, personal_links, user_data
from qxportal.engine.people.fields import METADATA_FIELDS, merged, metadata
from qxportal.engine.people.user_data import Fields

NAMES = {"FirstName": "first_name", "LastName": "last_name", "Email": "email"}
LARGE_PAGE = 5_000  # longer lists are streamed
COLUMNS = (
    "public_id",
    "first_name",
    "last_name",
    "email",
    "user_name",
    "user__public_id",
    "division__public_id",
    "external",
    "unique_identifier",
)


def get_persons(user: User, arguments: Arguments) -> object:
    """List a page of the directory, or the whole directory."""
    org_structure = access.org_structure(user, arguments.text("OrgStructureID"))
    start, limit = arguments.number("StartIndex") or 0, arguments.number("RecordLimit")
    details = [Cast("metadata", TextField())] if arguments.flag("IncludeMetaData") else []  # no need to read the JSON
    rows = directory.page(org_structure, start, limit).values_list(*COLUMNS, *details)
    at_once = limit is not None and limit <= LARGE_PAGE
    return StreamedListing("Persons", map(_record, rows if at_once else rows.iterator(LARGE_PAGE)))


def create_person(user: User, arguments: Arguments) -> object:
    """Create a person in the directory."""
    access.require_brand_admin(user)
    org_structure = access.org_structure(user, arguments.text("OrgStructureID"))
    first_name, last_name = arguments.required("FirstName"), arguments.required("LastName")
    email = address(arguments, "Email")
    details = _metadata(arguments)
    external = arguments.flag("External")
    _refuse_unfit(details, user_data.of(user.brand), complete=not external)
    division = access.division(user, arguments.text("DivisionID"), parameter="DivisionID")
    user_name = arguments.text("UserName", limit=EMAIL_LIMIT) or email
    person_user_links.lock(user.brand)
    public_id = _unused_id(arguments)
    namesakes = Person.objects.filter(org_structure=org_structure, removed_at=None, user_name_key=key(user_name))
    if namesakes.exists():
        raise Conflict("ETS2", f"A person with the user name {user_name} exists.")
    person = Person(
        public_id=public_id,
        org_structure=org_structure,
        position=directory.take_positions(org_structure, 1)[0],
        first_name=first_name,
        last_name=last_name,
        email=email,
        user_name=user_name,
        division=division,
        external=external,
        metadata=merged({}, details),
    )
    person_user_links.link_to_users(user.brand, [person])
    person.save()
    return {"PersonID": person.public_id}


def add_person(user: User, arguments: Arguments) -> object:
    """Add a person to an assessment: as a subject, or as an external evaluator."""
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
    """Remove a person from an assessment, the directory, or both."""
    with_evaluations = arguments.flag("RemoveEvaluations")
    assessment_id, org_id = arguments.text("ThreeSixtyID"), arguments.text("OrgStructureID")
    if not assessment_id and not org_id:
        raise Missing("ThreeSixtyID")
    person_id = arguments.text("PersonID")
    if assessment_id:
        assessment = access.assessment(user, assessment_id, lock=True)
        own_ids = confidential.own_person_ids(user)
        leaving = Q(person__public_id=person_id)
        if not withdraw(assessment, leaving, with_evaluations=with_evaluations, own_ids=own_ids):
            raise Invalid("PersonID", "The person is not in the assessment.")
    if org_id:
        access.require_brand_admin(user)
        org_structure = access.org_structure(user, org_id)
        directory.lock(org_structure)
        if not directory.remove(org_structure, Q(public_id=person_id)):
            raise Invalid("PersonID", "The person is not in the organization structure.")
    return {"Success": True}


def update_person(user: User, arguments: Arguments) -> object:
    """Change a person, and names and address of a linked user. People may change some metadata of their own."""
    person_user_links.lock(user.brand)
    person = access.person(user, arguments.text("PersonID"))
    fields = user_data.of(user.brand)
    details = _metadata(arguments)
    is_self = person.user_id == user.pk and not any(map(arguments.has, NAMES))
    if not (is_self and set(details) <= user_data.editable(fields)):
        access.require_brand_admin(user)
    given = [name for name in NAMES if arguments.has(name)]
    changes = {NAMES[name]: arguments.required(name) for name in given if name != "Email"}
    if "Email" in given:
        changes["email"] = address(arguments, "Email")
    _refuse_unfit(details, fields, complete=False)
    moved = "email" in changes and key(changes["email"]) != person.email_key
    for field, value in changes.items():
        setattr(person, field, value)
    person.metadata = merged(person.metadata, details)
    if len(person.metadata) > METADATA_FIELDS:
        raise Invalid("MetaData", f"A person has at most {METADATA_FIELDS} metadata.")
    person.save(update_fields=[*person_user_links.keyed(changes), "metadata"])
    if person.user_id and changes:
        User.objects.filter(pk=person.user_id).update(**person_user_links.shared(changes))
    if moved:
        personal_links.end_links_to_earlier_addresses([person.pk])
    return {"Success": True}


def set_user_data_fields(user: User, arguments: Arguments) -> object:
    """Set the standard fields that the brand shows, and its own fields."""
    access.require_brand_admin(user)
    brand = Brand.objects.select_for_update().get(pk=user.brand_id)
    user_data.update(brand, arguments.structure("DefaultSettings"), arguments.structure("OptionalSettings"))
    return {
        "DefaultSettings": php_map(brand.default_fields),
        "OptionalSettings": php_map(brand.optional_fields),
    }


def _record(row: Sequence[Any]) -> dict[str, object]:
    record = {
        "PersonID": row[0],
        "FirstName": row[1],
        "LastName": row[2],
        "Email": row[3],
        "UserName": row[4],
        "UserID": row[5],
        "DivisionID": row[6],
        "External": int(row[7]),
        "ExternalDataReference": row[8],
    }
    if len(row) > len(COLUMNS):
        details = row[len(COLUMNS)]
        record["MetaData"] = [] if details == "{}" else msgspec.Raw(details.encode())
    return record


def _metadata(arguments: Arguments) -> dict[str, str]:
    details = metadata(arguments.structure("MetaData"))
    if details is None:
        raise Invalid("MetaData", "A map of short texts is expected.")
    return details


def _refuse_unfit(details: Mapping[str, str], fields: Fields, *, complete: bool) -> None:
    reason = user_data.fault(details, fields, complete=complete)
    if reason:
        raise Invalid("MetaData", reason)


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
    "removePerson": remove_person,
    "setUserDataFields": set_user_data_fields,
    "updatePerson": update_person,
}
