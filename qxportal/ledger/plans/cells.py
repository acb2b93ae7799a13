"""Values of source rows as people write them in cells, and back."""

from qxportal.ledger.plans.sources import CLEAR, Value

CLEARED = "(clear)"
CLEARS = (CLEARED, "(leeren)", "(leer)")  # what a cell says to empty a field
CLEARS_WITH = "("  # the sign with which each of them begins


def value_of(cell: str) -> Value:
    """What a cell means: nothing where it is blank, CLEAR where it says so."""
    text = cell.strip()
    return CLEAR if text.casefold() in CLEARS else text or None


def cell_of(value: Value) -> str:
    """A value as a cell."""
    return CLEARED if value is CLEAR else str(value or "")
