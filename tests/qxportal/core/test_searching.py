import pytest

from qxportal.core.searching import folded


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Lindqvist", "lindqvist"),
        ("García Léna", "garcia lena"),
        ("Jose\u0301 Nun\u0303ez", "jose nunez"),
        ("GROẞE Straße", "grosse strasse"),
        ("Łódź, Ørsted, Þór, Ægir", "lodz, orsted, thor, aegir"),
        ("İstanbul Işık", "istanbul isik"),
        ("김민준", "김민준"),
        ("Σίσυφος", "σισυφοσ"),
    ],
)
def test_names_are_found_without_their_accents(text: str, plain: str) -> None:
    assert folded(text) == plain
    assert folded(plain) == plain
