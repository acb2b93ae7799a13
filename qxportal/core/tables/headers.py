"""Finds the header row, as titles, blank rows and notes may stand above it."""

import re
from collections.abc import Sequence

from qxportal.core.tables.reading import Row

NUMBER = re.compile(r"[\d.,/:\-+() ]+")
LONG = 80  # longer than any column name
BARELY = 0.6  # share of the table's usual number of cells


def header_row_of(heads: Sequence[Row]) -> int:
    """Number of the header row among the first non-empty rows; 0 without rows."""
    if not heads:
        return 0
    counts = [_filled(row) for row in heads]
    usual = sorted(counts[len(counts) // 2 :])[len(counts[len(counts) // 2 :]) // 2]  # the median of the later rows
    for row, count in zip(heads, counts, strict=True):
        if count >= max(1, BARELY * usual) and _names(row):
            return row.number
    return heads[counts.index(max(counts))].number


def _filled(row: Row) -> int:
    return sum(1 for cell in row.cells if cell.strip())


def _names(row: Row) -> bool:
    """Whether the cells could be column names: short, no addresses, hardly any numbers, mostly distinct."""
    filled = [cell.strip() for cell in row.cells if cell.strip()]
    if any("@" in cell or len(cell) > LONG for cell in filled):
        return False
    numbers = sum(1 for cell in filled if NUMBER.fullmatch(cell))
    return numbers * 4 <= len(filled) and len({cell.casefold() for cell in filled}) * 2 > len(filled)
