"""No cell of a table that people take along is a formula, whatever program reads it and wherever that splits."""

import csv
import io
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qxportal.core.export import csv_file, inert

MARKS = ["\u200e", "\u200f", "\u202a", "\u202e", "\u2066", "\ufeff", "\u00a0", "\u200b", "\u00ad", "\u2060", "\u3000"]
FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(1)", "＝1+1", "－1+1", "﹦1+1", "|calc"]


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t", "\r", "\x00", "＝", "＋", "－", "＠", "﹢", " =", "\x7f=", "\U000e0020=", '"=']
)
def test_no_cell_begins_like_a_formula(start):
    assert inert(f"{start}1+1").startswith("'")


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("formula", FORMULAS)
def test_invisible_marks_hide_no_formula(mark, formula):
    assert inert(mark + formula) == f"'{mark}{formula}"
    assert inert(f"x; {mark}{formula}") == f"x;' {mark}{formula}"


@pytest.mark.parametrize("apart", [";", "\t", "\n", "\r\n", "\u2028", "; \n;"])
def test_no_cell_of_another_reader_begins_like_a_formula(apart):
    assert inert(f"x{apart}=1+1") == f"x{apart}'=1+1"
    assert inert(f'x{apart}"=1+1"') == f'x{apart}\'"=1+1"'


@pytest.mark.parametrize(
    "text", ["Anna Berger", "7 of 11", "a=b", "", "'=1", "well-known; well liked", "a; b", "x - y"]
)
def test_other_cells_stay_as_they_are(text):
    assert inert(text) == text


@pytest.mark.parametrize("figure", [-1, -0.5, 0, 12])
def test_figures_of_ours_stay_figures(figure):
    assert inert(figure) == str(figure)


def begins_a_formula(cell):
    seen = "".join(c for c in cell if unicodedata.category(c) not in ("Cf", "Cc", "Zs", "Zl", "Zp") and c != '"')
    return unicodedata.normalize("NFKC", seen)[:1] in tuple("=+-@|")


@settings(max_examples=60)
@given(st.lists(st.text(st.sampled_from("=+-@;,|\"' \t\n\r\u200eäx1＝")), min_size=1, max_size=4))
def test_no_reader_finds_a_formula_and_ours_finds_every_word(cells):
    answer: Any = csv_file("t.csv", ["A"] * len(cells), [cells])
    text = b"".join(answer.streaming_content).decode("utf-8-sig")

    _header, read = csv.reader(io.StringIO(text, newline=""))
    assert [cell.replace("'", "") for cell in read] == [cell.replace("'", "") for cell in cells]
    for apart in (",", ";", "\t"):
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
            if apart == "," and quoting == csv.QUOTE_NONE:
                continue  # commas are ours, and who splits at them knows our quotes
            rows = csv.reader(io.StringIO(text, newline=""), delimiter=apart, quoting=quoting)
            assert not [cell for row in rows for cell in row if begins_a_formula(cell)]


def test_a_cell_of_nothing_but_separators_costs_little():
    assert inert("\n" * 1_000_000).startswith("'")
