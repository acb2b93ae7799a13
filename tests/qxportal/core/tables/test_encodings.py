import pytest

from qxportal.core.tables.problems import TableProblem
from tests.support.tables import cells, described

PEOPLE = "Name,City\r\nŁukasz,Łódź\r\nZoë,Köln\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_marks_and_unicode_ask_nothing(encoding):
    file = PEOPLE.encode(encoding)

    assert cells(file)[1] == (2, ("Łukasz", "Łódź"))
    assert described(file).open_questions == ()


@pytest.mark.parametrize(
    ("encoding", "rows"),
    [
        ("cp1252", "José,Müller\nRenée,Groß\nZoë,L’Hôpital"),
        ("iso-8859-15", "José,Müller\nŠimon,Œuvre\nŽeljko,Müller"),
        ("cp1250", "Łukasz,Wójcik\nŠimon,Dvořák\nIstván,Szűcs"),
        ("mac_roman", "José,Müller\nRenée,Groß\nZoë,Ångström"),
        ("cp850", "José,Müller\nRenée,Groß\nJürgen,Öz"),
        ("cp1251", "Иван,Петров\nОльга,Ковалёва"),
        ("cp932", "山田,太郎\n鈴木,花子"),
        ("gb18030", "张伟,王芳\n李娜,刘洋"),
    ],
)
def test_other_encodings_are_among_the_readings_shown_first(encoding, rows):
    file = f"First,Last\n{rows}\n".encode(encoding)

    found = described(file)

    assert found.open_questions == ("encoding",)
    right = rows.split("\n")
    assert any(set(reading.rows) <= set(right) for reading in found.encodings[:3])
    assert len({reading.rows for reading in found.encodings}) == len(found.encodings)


def test_chosen_reading_is_the_one_that_rows_have():
    file = "Name,City\nJosé,Köln\n".encode("mac_roman")

    assert cells(file, encoding="mac_roman")[1] == (2, ("José", "Köln"))
    assert cells(file, encoding="cp850")[1] != (2, ("José", "Köln"))


def test_rows_that_differ_are_shown_wherever_they_stand():
    file = b"Name,City\n" + b"Ann,Rome\n" * 60_000 + "Zoë,Rome\n".encode("cp1252") + b"Ann,Rome\n" * 60_000

    assert described(file).encodings[0].rows == ("Zoë,Rome",)


def test_file_cut_in_the_middle_of_a_character_is_refused():
    with pytest.raises(TableProblem, match="damaged or was cut off"):
        described(PEOPLE.encode("utf-16")[:-1])


@pytest.mark.parametrize("file", [bytes(range(256)) * 20, b"Name,City\n\x00\x00\x00,Rome\n"])
def test_what_is_no_text_is_refused(file):
    with pytest.raises(TableProblem, match="not text"):
        described(file)
