"""Conversion between cell texts and values of source rows."""

from qxportal.ledger.plans.sources import CLEAR, Value

CLEARED = "(clear)"
CLEARS = (CLEARED, "(leeren)", "(leer)")  # text of a cell that empties a field
CLEARS_WITH = "("  # prefix of such texts


def value_of(cell: str) -> Value:
    """Value of a cell: None if blank, CLEAR for the clearing text."""
    text = cell.strip()
    return CLEAR if text.casefold() in CLEARS else text or None


def cell_of(value: Value) -> str:
    """Cell text of a value."""
    return CLEARED if value is CLEAR else str(value or "")
