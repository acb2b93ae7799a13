"""Piped text: values of the evaluation in places such as ${e://Field/Name} and ${m://FirstName}."""

import re
from collections.abc import Mapping
from dataclasses import replace

from qxportal.engine.site.questionnaire.items import Field, Item, Option, Row

PLACE = re.compile(r"\$\{([a-z]{1,3})://(?:Field/)?([^}\s]{1,120})\}")


def filled(item: Item, fields: Mapping[str, str], said: Mapping[str, str]) -> Item:
    """The question with names, relationship, fields and earlier answers filled in.

    `m` is the subject, `e` a field, `q` an earlier answer. `fields` by their names in lower case; `said` by the path of
    an earlier answer, such as QID1/ChoiceTextEntryValue.
    """

    def put(text: str) -> str:
        if "${" not in text:
            return text
        return PLACE.sub(lambda place: _value(place[1], place[2], fields, said), text)

    def option(one: Option) -> Option:
        return replace(one, label=put(one.label)) if "${" in one.label else one

    def of_field(one: Field) -> Field:
        return replace(one, label=put(one.label), options=tuple(map(option, one.options)))

    def of_row(row: Row) -> Row:
        return replace(row, label=put(row.label), opposite=put(row.opposite), fields=tuple(map(of_field, row.fields)))

    def of_item(one: Item) -> Item:
        columns = tuple(map(of_item, one.columns))
        return replace(one, text=put(one.text), note=put(one.note), rows=tuple(map(of_row, one.rows)), columns=columns)

    return of_item(item)


def _value(kind: str, name: str, fields: Mapping[str, str], said: Mapping[str, str]) -> str:
    if kind == "q":
        return said.get(name, "")
    key = name.casefold()
    return fields.get(f"subject{key}", fields.get(key, "")) if kind == "m" else fields.get(key, "")
