"""Requests of the catalogue's group `persons`."""

from typing import Any

from qxportal.engine.models import OrgStructure, Participant, Person
from tests.qxportal.engine.conformance.case import Case, Parameters, Scene

PEOPLE = "FirstName,LastName,Email\r\nPetra,Novak,{email}\r\n"


def _both(scene: Scene) -> Parameters:
    return {"PersonID": scene.people[2].public_id, "ThreeSixtyID": scene.assessment.public_id}


def _takes_part(scene: Scene, sent: Parameters, result: Any) -> None:
    found = scene.run(Participant.objects.get, assessment=scene.assessment, person=scene.people[2])
    assert (found.external, found.removed_at) == (sent["External"] == "1", None)


def _petra(scene: Scene) -> Parameters:
    return {"Email": f"petra.novak.{scene.number}@marlstone.example", "FirstName": "Petra", "LastName": "Novak"}


def directory(scene: Scene) -> OrgStructure:
    """The brand's own."""
    found: OrgStructure = scene.run(OrgStructure.objects.get, brand=scene.engine.brand)
    return found


def _details(scene: Scene) -> Parameters:
    return {
        "UserName": f"petra.novak.{scene.number}",
        "OrgStructureID": directory(scene).public_id,
        "PersonID": f"P_petraNovak{scene.number:05d}"[:17],
        "DivisionID": scene.engine.division(f"Field service {scene.number}").public_id,
        "External": "1",
        "MetaData": '{"Department": "Service"}',
    }


def _is_there(scene: Scene, sent: Parameters, result: Any) -> None:
    made = scene.run(Person.objects.select_related("division").get, public_id=sent["PersonID"])
    assert (made.first_name, made.email, made.user_name) == ("Petra", sent["Email"], sent["UserName"])
    assert made.division.public_id == sent["DivisionID"]
    assert (made.external, made.metadata) == (True, {"Department": "Service"})


def _file(scene: Scene) -> Parameters:
    return {"FileContents": PEOPLE.format(email=_petra(scene)["Email"])}


def _import(scene: Scene) -> Parameters:
    return {
        "ThreeSixtyID": scene.subject.assessment.public_id,
        "OrgStructureID": directory(scene).public_id,
        "Type": "Subjects",
        **dict.fromkeys(
            ("CleanImport", "ClearRelationships", "UpdateResponses", "UseUniquePersonID", "NoHierarchyUpdate"), "1"
        ),
    }


def _only_petra_is_subject(scene: Scene, sent: Parameters, result: Any) -> None:
    subjects = scene.run(
        lambda: list(
            Participant.objects.filter(assessment=scene.assessment, is_subject=True, removed_at=None).values_list(
                "person__email", flat=True
            )
        )
    )
    assert subjects == [_petra(scene)["Email"]]


def _leaving(scene: Scene) -> Parameters:
    scene.subject  # noqa: B018  # he takes part
    return {"PersonID": scene.people[0].public_id, "ThreeSixtyID": scene.assessment.public_id}


def _has_left(scene: Scene, sent: Parameters, result: Any) -> None:
    assert scene.now(scene.subject).removed_at is not None
    assert scene.now(scene.people[0]).removed_at is not None


def _first(scene: Scene) -> Parameters:
    return {"PersonID": scene.people[0].public_id}


def _changes(scene: Scene) -> Parameters:
    return {
        "FirstName": "Petra",
        "LastName": "Novak-Berg",
        "Email": f"petra.berg.{scene.number}@marlstone.example",
        "MetaData": '{"Department": "Service", "Title": ""}',
    }


def _is_changed(scene: Scene, sent: Parameters, result: Any) -> None:
    now = scene.now(scene.people[0])
    assert (now.first_name, now.last_name, now.email) == (sent["FirstName"], sent["LastName"], sent["Email"])
    assert now.metadata == {"Department": "Service"}


def _fields_are_set(scene: Scene, sent: Parameters, result: Any) -> None:
    brand = scene.now(scene.engine.brand)
    assert brand.default_fields == {"Photo": True, "Email": False}
    assert brand.optional_fields == {
        "Language": {"CanEdit": True, "Required": False, "Type": "MultipleChoice", "Choices": ["EN", "ES"]}
    }


CASES = {
    "addPerson": Case(required=_both, full=lambda _: {"External": "1", "ForceUpdate": "1"}, state=_takes_part),
    "createPerson": Case(required=_petra, full=_details, state=_is_there),
    "getPersons": Case(
        required=lambda _: {},
        full=lambda scene: {
            "OrgStructureID": directory(scene).public_id,
            "IncludeMetaData": "1",
            "StartIndex": "0",
            "RecordLimit": "10",
        },
    ),
    "importPersons": Case(required=_file, full=_import, state=_only_petra_is_subject),
    "removePerson": Case(
        required=_leaving,
        full=lambda scene: {"OrgStructureID": directory(scene).public_id, "RemoveEvaluations": "1"},
        state=_has_left,
    ),
    "setUserDataFields": Case(
        required=lambda _: {},
        full=lambda _: {
            "DefaultSettings": '{"Photo": true, "Email": false}',
            "OptionalSettings": '{"Language": {"CanEdit": true, "Type": "MultipleChoice", "Choices": ["EN", "ES"]}}',
        },
        state=_fields_are_set,
    ),
    "updatePerson": Case(required=_first, full=_changes, state=_is_changed),
}
