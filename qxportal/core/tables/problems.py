"""The reason why a table or a cell cannot be read, with advice."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext


class TableProblem(ValueError):
    """A message from the catalogue with its values.

    `str()` translates it to the active language; `message` and `values` can be stored.
    """

    def __init__(self, message: str, **values: int | str) -> None:
        super().__init__(message)
        self.message, self.values = message, values

    def __str__(self) -> str:
        return gettext(self.message) % self.values


@dataclass(frozen=True)
class Note:
    """A part left out of a table: a message from the catalogue with its values."""

    message: str
    values: Mapping[str, int | str] = field(default_factory=dict)

    def __str__(self) -> str:
        return gettext(self.message) % self.values


def column_letters(place: int) -> str:
    """The spreadsheet letters of a column: A for 0, AB for 27."""
    name, rest = "", place + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        name = chr(ord("A") + letter) + name
    return name
