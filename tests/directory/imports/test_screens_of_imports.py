"""Choosing a file, how it is read, and what its columns are."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from directory.imports.fields import PEOPLE
from directory.models import Upload
from qxportal.accounts.roles import Role
from tests.support.case_files import case
from tests.support.form_fields import fields_of
from tests.support.mirrored_rows import text
from tests.support.workbooks import row, xlsx

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("key_ring")]
START = "/o/ashgrove/people/import/"
FILE = (
    b"First name;Last name;Email;Team;Since\nAnn;Ace;ann@x.example;Red;1.2.2020\nBob;Bee;bob@x.example;Blue;3.4.2021\n"
)


@pytest.fixture
def editor(member):
    return member(Role.EDITOR)


def upload(editor, file=FILE, name="staff.csv"):
    """The address of the second screen."""
    page = editor.post(START, {"file": SimpleUploadedFile(name, file), "pasted": ""})
    assert page.status_code == 302, text(page)
    return page["Location"]


def test_file_is_shown_with_its_columns_and_values(editor):
    page = editor.get(upload(editor))

    assert "staff.csv" in text(page)
    assert "2 rows below the names of the columns" in text(page)
    assert fields_of(page) | {"intent": ""} == {
        "intent": "",
        "separator": ";",
        "header_row": "1",
        "column-0": "first_name",
        "column-1": "last_name",
        "column-2": "email",
        "column-3": "",
        "column-4": "",
        "existing": "update",
        "match": "email",
    }
    assert "Red · Blue" in text(page)
    assert "Keep the remaining columns as other data" in text(page)


def test_pasted_cells_are_a_table_too(editor):
    page = editor.post(START, {"pasted": "Name\tEmail\r\nAnn\tann@x.example\r\n"}, follow=True)

    assert "1 row below the names of the columns" in text(page)
    assert fields_of(page)["column-1"] == "email"
    assert "Keep the remaining columns" in text(page)
    all_known = editor.post(START, {"pasted": "First name\tEmail\r\nAnn\tann@x.example\r\n"}, follow=True)
    assert "Keep the remaining columns" not in text(all_known)


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"pasted": " "}, "Choose a file, or paste cells."),
        ({"file": SimpleUploadedFile("a.pdf", b"%PDF-1.7"), "pasted": ""}, "“a.pdf” is not a table."),
        ({"pasted": "only a header\tand no rows"}, "no rows below its header"),
        (
            {"file": SimpleUploadedFile("b.csv", case("people/17_quote_inside.csv")), "pasted": ""},
            "Row 3 cannot be read",
        ),
    ],
)
def test_what_is_no_table_is_refused_beside_the_field(editor, sent, words):
    page = editor.post(START, sent)

    assert page.status_code == 422
    assert words in text(page)
    assert not Upload.objects.exists()


def test_choices_stay_when_somebody_comes_back(editor):
    where = upload(editor)
    sent = {**fields_of(editor.get(where)), "column-3": "metadata:Team", "existing": "skip", "read": "1"}
    assert editor.post(where, sent).status_code == 302

    again = fields_of(editor.get(where))

    assert (again["column-3"], again["existing"]) == ("metadata:Team", "skip")
    assert "You uploaded “staff.csv”" in text(editor.get(START))


def test_remaining_columns_become_other_data_at_once(editor):
    where = upload(editor)
    editor.post(where, {**fields_of(editor.get(where)), "all": "1"})

    again = fields_of(editor.get(where))

    assert (again["column-3"], again["column-4"]) == ("metadata:Team", "metadata:Since")


def test_other_header_row_and_sheet_are_read_anew(editor):
    file = xlsx(
        {
            "Cover": row(1, "Staff", "of") + row(2, "Email", "Team") + row(3, "a@x.example", "Red"),
            "More": row(1, "Email") + row(2, "b@x.example"),
        }
    )
    where = upload(editor, file, "staff.xlsx")
    first = fields_of(editor.get(where))
    assert (first["sheet"], first["header_row"]) == ("Cover", "1")

    editor.post(where, {**first, "header_row": "2", "read": "1"})
    assert fields_of(editor.get(where))["column-0"] == "email"

    editor.post(where, {**fields_of(editor.get(where)), "sheet": "More", "read": "1"})
    assert "b@x.example" in text(editor.get(where))


def test_questions_stand_on_the_screen_and_have_to_be_answered(editor):
    file = xlsx(
        row(1, "Email", "Since")
        + row(2, "a@x.example", "1/2/2020", attributes='hidden="1"')
        + row(3, "b@x.example", "3/4/2020")
    )
    where = upload(editor, file, "staff.xlsx")
    assert "Dates can be read" not in text(editor.get(where))  # in a column that is not imported
    editor.post(where, {**fields_of(editor.get(where)), "all": "1"})
    page = editor.get(where)
    assert "1 row is hidden." in text(page)
    assert "Dates can be read in two ways in: Since." in text(page)
    assert "1/2/2020 → 2020-02-01" in text(page)

    refused = editor.post(where, fields_of(page))

    assert refused.status_code == 422
    assert text(refused).count("Choose one.") == 2


def test_letters_of_a_file_that_does_not_tell_them_are_shown_to_choose(editor):
    where = upload(editor, case("people/05_excel_semicolon_cp1252.csv"))

    page = editor.get(where)

    assert "Which of these is right?" in text(page)
    assert "Zoë · Müller" in text(page)
    assert fields_of(page)["encoding"] == "cp1252"
    editor.post(where, {**fields_of(page), "encoding": "mac_roman", "read": "1"})
    assert "ZoÎ" in re.sub(r".*Columns", "", text(editor.get(where)))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"column-2": ""}, "Choose a column for one of these: E-mail address, Unique identifier."),
        ({"column-3": "email"}, "E-mail address is taken from the column “Email” already."),
        ({"match": "unique_id"}, "No column becomes this."),
    ],
)
def test_columns_that_make_no_people_are_refused(editor, changed, words):
    where = upload(editor)
    page = editor.post(where, {**fields_of(editor.get(where)), **changed})

    assert page.status_code == 422
    assert words in text(page)


def test_template_is_a_file_that_the_import_takes(editor):
    file = b"".join(editor.get(f"{START}template.csv").streaming_content)

    page = editor.get(upload(editor, file))

    columns = {value for name, value in fields_of(page).items() if name.startswith("column-")}
    assert columns == {*(field.name for field in PEOPLE.fields), "metadata:Department", "metadata:Title"}


def test_files_of_others_and_from_yesterday_are_asked_for_again(editor, member):
    where = upload(editor)

    page = member(Role.EDITOR).get(where, follow=True)

    assert "Another member uploaded this file, or it was uploaded more than a day ago" in text(page)
    assert "staff.csv" not in text(page)


@pytest.mark.parametrize("path", ["", "template.csv"])
def test_readers_import_nobody(member, path):
    assert member(Role.READER).get(START + path).status_code == 403


def test_strangers_and_other_organisations_find_nothing(editor, member, rival_org):
    where = upload(editor)

    assert member(None).get(where).status_code == 404
    rival = member(Role.OWNER, org=rival_org)
    assert rival.get(where).status_code == 404
    assert rival.get(where.replace("ashgrove", "brackwater")).status_code == 404


def test_what_is_larger_than_any_file_is_refused_unread(editor, settings):
    settings.BODY_MAX = 1000

    page = editor.post(START, {"pasted": "x" * 2000})

    assert page.status_code == 413
    assert "File too large" in text(page)
