"""The forms of an import: file, reading options, columns and import options."""

import io
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, BinaryIO

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qxportal.core.tables import limits
from qxportal.core.tables.reading import AS_WRITTEN, DAY_FIRST, MONTH_FIRST, Description, Reading

PASTED = 2 * limits.MEBI  # characters
SAMPLES = 3
ORDERS = (DAY_FIRST, MONTH_FIRST, AS_WRITTEN)


class UploadForm(forms.Form):
    """A file, or cells pasted from a spreadsheet."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        help_text=gettext_lazy("CSV or TSV up to 50 MB and 200,000 rows; XLSX or ODS up to 20 MB and 50,000 rows."),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.tab,.txt,.xlsx,.xlsm,.ods"}),
    )
    pasted = forms.CharField(
        label=gettext_lazy("Or paste cells from a spreadsheet"),
        required=False,
        max_length=PASTED,
        strip=False,
        help_text=gettext_lazy("Copy the cells together with the row that names the columns."),
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        """Require exactly one of the two."""
        given = super().clean() or {}
        if not self.errors and not given.get("file") and not (given.get("pasted") or "").strip():
            self.add_error("file", _("Choose a file, or paste cells."))
        return given

    def table(self) -> tuple[BinaryIO, str]:
        """The file and its name."""
        file = self.cleaned_data["file"]
        if file:
            return getattr(file, "file", file), str(file.name)
        return io.BytesIO(self.cleaned_data["pasted"].encode("utf-8", "replace")), _("Pasted cells")


class ReadingForm(forms.Form):
    """Reading options of a file, with fields only for real choices."""

    def __init__(self, data: Mapping[str, Any] | None, found: Description) -> None:
        super().__init__(data)
        self.found = found
        reading = found.reading
        if len(found.sheets) > 1:
            self._choose(
                "sheet", _("Sheet"), [(s.name, _sheet_label(s.name, s.hidden)) for s in found.sheets], reading.sheet
            )
        if found.kind == "text":
            separators = list(dict.fromkeys([reading.separator or ",", *found.separators, *_separators()]))
            self._choose(
                "separator",
                _("Columns are separated by"),
                [(s, _separators().get(s, s)) for s in separators],
                reading.separator,
            )
        heads = [(str(row.number), _head_label(row.number, row.cells)) for row in found.heads]
        if len(heads) > 1:
            self._choose("header_row", _("The columns are named in"), heads, str(reading.header_row))

    def _choose(self, name: str, label: str, choices: list[tuple[str, str]], initial: str | None) -> None:
        self.fields[name] = forms.ChoiceField(label=label, choices=choices, initial=initial, required=False)

    def chosen(self) -> Reading | None:
        """The reading with the choices made here and in the questions; None if unchanged."""
        given = {
            name: self.data.get(name) for name in ("encoding", "sheet", "separator", "header_row", "hidden", "dates")
        }
        before = self.found.reading
        encodings = {each.encoding for each in self.found.encodings}
        fresh = Reading(
            encoding=given["encoding"] if given["encoding"] in encodings else before.encoding,
            sheet=given["sheet"] if given["sheet"] in {s.name for s in self.found.sheets} else before.sheet,
            separator=given["separator"] if given["separator"] in _separators() else before.separator,
            header_row=_number(given["header_row"], before.header_row),
            with_hidden={"take": True, "leave": False}.get(given["hidden"] or "", before.with_hidden),
            date_order=given["dates"] if given["dates"] in ORDERS else before.date_order,
            dates=before.dates,
        )
        if fresh.sheet != before.sheet:
            fresh = replace(fresh, header_row=None)
        return None if fresh == before else replace(fresh, dates={})


def _number(text: str | None, before: int | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 7 else before


def _separators() -> dict[str, str]:
    return {",": _("Comma"), ";": _("Semicolon"), "\t": _("Tab"), "|": _("Vertical bar")}


def _sheet_label(name: str, hidden: bool) -> str:
    return _("%(name)s (hidden)") % {"name": name} if hidden else name


def _head_label(number: int, cells: tuple[str, ...]) -> str:
    shown = ", ".join(cell for cell in cells if cell.strip())[:60]
    return _("Row %(row)s: %(cells)s") % {"row": number, "cells": shown}
