"""Questions about a file that only a person can answer: encoding, hidden parts, meaning of dates."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from directory.imports.columns import ColumnsForm
from qxportal.core.tables.dates import with_iso_dates
from qxportal.core.tables.problems import column_letters
from qxportal.core.tables.reading import AS_WRITTEN, DAY_FIRST, MONTH_FIRST, Dates, Description

SHOWN_FIRST = 3  # answers
Answer = tuple[str, str, tuple[str, ...]]  # a value, its label, and lines that illustrate it
TELLING = re.compile(r'[^\s;,|"]*[^\x00-\x7f][^\s;,|"]*')
TELLING_SHOWN = 8
ENCODINGS = {
    "cp1252": gettext_lazy("Western European (Windows)"),
    "iso-8859-15": gettext_lazy("Western European (ISO)"),
    "mac_roman": gettext_lazy("Western European (Mac)"),
    "cp850": gettext_lazy("Western European (DOS)"),
    "cp1250": gettext_lazy("Central European (Windows)"),
    "iso-8859-2": gettext_lazy("Central European (ISO)"),
    "cp852": gettext_lazy("Central European (DOS)"),
    "cp1251": gettext_lazy("Cyrillic (Windows)"),
    "koi8-r": gettext_lazy("Cyrillic (KOI8)"),
    "cp1253": gettext_lazy("Greek (Windows)"),
    "cp1254": gettext_lazy("Turkish (Windows)"),
    "cp1255": gettext_lazy("Hebrew (Windows)"),
    "cp1256": gettext_lazy("Arabic (Windows)"),
    "cp1257": gettext_lazy("Baltic (Windows)"),
    "cp932": gettext_lazy("Japanese"),
    "gb18030": gettext_lazy("Chinese, simplified"),
    "big5": gettext_lazy("Chinese, traditional"),
    "cp949": gettext_lazy("Korean"),
}


def questions(
    found: Description, columns: ColumnsForm, data: Mapping[str, Any] | None, *, answered: Mapping[str, Any]
) -> list["Question"]:
    """Open questions about a file with the answers given; none about columns that are not imported."""
    asked, wanted = [], found.open_questions
    given = {
        **answered,
        **({name: data[name] for name in ("encoding", "hidden", "dates") if data.get(name)} if data else {}),
    }
    if "encoding" in wanted:
        asked.append(_which_encoding(found, given))
    if "with_hidden" in wanted:
        asked.append(_hidden(found, given))
    imported = tuple(each for each in found.dates if each.column in columns.chosen())
    if imported:
        asked.append(_dates(found, imported, given))
    return asked


class Question:
    """A question with its possible answers."""

    def __init__(self, name: str, words: str, answers: list[Answer], given: str | None) -> None:
        self.name, self.words, self.answers, self.given = name, words, answers, given or ""
        self.error = ""

    @property
    def first(self) -> list[Answer]:
        """The most likely answers, and the chosen one."""
        return [answer for place, answer in enumerate(self.answers) if place < SHOWN_FIRST or answer[0] == self.given]

    @property
    def rest(self) -> list[Answer]:
        """The other answers."""
        return [answer for answer in self.answers if answer not in self.first]

    def is_valid(self) -> bool:
        """Whether one of the answers was chosen."""
        if self.given not in {value for value, *_rest in self.answers}:
            self.error = _("Choose one.")
        return not self.error


def _which_encoding(found: Description, given: Mapping[str, Any]) -> Question:
    answers: list[Answer] = [
        (each.encoding, _telling_words(each.rows), (str(ENCODINGS.get(each.encoding, each.encoding)),))
        for each in found.encodings
    ]
    words = _("The file does not say how its letters are stored. Which of these is right?")
    return Question("encoding", words, answers, given.get("encoding") or found.reading.encoding)


def _telling_words(rows: Sequence[str]) -> str:
    """Words with letters that differ in another reading."""
    words = [word for row in rows for word in TELLING.findall(row)]
    return " · ".join(list(dict.fromkeys(words))[:TELLING_SHOWN])


def _hidden(found: Description, given: Mapping[str, Any]) -> Question:
    parts = []
    if found.hidden_rows:
        parts.append(
            ngettext("%(n)s row is hidden.", "%(n)s rows are hidden.", found.hidden_rows) % {"n": found.hidden_rows}
        )
    if found.hidden_columns:
        n = found.hidden_columns
        parts.append(ngettext("%(n)s column is hidden.", "%(n)s columns are hidden.", n) % {"n": n})
    answers: list[Answer] = [
        ("take", _("Import what is hidden, too"), ()),
        ("leave", _("Leave out what is hidden"), ()),
    ]
    return Question("hidden", " ".join(parts), answers, given.get("hidden"))


def _dates(found: Description, imported: Sequence[Dates], given: Mapping[str, Any]) -> Question:
    shown = imported[0].samples[:2]
    columns = ", ".join(each.header or column_letters(each.column) for each in imported)
    words = _("Dates can be read in two ways in: %(columns)s. What comes first?") % {"columns": columns}
    answers: list[Answer] = [
        (DAY_FIRST, _("The day"), tuple(_read_as(each, day_first=True) for each in shown)),
        (MONTH_FIRST, _("The month"), tuple(_read_as(each, day_first=False) for each in shown)),
        (AS_WRITTEN, _("Keep the cells as they are written"), tuple(shown)),
    ]
    return Question("dates", words, answers, given.get("dates") or found.reading.date_order)


def _read_as(cell: str, *, day_first: bool) -> str:
    return f"{cell} → {with_iso_dates([cell], {0: DAY_FIRST if day_first else MONTH_FIRST})[0]}"
