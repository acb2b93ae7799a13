"""Downloads keep their names apart, readable in every language, and safe on every file system."""

import re
from urllib.parse import unquote

import pytest

from qxportal.downloads import attachment


def names(*parts: tuple[str, str]) -> tuple[str, str]:
    """What an old and what a new program reads."""
    header = attachment(*parts, ending="pdf")
    found = re.fullmatch(r"attachment; filename=\"([ -~]+)\"(?:; filename\*=UTF-8''([!-~]+))?", header)
    assert found, header
    return found[1], unquote(found[2] or found[1])


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Zofia Łęcki", "Zofia Lecki"),
        ("Ingrid Sørensen", "Ingrid Sorensen"),
        ("Jürgen Groß", "Jurgen Gross"),
        ("Nguyễn Thị Đào", "Nguyen Thi Dao"),
        ("Zoë O’Connor", "Zoe O'Connor"),
        ("山田太郎", "P_1"),
        ("Łukasz 王", "P_1"),  # half a name would be worse than none
        ("Мария", "P_1"),
        ("محمد علي", "P_1"),
        ("\u202e", "P_1"),
    ],
)
def test_a_name_stays_whole_and_its_ascii_form_is_letters_or_the_id(name, plain):
    old, new = names((name, "P_1"), ("k7", "k7"))

    assert old == f"{plain}, k7.pdf"
    assert new == (f"{name}, k7.pdf" if name != "\u202e" else "k7.pdf")


def test_nothing_in_a_name_leaves_its_folder_or_the_header():
    old, new = names(('..\\..//"a\r\nSet-Cookie: b\x00\u202efdp.exe', "x"), ("k7", "k7"))

    assert old == new == "aSet-Cookie bfdp.exe, k7.pdf"


@pytest.mark.parametrize("name", ["W" * 300, "王" * 300, "👩‍👩‍👧" * 200])
def test_a_name_is_short_enough_for_every_file_system(name):
    old, new = names((name, "P_1"), (name, "TS_1"), (f"for {name}", "for P_2"), ("k7", "k7"))

    assert max(len(old.encode()), len(new.encode())) <= 255
    assert new.endswith(", k7.pdf")
