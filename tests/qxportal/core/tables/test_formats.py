import struct

import pytest

from qxportal.core.tables.problems import TableProblem
from tests.support.tables import described
from tests.support.workbooks import archive


def compound(*streams: str) -> bytes:
    """The smallest OLE file with empty streams of those names: a header, one table of sectors, one of names."""
    names = [_entry("Root Entry", 5, child=1)]
    names += [
        _entry(name, 2, right=place + 2 if place + 1 < len(streams) else -1) for place, name in enumerate(streams)
    ]
    head = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 16 + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
    head += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    head += struct.pack("<I", 0) + b"\xff" * (4 * 108)
    sectors = struct.pack("<II", 0xFFFFFFFD, 0xFFFFFFFE) + b"\xff" * (512 - 8)
    return head + sectors + b"".join(names).ljust(512, b"\0")


def _entry(name: str, kind: int, *, right: int = -1, child: int = -1) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    links = struct.pack("<iii", -1, right, child)
    return (
        text.ljust(64, b"\0") + struct.pack("<HBB", len(text), kind, 1) + links + b"\0" * 36 + struct.pack("<iQ", -2, 0)
    )


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (compound("EncryptedPackage", "EncryptionInfo"), "protected by a password"),
        (compound("Workbook"), r"Excel 97–2003 \(.xls\)"),
        (compound("WordDocument"), "“staff.xls” is not a table"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "damaged"),
        (archive({"xl/workbook.bin": b"x"}), "binary workbook"),
        (archive({"Index/Document.iwa": b"x"}), "Apple Numbers"),
        (b"<html><body><table><tr><td>Name</td></tr></table>", "a web page"),
        (b"\r\n <!DOCTYPE HTML><table>", "a web page"),
        (b'<?xml version="1.0"?><Workbook/>', "This is XML"),
        (b"%PDF-1.7 ...", "“staff.xls” is not a table"),
        (b"PK\x03\x04", "damaged"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_to_do(file, words):
    with pytest.raises(TableProblem, match=words):
        described(file, "staff.xls")


def test_name_says_nothing_of_the_kind():
    assert described(b"Name,City\nAnn,Rome\n", "staff.xlsx").kind == "text"
