from collections.abc import Callable

import pytest

from qxportal.engine.models import Assessment, Evaluation, Person
from tests.qxportal.engine.conftest import Caller, Rows
from tests.support.engine_fixture import Engine

Pairs = Callable[[], set[tuple[str, str, str]]]


def sheet(*lines: str) -> str:
    return "".join(f"{line}\r\n" for line in lines)


@pytest.fixture
def review(engine: Engine) -> Assessment:
    return engine.assessment("Leaders", relationships=("Mentor",))


@pytest.fixture
def evaluations(call: Caller, rows: Rows, review: Assessment) -> Pairs:
    """Who evaluates whom as what."""

    def read() -> set[tuple[str, str, str]]:
        lines = rows(call("getEvaluationStatus", form="CSV", ThreeSixtyID=review.public_id))
        return {(line["EvaluatorEmail"], line["SubjectEmail"], line["Relationship"]) for line in lines}

    return read


def test_a_half_wrong_file_imports_its_good_half(engine: Engine, call: Caller):
    engine.person("Mara", "Lindqvist", email="mara@marlstone.example", metadata={"Department": "Sales"})

    result = call.result(
        "importPersons",
        FileContents=sheet(
            "\ufefffirst name,LASTNAME,Email,Department,Title",
            "Mara,Lindqvist-Berg,Mara@marlstone.example,,Buyer",
            'Jonas,"Okafor, Dr.",jonas@marlstone.example,Finance,',
            "Aisha,,aisha@marlstone.example,Finance,",
            "Piotr,Petrov,not an address,Finance,",
            "",
            "Lena,Novak,lena@marlstone.example,Finance,Clerk,surplus",
            "Jonas,Okafor,jonas@marlstone.example,Finance,",
        ),
    )

    assert (result["Count"], result["IgnoredCount"]) == (2, 4)
    assert sorted(result["Persons"].values()) == ["jonas@marlstone.example", "mara@marlstone.example"]
    assert [(line["Row"], line["Reason"]) for line in result["Ignored"]] == [
        (4, "LastName is empty."),
        (5, "not an address is no mail address."),
        (7, "The row has more cells than the header."),
        (8, "Row 3 is about the same person."),
    ]
    mara, jonas = call.result("getPersons", IncludeMetaData=1)["Persons"]
    assert (mara["LastName"], mara["MetaData"]) == ("Lindqvist-Berg", {"Title": "Buyer"})
    assert (jonas["LastName"], jonas["MetaData"]) == ("Okafor, Dr.", {"Department": "Finance"})


def test_what_a_spreadsheet_would_compute_is_text(call: Caller):
    file = sheet("FirstName,LastName,Email,Phone", "=1+1,@SUM(1),mara@marlstone.example,+49 30 1234")

    assert call.result("importPersons", FileContents=file)["IgnoredCount"] == 0

    (person,) = call.result("getPersons", IncludeMetaData=1)["Persons"]
    assert (person["FirstName"], person["LastName"]) == ("=1+1", "@SUM(1)")
    assert person["MetaData"] == {"Phone": "+49 30 1234"}


@pytest.mark.parametrize(
    "file",
    [
        "FirstName,LastName\r\nMara,Lindqvist\r\n",
        "FirstName,LastName,Email,E-mail address,email\r\n",
        "\0",
        'FirstName,LastName,Email\r\n"Mara,Lindqvist,mara@marlstone.example\r\n',
        ",".join(f"Column{number}" for number in range(500)),
        "FirstName,LastName,Email\r\n" + "x" * 200_000,
    ],
    ids=["no address", "twice", "binary", "open quote", "too wide", "too long a cell"],
)
def test_a_file_that_is_none_is_refused(call: Caller, file: str):
    assert call.refused("importPersons", FileContents=file) == (400, "ESRV35|FileContents")
    assert call.result("getPersons")["Persons"] == []


def test_subjects_come_with_self_evaluations(call: Caller, review: Assessment, evaluations: Pairs):
    which = {"ThreeSixtyID": review.public_id, "Type": "Subjects"}
    file = sheet("FirstName,LastName,Email,Team", "Mara,Lindqvist,mara@marlstone.example,Blue")

    for _ in range(2):
        assert call.result("importPersons", **which, FileContents=file)["Count"] == 1

    assert evaluations() == {("mara@marlstone.example", "mara@marlstone.example", "Self")}
    (person,) = call.result("getPersons", IncludeMetaData=1)["Persons"]
    assert person["MetaData"] == {"Team": "Blue"}


def test_evaluators_need_a_subject_and_a_relationship(
    engine: Engine, call: Caller, review: Assessment, evaluations: Pairs
):
    mara, jonas = (engine.person(name, "Lindqvist", email=f"{name}@m.example") for name in ("mara", "jonas"))
    done = engine.person("piotr", "Petrov", email="piotr@m.example")
    engine.subject(review, mara)
    engine.subject(review, done, status="Done")

    result = call.result(
        "importPersons",
        ThreeSixtyID=review.public_id,
        Type="Evaluators",
        FileContents=sheet(
            "FirstName,LastName,Evaluator Email,SubjectEmail,Relationship",
            "Jonas,Lindqvist,jonas@m.example,mara@m.example,direct report",
            "Tom,Rossi,tom@rossi.example,MARA@m.example,mentor",
            "Lena,Novak,lena@m.example,nobody@m.example,Peer",
            "Lena,Novak,lena@m.example,mara@m.example,Neighbour",
            "Lena,Novak,lena@m.example,piotr@m.example,Peer",
            "Mara,Lindqvist,mara@m.example,mara@m.example,Peer",
            "Jonas,Lindqvist,jonas@m.example,mara@m.example,Peer",
            ",,new@m.example,mara@m.example,Peer",
        ),
    )

    assert evaluations() == {
        ("mara@m.example", "mara@m.example", "Self"),
        ("piotr@m.example", "piotr@m.example", "Self"),
        ("jonas@m.example", "mara@m.example", "DirectReport"),
        ("tom@rossi.example", "mara@m.example", "Mentor"),
    }
    assert result["Count"] == 2
    assert [line["Row"] for line in result["Ignored"]] == [4, 5, 6, 7, 8, 9]
    assert jonas.public_id in result["Persons"]
    tom = engine.run(lambda: Person.objects.get(email="tom@rossi.example"))
    assert tom.external
    assert not engine.run(lambda: Person.objects.filter(first_name="Lena").exists()), "ignored rows make nobody"


def test_a_new_import_changes_the_relationship_of_open_forms_only(
    engine: Engine, call: Caller, review: Assessment, evaluations: Pairs
):
    mara, jonas, aisha = engine.people(3)
    subject = engine.subject(review, mara)
    engine.evaluation(subject, jonas, "Peer")
    engine.evaluation(subject, aisha, "Peer", "Completed")

    result = call.result(
        "importPersons",
        ThreeSixtyID=review.public_id,
        Type="Evaluators",
        UseUniquePersonID=1,
        FileContents=sheet(
            "UniqueIdentifier,SubjectUniqueIdentifier,Relationship",
            f"{jonas.public_id},{mara.public_id},Manager",
            f"{aisha.public_id},{mara.public_id},Manager",
        ),
    )

    assert [line["Row"] for line in result["Ignored"]] == [3]
    assert {(who, how) for who, _, how in evaluations()} == {
        (mara.email, "Self"),
        (jonas.email, "Manager"),
        (aisha.email, "Peer"),
    }


def test_a_unique_id_is_the_way_to_change_an_address(engine: Engine, call: Caller):
    mara = engine.person("Mara", "Lindqvist", unique_identifier="E-17")
    file = sheet("FirstName,LastName,Email,UniqueIdentifier", "Mara,Berg,mara.berg@marlstone.example,E-17")

    assert call.result("importPersons", FileContents=file)["IgnoredCount"] == 1
    assert call.result("importPersons", FileContents=file, UseUniquePersonID=1)["Count"] == 1

    (person,) = call.result("getPersons")["Persons"]
    assert (person["PersonID"], person["LastName"]) == (mara.public_id, "Berg")
    assert person["Email"] == person["UserName"] == "mara.berg@marlstone.example"


def test_a_shared_address_is_not_guessed(engine: Engine, call: Caller):
    first = engine.person("Mara", "Lindqvist", email="desk@m.example", user_name="mara")
    engine.person("Jonas", "Okafor", email="desk@m.example", user_name="jonas")

    unclear = call.result("importPersons", FileContents=sheet("FirstName,LastName,Email", "Mara,Berg,desk@m.example"))
    clear = call.result(
        "importPersons", FileContents=sheet("FirstName,LastName,Email,UserName", "Mara,Berg,desk@m.example,Mara")
    )

    assert (
        unclear["Ignored"][0]["Reason"] == "More than one person has the address desk@m.example: use UniqueIdentifier."
    )
    assert list(clear["Persons"]) == [first.public_id]


def test_managers_are_linked_unless_the_hierarchy_is_kept(engine: Engine, call: Caller):
    mara = engine.person("Mara", "Lindqvist", email="mara@m.example")
    file = sheet("FirstName,LastName,Email,ManagerEmail", "Jonas,Okafor,jonas@m.example,Mara@m.example")

    def manager() -> int | None:
        return engine.run(lambda: Person.objects.get(email="jonas@m.example").manager_id)

    call.result("importPersons", FileContents=file, NoHierarchyUpdate=1)
    assert manager() is None
    call.result("importPersons", FileContents=file)
    assert manager() == mara.pk
    call.result("importPersons", FileContents=file, NoHierarchyUpdate=1, ClearRelationships=1)
    assert manager() is None


def test_a_clean_import_removes_the_others(engine: Engine, call: Caller, review: Assessment, rows: Rows):
    mara, jonas, _ = engine.people(3)
    for person in (mara, jonas):
        engine.subject(review, person)
    file = sheet("FirstName,LastName,Email", f"Mara,Lindqvist,{mara.email}")
    nobody = sheet("FirstName,LastName,Email", "Mara,Lindqvist,")
    which = {"ThreeSixtyID": review.public_id, "Type": "Subjects", "CleanImport": 1}

    assert call.refused("importPersons", **which, FileContents=nobody) == (400, "ETS5")
    call.result("importPersons", **which, FileContents=file)

    subjects = rows(call("getSubjectStatus", form="CSV", ThreeSixtyID=review.public_id))
    assert [line["UniqueIdentifier"] for line in subjects] == [mara.public_id]
    assert len(call.result("getPersons")["Persons"]) == 3

    call.result("importPersons", CleanImport=1, FileContents=file)
    assert [one["PersonID"] for one in call.result("getPersons")["Persons"]] == [mara.public_id]


def test_a_clean_import_of_evaluators_withdraws_what_nobody_began(
    engine: Engine, call: Caller, review: Assessment, evaluations: Pairs
):
    mara, jonas, aisha, piotr = engine.people(4)
    subject = engine.subject(review, mara)
    engine.evaluation(subject, jonas)
    engine.evaluation(subject, aisha, status="InProgress")
    file = sheet("Email,SubjectEmail,Relationship", f"{piotr.email},{mara.email},Peer")

    call.result("importPersons", ThreeSixtyID=review.public_id, Type="Evaluators", CleanImport=1, FileContents=file)

    assert {who for who, _, _ in evaluations()} == {mara.email, aisha.email, piotr.email}


def test_participants_are_no_subjects(engine: Engine, call: Caller, rows: Rows):
    engagement = engine.assessment("Engagement", type="EE")
    file = sheet("FirstName,LastName,Email", "Mara,Lindqvist,mara@m.example")

    call.result("importPersons", ThreeSixtyID=engagement.public_id, Type="Participants", FileContents=file)

    assert rows(call("getSubjectStatus", form="CSV", ThreeSixtyID=engagement.public_id)) == []
    assert engine.run(lambda: engagement.participants.count()) == 1


def test_an_import_needs_to_say_where_to_and_what(call: Caller, review: Assessment):
    file = sheet("FirstName,LastName,Email", "Mara,Lindqvist,mara@m.example")

    assert call.refused("importPersons", FileContents=file, Type="Subjects") == (400, "ESRV35|ThreeSixtyID")
    assert call.refused("importPersons", FileContents=file, Type="Friends") == (400, "ESRV35|Type")
    assert call.refused("importPersons") == (400, "ESRV35|FileContents")
    assert call.refused("importPersons", URL="https://files.example/people.csv") == (400, "ESRV35|URL")
    elsewhere = {"ThreeSixtyID": review.public_id, "OrgStructureID": "OS_somewhere0000"}
    assert call.refused("importPersons", FileContents=file, **elsewhere) == (400, "ESRV35|OrgStructureID")


def test_a_file_above_eight_megabytes_is_refused(call: Caller):
    file = "FirstName,LastName,Email\r\n" + "Mara,Lindqvist,mara@marlstone.example\r\n" * 240_000

    assert call.refused("importPersons", FileContents=file)[0] == 400


def test_a_large_import_is_written_in_few_statements(engine: Engine, call: Caller, review: Assessment):
    lines = [f"Mara,Lindqvist,mara.{number}@m.example,Blue" for number in range(3_000)]
    file = sheet("FirstName,LastName,Email,Team", *lines)

    result = call.result("importPersons", ThreeSixtyID=review.public_id, Type="Subjects", FileContents=file)

    assert result["Count"] == 3_000
    assert engine.run(lambda: Evaluation.objects.filter(relationship="Self").count()) == 3_000
