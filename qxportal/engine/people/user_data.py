"""The user data fields of a brand: standard fields that it shows, and its own fields.

An own field is a key of a person's metadata with rules; other keys have none.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta

from qxportal.engine.http.errors import Invalid
from qxportal.engine.models import Brand
from qxportal.engine.people.columns import known_column
from qxportal.engine.people.fields import METADATA_FIELDS, METADATA_LIMIT

MOST_SHOWN = 10

Name = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^\S(.*\S)?$")]
Choice = Annotated[str, Meta(min_length=1, max_length=METADATA_LIMIT, pattern=r"^\S(.*\S)?$")]
Kept = TypeVar("Kept")


class Field(msgspec.Struct, frozen=True, rename="pascal", forbid_unknown_fields=True):
    """One of a brand's own fields, as in setUserDataFields."""

    type: Literal["MultipleChoice", "TextEntry"]
    can_edit: bool = False
    required: bool = False
    choices: Annotated[tuple[Choice, ...], Meta(max_length=200)] = ()

    def fault(self, name: str, text: str | None, *, complete: bool) -> str:
        """The reason why a value is invalid, else empty; with `complete`, a missing required value (None) is, too."""
        if self.required and (text == "" or (text is None and complete)):
            return f"{name} is required."
        if text and self.choices and text not in self.choices:
            more = ", ..." if len(self.choices) > MOST_SHOWN else ""
            return f"{name} is none of: {', '.join(self.choices[:MOST_SHOWN])}{more}."
        return ""


Fields = Mapping[str, Field]


def of(brand: Brand) -> Fields:
    """The brand's own fields."""
    return msgspec.convert(brand.optional_fields, dict[str, Field])


def fault(details: Mapping[str, str], fields: Fields, *, complete: bool) -> str:
    """The first reason why metadata are invalid, else empty; `complete`: required fields must be there."""
    faults = (field.fault(name, details.get(name), complete=complete) for name, field in fields.items())
    return next((reason for reason in faults if reason), "")


def editable(fields: Fields) -> set[str]:
    """Names of the fields that people may change themselves."""
    return {name for name, field in fields.items() if field.can_edit}


def update(brand: Brand, shown: object, own: object) -> None:
    """Update a brand's field settings; settings not given stay as they are."""
    brand.default_fields = _bounded(
        "DefaultSettings", {**brand.default_fields, **_read(shown, bool, "DefaultSettings")}
    )
    rules: dict[str, Any] = dict(brand.optional_fields)
    for name, given in _read(own, dict[str, Any], "OptionalSettings").items():
        if known_column(name):
            raise Invalid("OptionalSettings", f"{name} is a field that everybody has.")
        rules[name] = msgspec.to_builtins(_field(name, {**rules.get(name, {}), **given}))
    brand.optional_fields = _bounded("OptionalSettings", rules)
    brand.save(update_fields=["default_fields", "optional_fields"])


def _read(given: object, kind: type[Kept], parameter: str) -> dict[str, Kept]:
    try:
        return msgspec.convert(given or {}, dict[Name, kind], strict=False)  # type: ignore[valid-type]
    except msgspec.ValidationError as error:
        raise Invalid(parameter, f"{error}.") from error


def _field(name: str, rules: Mapping[str, Any]) -> Field:
    try:
        field = msgspec.convert(rules, Field, strict=False)
    except msgspec.ValidationError as error:
        raise Invalid("OptionalSettings", f"{name}: {error}.") from error
    if bool(field.choices) != (field.type == "MultipleChoice"):
        raise Invalid("OptionalSettings", f"{name}: MultipleChoice needs Choices, and nothing else has them.")
    return field


def _bounded(parameter: str, kept: dict[str, Any]) -> dict[str, Any]:
    if len(kept) > METADATA_FIELDS:
        raise Invalid(parameter, f"At most {METADATA_FIELDS} fields are possible.")
    return kept
