"""Which change waits for which: those that meet on a path, and no others."""

import uuid
from dataclasses import MISSING, fields, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from qxportal.ledger.models import Change
from qxportal.ledger.outbox.intents import NAMED, PREFIXES, chosen_id, mark, marked
from qxportal.ledger.outbox.resource_paths import FIELD, PATHS, Blocked, Footprint, footprint
from qxportal.ledger.outbox.serialize import CHOSEN, enclosures, restored, stored
from qxportal.threesixty.calls.assessments import (
    ActivateAssessment,
    CreateAssessment,
    SetCustomRelationships,
    SetSubjectStatus,
)
from qxportal.threesixty.calls.base import Call
from qxportal.threesixty.calls.every import KNOWN_CALLS
from qxportal.threesixty.calls.library import CreateLibraryMessage
from qxportal.threesixty.calls.persons import AddPerson, CreatePerson, ImportPersons, RemovePerson
from qxportal.threesixty.calls.surveys import SetSurveyOptions
from qxportal.threesixty.calls.users import CreateDivision, UpdateUser
from qxportal.threesixty.catalogue import KNOWN
from qxportal.threesixty.enums import ImportType, MessageCategory, SubjectStatus
from qxportal.threesixty.records import RelationshipRecord

MUTATING = sorted(name for name, spec in KNOWN.items() if spec.mutates)


def status(person, assessment="TS_1"):
    return SetSubjectStatus(
        assessment_id=assessment, subject_id=person, status=SubjectStatus.DONE, close_sessions=False
    )


def evaluators(*pairs):
    rows = "".join(f"{subject},{evaluator},Peer\r\n" for subject, evaluator in pairs)
    return ImportPersons(
        assessment_id="TS_1",
        type=ImportType.EVALUATORS,
        clean_import=False,
        clear_relationships=False,
        update_responses=False,
        file_contents=f"SubjectUniqueIdentifier,UniqueIdentifier,Relationship\r\n{rows}",
    )


ANNA = CreatePerson(person_id="P_ANNA", email="anna@marlstone.example", first_name="Anna", last_name="Berger")
ADD_ANNA = AddPerson(person_id="P_ANNA", assessment_id="TS_1")
CREATE = CreateAssessment(name="Spring round", assessment_id="TS_1")
RELATIONSHIPS = SetCustomRelationships(assessment_id="TS_1", relationships=(RelationshipRecord(name="Mentor"),))
LEAVE = RemovePerson(person_id="P_ANNA", remove_evaluations=False)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (ANNA, ADD_ANNA),
        (ADD_ANNA, status("P_ANNA")),
        (ADD_ANNA, evaluators(("P_ANNA", "P_BORIS"))),
        (ANNA, evaluators(("P_CHEN", "P_ANNA"))),
        (RELATIONSHIPS, evaluators(("P_CHEN", "P_BORIS"))),
        (CREATE, status("P_ANNA")),
        (status("P_ANNA"), ActivateAssessment(assessment_id="TS_1")),
        (ADD_ANNA, LEAVE),
    ],
)
def test_a_later_change_waits_for_what_it_builds_on(earlier, later):
    assert meets(earlier, later)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (status("P_ANNA"), status("P_BORIS")),
        (status("P_ANNA"), status("P_ANNA", assessment="TS_2")),
        (CREATE, ActivateAssessment(assessment_id="TS_2")),
        (ANNA, status("P_BORIS")),
        (RELATIONSHIPS, status("P_ANNA")),
        (evaluators(("P_ANNA", "P_CHEN")), evaluators(("P_BORIS", "P_CHEN"))),
        (status("P_ANNA"), status("P_ANNA2")),
    ],
)
def test_others_go_ahead(earlier, later):
    assert not meets(earlier, later)
    assert not meets(later, earlier)


def meets(earlier, later):
    waiting = Blocked()
    waiting.add(footprint(earlier).writes, footprint(earlier).reads)
    return waiting.overlaps(footprint(later).writes, footprint(later).reads)


def test_an_import_that_clears_stands_for_all_subjects_and_managers():
    plain = evaluators(("P_ANNA", "P_BORIS"))
    clearing = replace(plain, clear_relationships=True)

    assert meets(clearing, status("P_CLARA"))
    assert not meets(plain, status("P_CLARA"))
    assert meets(RemovePerson(person_id="P_CLARA", remove_evaluations=False), clearing)
    assert not meets(clearing, status("P_CLARA", assessment="TS_2"))


def test_an_import_of_unknown_people_stands_for_all_of_them():
    by_address = "Email,SubjectEmail,Relationship\r\nboris@marlstone.example,anna@marlstone.example,Peer\r\n"
    call = ImportPersons(
        assessment_id="TS_1",
        type=ImportType.EVALUATORS,
        clean_import=False,
        clear_relationships=False,
        update_responses=False,
        file_contents=by_address,
    )

    assert meets(call, status("P_ANNA"))
    assert meets(ANNA, call)


def example(request: str) -> Call[Any]:
    """A call of that request, with something in each field that must be there."""
    kind = KNOWN_CALLS[request]
    special: dict[str, Any] = {
        "status": SubjectStatus.DONE,
        "category": MessageCategory.INVITE_EMAILS,
        "relationships": (),
        "rows": (),
        "accesses": ({"SubjectID": "P_1", "PersonID": "P_2", "Viewer": "Other"},),
        "type": ImportType.DIRECTORY if request == "importPersons" else "UT_1",
        "message": "Please answer by Friday.",
        "file_contents": b"\x89PNG" if request in ("uploadLibraryGraphic", "importSurvey") else "Email\r\n",
    }
    needed = [item for item in fields(kind) if item.default is MISSING and item.default_factory is MISSING]
    return kind(
        **{
            item.name: special.get(item.name, False if item.type in (bool, "bool") else f"{item.name}-1")
            for item in needed
        }
    )


@pytest.mark.parametrize("request_name", MUTATING)
def test_every_request_that_acts_on_something_says_on_what(request_name):
    call = marked(example(request_name), uuid.uuid4())

    assert footprint(call).writes or request_name in NAMED


@pytest.mark.parametrize("kind", PATHS)
def test_paths_name_fields_of_their_call(kind):
    named = {name for path in (*PATHS[kind].writes, *PATHS[kind].reads) for name in FIELD.findall(path)}

    assert named <= {item.name for item in fields(kind)}


def test_paths_are_as_many_as_values_and_none_without():
    division = CreateDivision(name="Sales", administrators=("UR_1", "UR_2"))
    user = UpdateUser(user_id="UR_1", user_name="Anna@Marlstone.example")

    assert footprint(division) == Footprint((), ("user/UR_1", "user/UR_2"))
    assert footprint(user) == Footprint(("user/UR_1", "user-name/anna@marlstone.example"))


@pytest.mark.parametrize("request_name", MUTATING)
def test_every_call_is_kept_and_comes_back(request_name):
    call = example(request_name)
    kept = {name: value for name, value in stored(call).items() if name != "enclosed"}
    change = Change(request=request_name, parameters=kept)
    for name in enclosures(call):
        kept[name] = getattr(call, name)

    assert restored(change) == call


def test_times_and_relationships_come_back_typed():
    until = datetime(2027, 1, 31, 18, tzinfo=UTC)
    options = SetSurveyOptions(survey_id="SV_1", close_sessions=False, expires=True, valid_until=until)
    for call in (options, RELATIONSHIPS, CREATE):
        assert restored(Change(request=call.request, parameters=stored(call))) == call


def test_what_is_created_gets_a_mark_by_which_it_is_found_again():
    intent = uuid.uuid4()
    assert set(CHOSEN) | set(NAMED) <= set(MUTATING)
    assert set(CHOSEN.values()) == set(PREFIXES)
    for request, field in CHOSEN.items():
        call = marked(example(request), intent)
        assert getattr(call, field) == chosen_id(PREFIXES[field], intent)
        assert marked(call, intent) == call
    message = CreateLibraryMessage(
        library_id="UR_1", name="Invitation", category=MessageCategory.INVITE_EMAILS, message="Please answer."
    )
    assert marked(message, intent).name == f"Invitation {mark(intent)}"  # type: ignore[attr-defined]
    assert marked(marked(message, intent), intent) == marked(message, intent)


def test_secrets_are_not_among_the_kept_parameters():
    kept = stored(example("createUser"))

    assert "password" not in kept
    assert kept["enclosed"] == {"password": {}}
