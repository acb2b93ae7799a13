"""Requests of the catalogue's group `persons`."""

from typing import Any

from qxportal.engine.models import OrgStructure, Participant, Person
from tests.qxportal.engine.conformance.case import Case, Parameters, SampleReview

PEOPLE = "FirstName,LastName,Email\r\nPetra,Novak,{email}\r\n"


def _both(sample: SampleReview) -> Parameters:
    return {"PersonID": sample.people[2].public_id, "ThreeSixtyID": sample.assessment.public_id}


def _takes_part(sample: SampleReview, sent: Parameters, result: Any) -> None:
    found = sample.run(Participant.objects.get, assessment=sample.assessment, person=sample.people[2])
    assert (found.external, found.removed_at) == (sent["External"] == "1", None)


def _petra(sample: SampleReview) -> Parameters:
    return {"Email": f"petra.novak.{sample.number}@marlstone.example", "FirstName": "Petra", "LastName": "Novak"}


def directory(sample: SampleReview) -> OrgStructure:
    """The brand's own."""
    found: OrgStructure = sample.run(OrgStructure.objects.get, brand=sample.engine.brand)
    return found


def _details(sample: SampleReview) -> Parameters:
    return {
        "UserName": f"petra.novak.{sample.number}",
        "OrgStructureID": directory(sample).public_id,
        "PersonID": f"P_petraNovak{sample.number:05d}"[:17],
        "DivisionID": sample.engine.division(f"Field service {sample.number}").public_id,
        "External": "1",
        "MetaData": '{"Department": "Service"}',
    }


def _is_there(sample: SampleReview, sent: Parameters, result: Any) -> None:
    made = sample.run(Person.objects.select_related("division").get, public_id=sent["PersonID"])
    assert (made.first_name, made.email, made.user_name) == ("Petra", sent["Email"], sent["UserName"])
    assert made.division.public_id == sent["DivisionID"]
    assert (made.external, made.metadata) == (True, {"Department": "Service"})


def _file(sample: SampleReview) -> Parameters:
    return {"FileContents": PEOPLE.format(email=_petra(sample)["Email"])}


def _import(sample: SampleReview) -> Parameters:
    return {
        "ThreeSixtyID": sample.subject.assessment.public_id,
        "OrgStructureID": directory(sample).public_id,
        "Type": "Subjects",
        **dict.fromkeys(
            ("CleanImport", "ClearRelationships", "UpdateResponses", "UseUniquePersonID", "NoHierarchyUpdate"), "1"
        ),
    }


def _only_petra_is_subject(sample: SampleReview, sent: Parameters, result: Any) -> None:
    subjects = sample.run(
        lambda: list(
            Participant.objects.filter(assessment=sample.assessment, is_subject=True, removed_at=None).values_list(
                "person__email", flat=True
            )
        )
    )
    assert subjects == [_petra(sample)["Email"]]


def _leaving(sample: SampleReview) -> Parameters:
    sample.subject  # noqa: B018  # he takes part
    return {"PersonID": sample.people[0].public_id, "ThreeSixtyID": sample.assessment.public_id}


def _has_left(sample: SampleReview, sent: Parameters, result: Any) -> None:
    assert sample.now(sample.subject).removed_at is not None
    assert sample.now(sample.people[0]).removed_at is not None


def _first(sample: SampleReview) -> Parameters:
    return {"PersonID": sample.people[0].public_id}


def _changes(sample: SampleReview) -> Parameters:
    return {
        "FirstName": "Petra",
        "LastName": "Novak-Berg",
        "Email": f"petra.berg.{sample.number}@marlstone.example",
        "MetaData": '{"Department": "Service", "Title": ""}',
    }


def _is_changed(sample: SampleReview, sent: Parameters, result: Any) -> None:
    now = sample.now(sample.people[0])
    assert (now.first_name, now.last_name, now.email) == (sent["FirstName"], sent["LastName"], sent["Email"])
    assert now.metadata == {"Department": "Service"}


def _fields_are_set(sample: SampleReview, sent: Parameters, result: Any) -> None:
    brand = sample.now(sample.engine.brand)
    assert brand.default_fields == {"Photo": True, "Email": False}
    assert brand.optional_fields == {
        "Language": {"CanEdit": True, "Required": False, "Type": "MultipleChoice", "Choices": ["EN", "ES"]}
    }


CASES = {
    "addPerson": Case(required=_both, full=lambda _: {"External": "1", "ForceUpdate": "1"}, state=_takes_part),
    "createPerson": Case(required=_petra, full=_details, state=_is_there),
    "getPersons": Case(
        required=lambda _: {},
        full=lambda sample: {
            "OrgStructureID": directory(sample).public_id,
            "IncludeMetaData": "1",
            "StartIndex": "0",
            "RecordLimit": "10",
        },
    ),
    "importPersons": Case(required=_file, full=_import, state=_only_petra_is_subject),
    "removePerson": Case(
        required=_leaving,
        full=lambda sample: {"OrgStructureID": directory(sample).public_id, "RemoveEvaluations": "1"},
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
