import pytest
import requests

from qxportal.engine.assessments import answering
from qxportal.engine.models import Assessment, Evaluation, Person
from tests.qxportal.engine.conftest import PATH, Caller, Rows
from tests.support.engine_fixture import Engine

HEADER = "FirstName,LastName,Email,UniqueIdentifier,UserName,Department\r\n"
MEGABYTE = 1024 * 1024


# -- UseUniquePersonID


def test_without_unique_ids_an_import_changes_no_user_names(engine: Engine, call: Caller):
    mara = engine.person("Mara", "Lindqvist", email="mara@m.example")

    result = call.result("importPersons", FileContents=HEADER + "Mara,Berg,mara@m.example,,mlindqvist,\r\n")

    assert result["Ignored"] == [
        {"Row": 2, "Reason": "mara@m.example is the user name too: only UseUniquePersonID=1 changes it."}
    ]
    assert engine.refreshed(mara).user_name == "mara@m.example"


def test_user_names_tell_people_of_one_address_apart(engine: Engine, call: Caller):
    mara = engine.person("Mara", "Lindqvist", email="desk@m.example", user_name="mara")
    file = HEADER + "Mara,Berg,desk@m.example,,MARA,\r\nJonas,Okafor,desk@m.example,,jonas,\r\n"

    for _ in range(2):
        assert call.result("importPersons", FileContents=file)["Count"] == 2

    people = {one["UserName"]: one["LastName"] for one in call.result("getPersons")["Persons"]}
    assert people == {"mara": "Berg", "jonas": "Okafor"}
    assert engine.refreshed(mara).last_name == "Berg"


def test_a_user_name_of_its_own_stays_when_the_address_changes(engine: Engine, call: Caller):
    engine.person("Mara", "Lindqvist", email="mara@m.example", user_name="mlindqvist", unique_identifier="E-1")
    file = HEADER + "Mara,Lindqvist,mara@berg.example,E-1,,\r\n"

    call.result("importPersons", UseUniquePersonID=1, FileContents=file)

    (mara,) = call.result("getPersons")["Persons"]
    assert (mara["Email"], mara["UserName"]) == ("mara@berg.example", "mlindqvist")


def test_unique_ids_may_change_user_names(engine: Engine, call: Caller):
    mara = engine.person("Mara", "Lindqvist", email="mara@m.example")
    jonas = engine.person("Jonas", "Okafor", email="jonas@m.example", user_name="jokafor")
    file = HEADER + f"Mara,Lindqvist,mara@m.example,{mara.public_id},%s,\r\n"

    taken = call.result("importPersons", UseUniquePersonID=1, FileContents=file % "Jokafor")
    free = call.result("importPersons", UseUniquePersonID=1, FileContents=file % "mlindqvist")

    assert taken["Ignored"][0]["Reason"] == f"The user name Jokafor belongs to Jonas Okafor ({jonas.public_id})."
    assert (free["Count"], engine.refreshed(mara).user_name) == (1, "mlindqvist")


# -- UpdateResponses


@pytest.fixture
def review(engine: Engine) -> Assessment:
    return engine.assessment("Leaders")


def departments(call: Caller, rows: Rows, review: Assessment) -> set[tuple[str, str]]:
    """Of subject and evaluator of each completed form, as the export tells them."""
    lines = rows(
        call(
            "getEvaluationStatus",
            form="CSV",
            ThreeSixtyID=review.public_id,
            IncludeSubjectMetadata=1,
            IncludeEvaluatorMetadata=1,
        )
    )
    found = [
        [value for title, value in line.items() if title.endswith("Department")]
        for line in lines
        if line["Status"] == "Completed"
    ]
    return {(subject, evaluator) for subject, evaluator in found}


def test_a_finished_form_remembers_what_people_were_like(engine: Engine, call: Caller, rows: Rows, review: Assessment):
    mara = engine.person("Mara", "Lindqvist", metadata={"Department": "Sales"})
    jonas = engine.person("Jonas", "Okafor", metadata={"Department": "Finance"})
    subject = engine.subject(review, mara)
    form = engine.evaluation(subject, jonas)
    engine.run(answering.save, form, {}, finished=True)

    for person in (mara, jonas):
        call.result("updatePerson", PersonID=person.public_id, MetaData='{"Department": "Export"}')

    assert departments(call, rows, review) == {("Sales", "Finance")}


def test_a_form_that_is_closed_half_done_remembers_too(engine: Engine, call: Caller, rows: Rows, review: Assessment):
    mara = engine.person("Mara", "Lindqvist", metadata={"Department": "Sales"})
    jonas = engine.person("Jonas", "Okafor", metadata={"Department": "Finance"})
    form = engine.evaluation(engine.subject(review, mara), jonas)
    engine.run(answering.save, form, {}, finished=False)
    call.result("updatePerson", PersonID=jonas.public_id, MetaData='{"Department": "Audit"}')
    call.result("setSubjectStatus", ThreeSixtyID=review.public_id, SubjectID=mara.public_id, Status="Done")

    call.result("updatePerson", PersonID=jonas.public_id, MetaData='{"Department": "Export"}')

    assert engine.refreshed(form).partial
    assert departments(call, rows, review) == {("Sales", "Audit")}


@pytest.mark.parametrize(
    ("switch", "after"),
    [({}, {("Sales", "Finance")}), ({"UpdateResponses": "1"}, {("Sales", "Export")})],
    ids=["without", "with"],
)
def test_an_import_may_rewrite_what_forms_remember(
    engine: Engine,
    call: Caller,
    rows: Rows,
    review: Assessment,
    switch: dict[str, str],
    after: set[tuple[str, str]],
):
    mara = engine.person("Mara", "Lindqvist", metadata={"Department": "Sales"})
    jonas = engine.person("Jonas", "Okafor", email="jonas@m.example", metadata={"Department": "Finance"})
    other = engine.assessment("Talent")
    for assessment in (review, other):
        engine.evaluation(engine.subject(assessment, mara), jonas, "Peer", "Completed")
    call.result("updatePerson", PersonID=mara.public_id, MetaData='{"Department": "Board"}')
    file = f"Email,SubjectEmail,Relationship,Department\r\njonas@m.example,{mara.email},Peer,Export\r\n"

    call.result("importPersons", ThreeSixtyID=review.public_id, Type="Evaluators", FileContents=file, **switch)

    assert departments(call, rows, review) == after
    assert departments(call, rows, other) == {("Sales", "Finance")}, "another assessment is not concerned"
    assert engine.refreshed(jonas).metadata == {"Department": "Export"}


def test_a_directory_import_may_rewrite_all_assessments(engine: Engine, call: Caller, rows: Rows, review: Assessment):
    mara = engine.person("Mara", "Lindqvist", email="mara@m.example", metadata={"Department": "Sales"})
    jonas = engine.person("Jonas", "Okafor", email="jonas@m.example", metadata={"Department": "Finance"})
    other = engine.assessment("Talent")
    for assessment in (review, other):
        subject = engine.subject(assessment, mara)
        engine.evaluation(subject, jonas, "Peer", "Completed")
        engine.evaluation(subject, mara, "Self", "Completed")

    file = HEADER + "Mara,Lindqvist,mara@m.example,,,Board\r\n"
    call.result("importPersons", UpdateResponses=1, FileContents=file)

    for assessment in (review, other):
        assert departments(call, rows, assessment) == {("Sales", "Finance"), ("Board", "Board")}


# -- ClearRelationships


def test_clearing_relationships_keeps_what_was_begun(engine: Engine, call: Caller, review: Assessment):
    mara, jonas, aisha, piotr = engine.people(4)
    engine.run(Person.objects.filter(pk=jonas.pk).update, manager=mara)
    subject = engine.subject(review, mara)
    engine.evaluation(subject, jonas)
    engine.evaluation(subject, aisha, status="InProgress")
    file = f"Email,SubjectEmail,Relationship\r\n{piotr.email},{mara.email},Manager\r\n"

    call.result(
        "importPersons", ThreeSixtyID=review.public_id, Type="Evaluators", ClearRelationships=1, FileContents=file
    )

    left = engine.run(lambda: set(Evaluation.objects.values_list("evaluator__email", "relationship")))
    assert left == {(mara.email, "Self"), (aisha.email, "Peer"), (piotr.email, "Manager")}
    assert engine.refreshed(jonas).manager_id is None


def test_nothing_is_cleared_where_no_row_asks_anybody(engine: Engine, call: Caller, review: Assessment):
    mara, jonas, aisha = engine.people(3)
    engine.run(Person.objects.filter(pk=jonas.pk).update, manager=mara)
    engine.evaluation(engine.subject(review, mara), jonas)
    file = f"Email,SubjectEmail,Relationship\r\n{aisha.email},{mara.email},Nothing such\r\n"
    which = {"ThreeSixtyID": review.public_id, "Type": "Evaluators", "ClearRelationships": 1, "FileContents": file}

    assert call.refused("importPersons", **which) == (400, "ETS5")

    assert engine.run(lambda: Evaluation.objects.filter(evaluator=jonas, relationship="Peer").exists())
    assert engine.refreshed(jonas).manager_id == mara.pk


# -- CleanImport


def test_a_clean_import_removes_people_whose_rows_were_ignored_too(engine: Engine, call: Caller):
    for name in ("mara", "jonas", "aisha"):
        engine.person(name.title(), "Okafor", email=f"{name}@m.example")
    file = HEADER + "Mara,Okafor,mara@m.example,,,Sales\r\nJonas,,jonas@m.example,,,Sales\r\n"

    result = call.result("importPersons", CleanImport=1, FileContents=file)

    assert result["Ignored"] == [{"Row": 3, "Reason": "LastName is empty."}]
    assert [one["Email"] for one in call.result("getPersons")["Persons"]] == ["mara@m.example"]


# -- how large a file may be


def file_of(size: int) -> bytes:
    """A sound file of so many bytes whose only person has very much room behind him."""
    start = b"FirstName,LastName,Email\r\nMara,Lindqvist,mara@m.example\r\n"
    lines = b" " * 62 + b"\r\n"
    return start + (lines * (size // len(lines)))[: size - len(start)]


@pytest.mark.parametrize("kind", ["text/csv", "application/octet-stream", "application/x-www-form-urlencoded", ""])
def test_a_file_may_be_the_whole_post_whatever_it_is_called(engine: Engine, call: Caller, kind: str):
    user = engine.api_user
    common = {
        "Request": "importPersons",
        "Format": "JSON",
        "Version": "2.5",
        "User": user.user_name,
        "Token": user.token,
    }
    file = b"FirstName,LastName,Email\r\nMara,Lindqvist & Sons = 1,mara@m.example\r\n"

    answer = requests.post(engine.url + PATH, params=common, data=file, headers={"Content-Type": kind}, timeout=60)

    assert answer.json()["Result"]["Count"] == 1
    assert call.result("getPersons")["Persons"][0]["LastName"] == "Lindqvist & Sons = 1"


@pytest.mark.parametrize("way", ["multipart", "plain post"])
@pytest.mark.parametrize(
    ("size", "code"),
    [
        pytest.param(8 * MEGABYTE - 1, 200, marks=pytest.mark.thorough),
        (8 * MEGABYTE, 200),
        (8 * MEGABYTE + 1, 400),
    ],
)
def test_files_of_eight_megabytes_pass_and_larger_ones_do_not(engine: Engine, way: str, size: int, code: int):
    user = engine.api_user
    common = {
        "Request": "importPersons",
        "Format": "JSON",
        "Version": "2.5",
        "User": user.user_name,
        "Token": user.token,
    }
    file = file_of(size)

    if way == "multipart":
        answer = requests.post(engine.url + PATH, timeout=60, data=common, files={"FileContents": ("people.csv", file)})
    else:
        answer = requests.post(
            engine.url + PATH, timeout=60, params=common, data=file, headers={"Content-Type": "text/csv"}
        )

    assert answer.status_code == code, answer.text
    if code == 400:
        assert answer.json()["Meta"]["QualtricsErrorCode"] == "ESRV35|FileContents"
        assert "8 MB" in answer.json()["Meta"]["ErrorMessage"]
