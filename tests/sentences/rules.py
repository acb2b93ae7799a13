"""What holds for every message, wherever it stands."""

import re
from dataclasses import dataclass

NUMBERS = "n|count|number|total|left|done|all|open|many|failed|days|hours|minutes|seconds"  # a minimum is never 1
COUNTED = re.compile(rf"%\((?:{NUMBERS})\)[sd] (?:[\w-]+ )?([a-z]+s)\b")
NO_NOUNS = {"is", "was", "has", "as", "does", "needs", "its", "us", "this", "shows"}
SERVICE = re.compile(r"\b[Vv]endor(?:s|’s|'s)?\b|\bQualtrics\b")
POSITIONAL = re.compile(r"(?<!%)%[sd]")
ENDS = (".", "!", "?", ":", "…", "”", ";")


@dataclass(frozen=True)
class Found:
    """One place that breaks a rule."""

    path: str
    line: int
    rule: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.text!r}"


@dataclass(frozen=True)
class Message:
    """A message of the catalogue where it is used."""

    path: str
    line: int
    text: str
    counted: bool = False  # it has a form for each number


def has_letters(text: str) -> bool:
    """Whether there is anything to translate."""
    return any(letter.isalpha() for letter in text)


def begins_low(text: str) -> bool:
    """Whether the first letter is a small one, after what may stand before a word."""
    stripped = text.lstrip(" (“‘:,;–-…")
    return stripped[:1].islower()


def counts_without_plural(message: Message) -> bool:
    """Whether it says “1 things” for one: a number, then a plural, in a message that knows one form."""
    if message.counted:
        return False
    return any(noun not in NO_NOUNS and not noun.endswith("ss") for noun in COUNTED.findall(message.text))


def names_the_service(text: str) -> bool:
    """Whether it spells what an organisation may call by its own name."""
    return bool(SERVICE.search(text))


def of_message(message: Message) -> list[Found]:
    """What is wrong with the words of a message themselves."""
    wrong = []
    if counts_without_plural(message):
        wrong.append("no plural")
    if POSITIONAL.search(message.text):
        wrong.append("placeholder without a name")
    return [Found(message.path, message.line, rule, message.text) for rule in wrong]
