import io

import pytest

from assessments.uploads.evaluators import fields_of, guess_columns, one_by_one, people_in
from directory.imports.source import import_rows
from qxportal.ledger.plans.sources import SourceRow
from tests.support.case_files import case
from tests.support.tables import described, read

NAMES = ["Self", "Manager", "Peer", "DirectReport", "Customer"]


def rows_of(file):
    found = described(file)
    fields = fields_of(NAMES)
    columns = guess_columns(fields, found.header, [row.cells for row in found.sample])
    titles = {name: found.header[place] for place, name in columns.items()}
    every = import_rows(io.BytesIO(file), "evaluators", found, columns, fields)
    return [(row.row, dict(row.values), str(row.problem)) for row in one_by_one(every, titles, NAMES)]


def test_row_per_relationship_keeps_its_number_and_its_relationship_gets_its_name():
    found = rows_of(case("people/03_classic_evaluators.csv"))

    assert found[0] == (
        2,
        {
            "first_name": "Tom",
            "last_name": "Old",
            "email": "tom.old@t.example",
            "subject_email": "jose@t.example",
            "relationship": "DirectReport",
        },
        "",
    )
    assert [values["relationship"] for _row, values, _problem in found] == ["DirectReport", "DirectReport", "Peer"]


def test_current_form_of_the_survey_service_is_known():
    header, *rows = read(case("people/02_q360_evaluators.csv"))

    found = guess_columns(fields_of(NAMES), header.cells, [row.cells for row in rows])

    assert {header.cells[place]: name for place, name in found.items()} == {
        "FirstName": "first_name",
        "LastName": "last_name",
        "Email": "email",
        "UniqueIdentifier": "unique_id",
        "SubjectUniqueIdentifier": "subject_unique_id",
        "Relationship": "relationship",
    }


def test_row_per_subject_becomes_a_row_per_evaluator():
    file = (
        "E-Mail;Vorgesetzter;Kollegen;Peer 2;Mitarbeiter;Customers\n"
        'anna@x.example;boss@x.example;"p1@x.example; P Two <p2@x.example>";p3@x.example;;c@y.example\n'
        "ben@x.example;000123;;;\n"
    )

    assert rows_of(file.encode()) == [
        (2, _row("anna", "boss@x.example", "Manager", "Vorgesetzter", 1), ""),
        (2, _row("anna", "p1@x.example", "Peer", "Peer 2", 2), ""),
        (2, _row("anna", "p2@x.example", "Peer", "Peer 2", 3), ""),
        (2, _row("anna", "p3@x.example", "Peer", "Peer 2", 4), ""),
        (2, _row("anna", "c@y.example", "Customer", "Customers", 5), ""),
        (3, _row("ben", "000123", "Manager", "Vorgesetzter", 1, key="unique_id"), ""),
    ]


def _row(subject, who, relationship, column, part, key="email"):
    return {
        "subject_email": f"{subject}@x.example",
        key: who,
        "relationship": relationship,
        "column": column,
        "field": f"evaluators:{relationship}",
        "part": str(part),
    }


def test_row_without_evaluators_says_so():
    found = rows_of(b"SubjectEmail,Manager,Peers\nanna@x.example,,\nben@x.example,boss@x.example,\n")

    assert [problem for _row, _values, problem in found] == ["The row names no evaluator.", ""]


def test_relationship_that_nobody_knows_stays_as_written():
    rows = [SourceRow(2, {"subject_email": "a@x.example", "email": "b@x.example", "relationship": "Friend"})]

    assert next(one_by_one(iter(rows), {}, NAMES)).values["relationship"] == "Friend"


@pytest.mark.parametrize(
    ("cell", "people"),
    [
        ("a@x.example", ["a@x.example"]),
        ("a@x.example; b@x.example;", ["a@x.example", "b@x.example"]),
        ("a@x.example\nb@x.example\n\na@x.example", ["a@x.example", "b@x.example"]),
        ("a@x.example, b@x.example", ["a@x.example", "b@x.example"]),
        ("Doe, Ann <a@x.example>; Bob <b@x.example>", ["a@x.example", "b@x.example"]),
        ("0017;0018", ["0017", "0018"]),
        (" ; ", []),
    ],
)
def test_people_in_a_cell(cell, people):
    assert people_in(cell) == people
