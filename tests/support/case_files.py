"""Small inputs in realistic form, each with its expected result in a test."""

from pathlib import Path

CASES = Path(__file__).parent.parent / "cases"


def case(name: str) -> bytes:
    """Path of a case file, such as surveys/two_asides.qsf."""
    return (CASES / name).read_bytes()
