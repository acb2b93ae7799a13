"""Why a table, or one cell of a table, cannot be read: in words that say what to do."""

from django.utils.translation import gettext, ngettext


class TableProblem(ValueError):
    """A message of the catalogue and its values; with `plural` it is chosen by the value `n`.

    `str()` gives it in the active language; whoever stores it takes the message and the values.
    """

    def __init__(self, message: str, plural: str = "", **values: int | str) -> None:
        super().__init__(message)
        self.message, self.plural, self.values = message, plural, values

    def __str__(self) -> str:
        words = ngettext(self.message, self.plural, int(self.values["n"])) if self.plural else gettext(self.message)
        return words % self.values


def column_letters(place: int) -> str:
    """The name that a spreadsheet gives a column: A for 0, AB for 27."""
    name, rest = "", place + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        name = chr(ord("A") + letter) + name
    return name
