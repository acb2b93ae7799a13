"""Small inputs in the shape of real ones, each with the right result in a test."""

from pathlib import Path

CASES = Path(__file__).parent.parent / "cases"


def case(name: str) -> bytes:
    """One of them, such as surveys/two_asides.qsf."""
    return (CASES / name).read_bytes()
