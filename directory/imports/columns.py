"""Mapping of a file's columns to fields."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from directory.imports.fields import METADATA, NAME_LENGTH, Fields
from qxportal.core.tables.problems import column_letters
from qxportal.core.tables.reading import Description

SAMPLES = 3


class Column:
    """A column with sample values and the fields to choose from."""

    def __init__(self, place: int, found: Description, fields: Fields, field: str) -> None:
        self.place = place
        self.name = found.header[place].strip() if place < len(found.header) else ""
        self.title = self.name or _("Column %(letters)s") % {"letters": column_letters(place)}
        self.samples = list(
            dict.fromkeys(
                row.cells[place] for row in found.sample if place < len(row.cells) and row.cells[place].strip()
            )
        )[:SAMPLES]
        self.field = field
        self.input = f"column-{place}"
        self.errors: list[str] = []
        self.choices = [("", _("Do not import")), *((each.name, str(each.label)) for each in fields.fields)]
        if fields.other_data:
            kept = field.removeprefix(METADATA) if field.startswith(METADATA) else self.name
            if kept:
                self.choices.append((METADATA + kept, _("Other data: %(name)s") % {"name": kept}))
            if self.name and kept != self.name:
                self.choices.append((METADATA + self.name, _("Other data: %(name)s") % {"name": self.name}))


class ColumnsForm:
    """Maps columns to fields."""

    def __init__(
        self, found: Description, fields: Fields, columns: Mapping[int, str], data: Mapping[str, Any] | None
    ) -> None:
        self.fields = fields
        places = [place for place in range(_width(found)) if _something(place, found)]
        self.columns = [Column(place, found, fields, columns.get(place, "")) for place in places]
        self.errors: list[str] = []
        if data is not None:
            for column in self.columns:
                given = data.get(column.input, column.field)
                if given in dict(column.choices):
                    column.field = given

    @property
    def remaining(self) -> list[Column]:
        """Unmapped columns that could be kept as other data."""
        return [one for one in self.columns if not one.field and one.name] if self.fields.other_data else []

    def all_as_other_data(self) -> None:
        """Keep every unmapped column as other data."""
        for column in self.remaining:
            column.field = METADATA + column.name[:NAME_LENGTH]

    def chosen(self) -> dict[int, str]:
        """Field of each mapped column."""
        return {column.place: column.field for column in self.columns if column.field}

    def is_valid(self) -> bool:
        """Whether each field has at most one column, and required fields have one."""
        many = {each.name for each in self.fields.fields if each.many}
        taken: dict[str, Column] = {}
        for column in self.columns:
            first = taken.setdefault(column.field, column) if column.field and column.field not in many else column
            if first is not column:
                column.errors.append(
                    _("%(field)s is taken from the column “%(name)s” already.")
                    % {"field": self.fields.label(column.field), "name": first.title}
                )
        chosen = {column.field for column in self.columns}
        more = [others for name, others in self.fields.needs.items() if name in chosen]
        for needed in (*self.fields.one_of, *more):
            if not chosen & set(needed):
                names = [self.fields.label(name) for name in needed]
                self.errors.append(
                    _("Choose the column for: %(field)s.") % {"field": names[0]}
                    if len(names) == 1
                    else _("Choose a column for one of these: %(fields)s.") % {"fields": ", ".join(names)}
                )
        return not self.errors and not any(column.errors for column in self.columns)


def _width(found: Description) -> int:
    return max([len(found.header), *(len(row.cells) for row in found.sample)])


def _something(place: int, found: Description) -> bool:
    named = place < len(found.header) and found.header[place].strip()
    return bool(named) or any(place < len(row.cells) and row.cells[place].strip() for row in found.sample)
