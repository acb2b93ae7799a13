import pytest

from directory.imports.fields import PEOPLE, guess, squeezed
from tests.support.case_files import case
from tests.support.tables import read

EXPORTS = {
    "01_q360_subjects_bom_crlf.csv": {
        "FirstName": "first_name",
        "LastName": "last_name",
        "Email": "email",
        "UniqueIdentifier": "unique_id",
        "Language": "metadata:Language",
        "Office": "metadata:Location",
        "Phone": "metadata:Phone",
        "HireDate": "metadata:HireDate",
    },
    "06_bamboohr_report.csv": {
        "Employee #": "unique_id",
        "First Name": "first_name",
        "Last Name": "last_name",
        "Work Email": "email",
        "Job Title": "metadata:Title",
        "Department": "metadata:Department",
        "Location": "metadata:Location",
    },
    "08b_workday_no_title.csv": {
        "Employee ID": "unique_id",
        "Legal Name - First Name": "first_name",
        "Legal Name - Last Name": "last_name",
        "Email - Primary Work": "email",
        "Business Title": "metadata:Title",
    },
    "09_personio.csv": {
        "ID": "unique_id",
        "Vorname": "first_name",
        "Nachname": "last_name",
        "E-Mail": "email",
        "Abteilung": "metadata:Department",
        "Position": "metadata:Title",
    },
    "11_q360_example_metadata_headers.csv": {
        "FirstName": "first_name",
        "LastName": "last_name",
        "Email": "email",
        "UniqueIdentifier": "unique_id",
        "UserName": "user_name",
        "Language": "metadata:Language",
        "Metadata 1": "metadata:Metadata 1",
        "Metadata 2": "metadata:Metadata 2",
    },
    "12_headers_spaced_and_cased.csv": {
        "first name": "first_name",
        "LAST NAME": "last_name",
        "E-Mail": "email",
        "Unique Identifier": "unique_id",
    },
    "13_header_twice_empty.csv": {"FirstName": "first_name", "LastName": "last_name", "Email": "email"},
}
HEADERS = {
    "SuccessFactors": (
        "STATUS,USERID,USERNAME,FIRSTNAME,LASTNAME,EMAIL,MANAGER,DEPARTMENT,DEFAULT_LOCALE",
        {
            1: "unique_id",
            2: "user_name",
            3: "first_name",
            4: "last_name",
            5: "email",
            7: "metadata:Department",
            8: "metadata:Language",
        },
    ),
    "SuccessFactors in German": (
        "Mitarbeiter-ID,Vorname,Nachname,E-Mail (geschäftlich),Organisationseinheit,Standort",
        {0: "unique_id", 1: "first_name", 2: "last_name", 3: "email", 4: "metadata:Department", 5: "metadata:Location"},
    ),
    "Workday with two names": (
        "Worker ID,Preferred Name - First Name,Legal Name - First Name,Legal Name - Last Name,Primary Work Email",
        {0: "unique_id", 2: "first_name", 3: "last_name", 4: "email"},
    ),
    "two identifiers": ("ID,Personal-Nr.,Name,E-Mail-Adresse,Extern", {1: "unique_id", 3: "email", 4: "external"}),
    "nothing known": ("Alpha,Beta", {}),
}


@pytest.mark.parametrize("name", EXPORTS)
def test_columns_of_exports_are_known(name):
    header, *rows = read(case(f"people/{name}"))

    found = guess(PEOPLE, header.cells, [row.cells for row in rows])

    assert {header.cells[place]: field for place, field in found.items()} == EXPORTS[name]


@pytest.mark.parametrize("system", HEADERS)
def test_columns_are_known_by_their_names(system):
    header, right = HEADERS[system]

    assert guess(PEOPLE, header.split(","), []) == right


def test_column_of_addresses_is_known_by_its_values():
    assert guess(PEOPLE, ["Who", "Where"], [["Ann", "ann@x.example"], ["Bob", ""]]) == {1: "email"}
    assert guess(PEOPLE, ["Who", "Where"], [["Ann", "ann@x.example"], ["Bob", "Bonn"]]) == {}


@pytest.mark.parametrize(
    ("header", "name"),
    [("Employee #", "employeenumber"), ("E-Mail (Geschäftlich)", "emailgeschaftlich"), ("Büro", "buro"), ("  ", "")],
)
def test_names_are_compared_without_signs_and_accents(header, name):
    assert squeezed(header) == name
