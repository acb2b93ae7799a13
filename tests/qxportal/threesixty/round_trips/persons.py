"""Calls about persons."""

from typing import Any

from qxportal.threesixty.calls.assessments import GetEvaluationStatus, GetSubjectStatus
from qxportal.threesixty.calls.persons import (
    AddPerson,
    CreatePerson,
    GetPersons,
    ImportPersons,
    RemovePerson,
    SetUserDataFields,
    UpdatePerson,
)
from qxportal.threesixty.csv import to_csv
from qxportal.threesixty.enums import ImportType
from qxportal.threesixty.ids import new_id
from tests.qxportal.threesixty.round_trips.place import Place, RoundTrip


def get_persons(at: Place) -> None:
    people = at.call(GetPersons(include_metadata=True))
    assert {person.last_name for person in people} == {"Berger", "Ilić", "Wei", "Cole"}
    pages = list(at.client.pages(GetPersons(), size=3))
    assert [len(page.records) for page in pages] == [3, 1, 0]
    assert all(page.consistent for page in pages)


def create_person(at: Place) -> None:
    wanted = new_id("P")
    made = at.carry_out(
        CreatePerson(
            email="erik.aasen@marlstone.example",
            first_name="Erik",
            last_name="Åsen",
            person_id=wanted,
            metadata={"Department": "Finance"},
        )
    )
    assert made.vendor_id == wanted
    [person] = [one for one in at.call(GetPersons(include_metadata=True)) if one.vendor_id == wanted]
    assert (person.last_name, person.metadata["Department"]) == ("Åsen", "Finance")


def update_person(at: Place) -> None:
    at.carry_out(UpdatePerson(person_id=at.dana.public_id, last_name="Cole-Ortiz", metadata={"Cost centre": "4+2"}))


def set_user_data_fields(at: Place) -> None:
    at.carry_out(
        SetUserDataFields(
            default_settings={"Photo": False},
            optional_settings={"Age": {"CanEdit": True, "Required": False, "Type": "TextEntry"}},
        )
    )
    assert at.engine.refreshed(at.engine.brand).default_fields["Photo"] is False


def add_person(at: Place) -> None:
    at.carry_out(AddPerson(person_id=at.dana.public_id, assessment_id=at.review.public_id))
    subjects = at.call(GetSubjectStatus(assessment_id=at.review.public_id))
    assert {subject.last_name for subject in subjects} == {"Berger", "Cole"}


def remove_person(at: Place) -> None:
    at.carry_out(RemovePerson(person_id=at.anna.public_id, assessment_id=at.review.public_id, remove_evaluations=True))
    assert at.call(GetSubjectStatus(assessment_id=at.review.public_id)) == ()
    home = at.engine.run(lambda: at.review.org_structure.public_id)
    at.carry_out(RemovePerson(person_id=at.dana.public_id, org_structure_id=home, remove_evaluations=False))


def import_persons(at: Place) -> None:
    columns = ("FirstName", "LastName", "Email", "SubjectEmail", "Relationship")
    rows = [("Dana", "Cole", at.dana.email, at.anna.email, "Customer")]
    switches: Any = {"clean_import": False, "clear_relationships": False, "update_responses": False}
    outcome = at.carry_out(
        ImportPersons(
            assessment_id=at.review.public_id,
            type=ImportType.EVALUATORS,
            file_contents=to_csv(columns, rows),
            **switches,
        )
    )
    assert (outcome.count, outcome.ignored_count) == (1, 0)
    listed = at.call(GetEvaluationStatus(assessment_id=at.review.public_id, include_evaluation_responses=False))
    assert ("Cole", "Customer") in {(one.evaluator_last_name, one.relationship) for one in listed}
    half_wrong = to_csv(columns[:3], [("Erik", "Åsen", "erik.aasen@marlstone.example"), ("No", "Body", "")])
    outcome = at.call(ImportPersons(type=ImportType.DIRECTORY, file_contents=half_wrong, **switches))
    assert (outcome.count, outcome.ignored_count) == (1, 1)
    assert (outcome.ignored[0].row, bool(outcome.ignored[0].reason)) == (3, True)


ROUND_TRIPS: dict[str, RoundTrip] = {
    "addPerson": add_person,
    "createPerson": create_person,
    "getPersons": get_persons,
    "importPersons": import_persons,
    "removePerson": remove_person,
    "setUserDataFields": set_user_data_fields,
    "updatePerson": update_person,
}
