"""Limits on the size of surveys, and the error for invalid files."""

from qxportal.engine.http.errors import Invalid

FILE = 8 * 1024 * 1024
QUESTIONS = 500
BLOCKS = 300
CHOICES = 250  # per question; enough for a list of countries
LISTED = 20_000  # choices of a dropdown or drill-down; enough for the places of a country
TURNS = 250  # turns of a repeated block
PARTS = 5_000  # answered parts, which are columns of an export
LANGUAGES = 50
TRANSLATED_PARTS = 50_000
QUOTAS = 100
FLOW_NODES = 2_000
FLOW_DEPTH = 20
FIELDS = 200  # fields of embedded data
TEXT = 256 * 1024
LABEL = 4_000  # of a question or choice, as plain text
WORDS = 10_000_000  # characters in all answers' questions and choices, in all languages


def refusal(place: str, why: str) -> Invalid:
    """The error for an invalid place in a file."""
    return Invalid("FileContents", f"{place[:120]}: {why[:200]}")


def at_most(most: int, number: int, what: str, place: str) -> None:
    """Raise if there are more than `most` of something."""
    if number > most:
        raise refusal(place, f"{number} {what}, at most {most} are possible.")
