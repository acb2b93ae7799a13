"""Addresses are read as mail programs and spreadsheets give them; what holds none is named."""

import pytest

from assessments.addresses import Pasted, read_addresses

ANNA, PIETER = "anna.muller@example.com", "pieter.kok@example.com"


@pytest.mark.parametrize(
    "text",
    [
        f"{ANNA}\n{PIETER}",
        f"{ANNA}; {PIETER};",
        f"{ANNA}, {PIETER}.",
        f"{ANNA}\t{PIETER}",
        f'"Müller, Anna" <{ANNA}>; "Kok, Pieter" <{PIETER}>',
        f"Müller, Anna <{ANNA}>; Kok, Pieter <{PIETER}>",
        f"Müller, Anna <{ANNA}>, Kok, Pieter <{PIETER}>",
        f"Anna Müller ({ANNA}); 'Pieter Kok' <{PIETER}>",
        f"'{ANNA}'; '{PIETER}'",
        f"Anna Müller <mailto:{ANNA}>; mailto:{PIETER}",
        f"{ANNA} <mailto:{ANNA}>\r\nTo: Pieter Kok [{PIETER}]",
        f"\u200b{ANNA}\ufeff;\u00a0{PIETER}\u00ad",
        f"{ANNA.replace('@', '＠')}；{PIETER}",
        f"mailto:{ANNA}?subject=Hi;{PIETER}",
        "ａｎｎａ．ｍｕｌｌｅｒ＠ｅｘａｍｐｌｅ．ｃｏｍ;mailto:pieter%2Ekok@example.com?subject=360%20feedback",
        f"„Müller, Anna“ <{ANNA}>, „Kok, Pieter“ <{PIETER}>",
    ],
)
def test_addresses_as_programs_paste_them(text):
    assert read_addresses(text) == Pasted((ANNA, PIETER), ())


@pytest.mark.parametrize(
    "address", ["o'brien@example.ie", "a+b_c%d@example.co.uk", "jürgen@bücher.example", "x@localhost"]
)
def test_unusual_addresses_stay_whole(address):
    assert read_addresses(f"<{address}>;").addresses == (address,)


@pytest.mark.parametrize(
    ("text", "unread"),
    [
        (f"{ANNA}\nPieter Kok", ("Pieter Kok",)),
        (f"{ANNA}, bob, {PIETER}", ("bob",)),
        ("Müller, Anna", ("Müller", "Anna")),
        (f"{ANNA}; pieter.kok at example.com", ("pieter.kok at example.com",)),
        (f"@example.com; {ANNA}", ("@example.com",)),
    ],
)
def test_text_without_an_address_is_named(text, unread):
    pasted = read_addresses(text)

    assert pasted.unread == unread
    assert set(pasted.addresses) <= {ANNA, PIETER}


@pytest.mark.parametrize("text", ["", " \r\n; ,\t", "<>;()"])
def test_nothing_gives_nothing(text):
    assert read_addresses(text) == Pasted((), ())


def test_an_address_given_twice_counts_once():
    assert read_addresses(f"{ANNA}; Anna <{ANNA}>").addresses == (ANNA,)
