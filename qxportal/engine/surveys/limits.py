"""How large a survey may be, and how a file that is no survey is refused."""

from qxportal.engine.http.errors import Invalid

FILE = 8 * 1024 * 1024
QUESTIONS = 500
BLOCKS = 300
CHOICES = 250  # of one question: a list of countries fits
LISTED = 20_000  # choices of a list that drops down or drills down: the places of a country
TURNS = 250  # of a block that is repeated
PARTS = 5_000  # things that are answered, columns of an export
LANGUAGES = 50
TRANSLATED_PARTS = 50_000
QUOTAS = 100
FLOW_NODES = 2_000
FLOW_DEPTH = 20
FIELDS = 200  # of embedded data
TEXT = 256 * 1024
LABEL = 4_000  # of a question or choice, as plain text
WORDS = 10_000_000  # characters in all answers' questions and choices, in all languages


def refusal(place: str, why: str) -> Invalid:
    """Say where the file is wrong."""
    return Invalid("FileContents", f"{place[:120]}: {why[:200]}")


def at_most(most: int, number: int, what: str, place: str) -> None:
    """Refuse too many of something."""
    if number > most:
        raise refusal(place, f"{number} {what}, at most {most} are possible.")
