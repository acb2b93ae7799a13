"""The form of one API request, made from its call and the catalogue: a typed field for each parameter."""

import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, get_args, get_origin, get_type_hints

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qxportal.threesixty.calls.base import As, Call
from qxportal.threesixty.catalogue import KNOWN, UPLOAD_LIMIT
from qxportal.threesixty.errors import MalformedResponse
from qxportal.threesixty.records import RelationshipRecord, read_relationships
from qxportal.threesixty.strict_json import read_json

YES_NO = [("", gettext_lazy("Not chosen")), ("1", gettext_lazy("Yes")), ("0", gettext_lazy("No"))]
LONG = ("message",)
OF_CODES = {"ESRV18": "SurveyID"}  # the parameter that a code refuses without naming it


class JsonField(forms.CharField):
    """A structured value in JSON; `shape` is its required type, `flat` whether it is not nested."""

    def __init__(self, shape: type[dict[str, Any]] | type[list[Any]], *, flat: bool = False, **options: Any) -> None:
        self.shape, self.flat = shape, flat
        super().__init__(widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}), **options)

    def clean(self, value: str) -> Any:
        """The value; None if the field is empty."""
        text = super().clean(value)
        if not text:
            return None
        try:
            found = read_json(text.encode())
            kept = json.dumps(found, ensure_ascii=False).encode()
        except (MalformedResponse, UnicodeEncodeError):
            raise forms.ValidationError(_("This is not readable JSON.")) from None
        if not isinstance(found, self.shape):
            wanted = _("Enter a JSON object.") if self.shape is dict else _("Enter a JSON list.")
            raise forms.ValidationError(wanted)
        parts = found.values() if self.flat and isinstance(found, dict) else ()
        if (
            not all(isinstance(part, str | int | float) for part in parts) or b"\\u0000" in kept
        ):  # databases keep no NUL
            raise forms.ValidationError(_("This cannot be read."))
        return found


class RequestForm(forms.Form):
    """Parameters of one request, each under its documented name."""

    def __init__(self, kind: type[Call[Any]], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.kind = kind
        hints = get_type_hints(kind)
        self.parts = {
            str(item.metadata["param"]): item
            for item in fields(kind)
            if "param" in item.metadata and item.name != "idempotency_key"
        }
        for name, item in self.parts.items():
            field = _field(name, item, hints[item.name])
            field.label = name
            self.fields[name] = field

    def call(self) -> Call[Any] | None:
        """The call, or None with the errors beside the fields."""
        given: dict[str, Any] = {}
        for name, item in self.parts.items():
            value = self.cleaned_data.get(name)
            if value in (None, "", ()):
                continue
            try:
                given[item.name] = self._typed(item, value)
            except (MalformedResponse, UnicodeDecodeError):
                self.add_error(name, _("This cannot be read."))
        if self.errors:
            return None
        try:
            call = self.kind(**given)
            list(call.parameters(call.request))  # invalid keys are reported here instead of by a worker
        except ValueError as problem:
            self.add_error(self.named_in(str(problem)), str(problem))
            return None
        return call

    def named_in(self, words: str) -> str | None:
        """The field that a message names, the longest such name; the file if the message is about one."""
        found = [name for name in self.parts if name in words]
        found += [name for code, name in OF_CODES.items() if code in words and name in self.parts]
        if not found and "FileContents" in self.parts and "file" in words:
            found = ["FileContents"]
        return max(found, key=len) if found else None

    def _typed(self, item: Field[Any], value: Any) -> Any:
        hint = get_type_hints(self.kind)[item.name]
        if isinstance(value, UploadedFile):
            content = value.read()
            return content if _has(hint, bytes) else content.decode("utf-8-sig")
        if _has(hint, bool) and isinstance(value, str):
            return value == "1"
        if _of_relationships(hint):
            return read_relationships(value)
        return tuple(value) if isinstance(value, list) else value


def _field(name: str, item: Field[Any], hint: Any) -> forms.Field:
    required = item.default is MISSING
    how = item.metadata["how"]
    if how is As.FILE:
        return forms.FileField(required=required, help_text=_("At most %(n)s MB.") % {"n": UPLOAD_LIMIT // 2**20})
    if how is As.UNSEEN:
        secret = forms.PasswordInput(attrs={"autocomplete": "new-password"})
        return forms.CharField(
            required=required, widget=secret, strip=False, help_text=_("Sent once and shown nowhere.")
        )
    if _has(hint, bool):
        if isinstance(item.default, bool):
            return forms.BooleanField(required=False, initial=item.default)
        return forms.ChoiceField(choices=YES_NO, required=required)
    for words in _within(hint):
        if isinstance(words, type) and issubclass(words, StrEnum):
            choices = [(str(one), str(one)) for one in words]
            first = [] if isinstance(item.default, words) else [("", _("Not chosen"))]
            initial = str(item.default) if isinstance(item.default, words) else None
            return forms.ChoiceField(choices=[*first, *choices], required=required, initial=initial)
    return _plain_field(item, hint, required=required)


def _plain_field(item: Field[Any], hint: Any, *, required: bool) -> forms.Field:
    if _has(hint, int):
        return forms.IntegerField(min_value=0, required=required)
    if _has(hint, datetime):
        clock = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        return forms.DateTimeField(required=required, widget=clock, help_text=_("In your time zone."))
    if any(get_origin(one) is tuple for one in _within(hint)):
        if _has(hint, str) or any(get_args(one)[:1] == (str,) for one in _within(hint)):
            return LinesField(required=required)
        example = [{"Name": "Mentor"}] if _of_relationships(hint) else [{"…": "…"}]
        return JsonField(list, required=required, help_text=_json_hint(example))
    if _has(hint, str):
        wide = forms.Textarea(attrs={"rows": 6}) if item.name in LONG else forms.TextInput()
        return forms.CharField(required=required, widget=wide, max_length=None if item.name in LONG else 2_000)
    flat = item.metadata["how"] is As.BRACKETS
    return JsonField(dict, flat=flat, required=required, help_text=_json_hint({"…": "…"}))


class LinesField(forms.CharField):
    """A list of texts, one a line."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}), help_text=_("One per line."), **options
        )

    def clean(self, value: str) -> tuple[str, ...]:
        """The texts without blank lines."""
        return tuple(line.strip() for line in super().clean(value).splitlines() if line.strip())


def _json_hint(example: Any) -> str:
    return _("As JSON, for example %(example)s") % {"example": json.dumps(example, ensure_ascii=False)}


def _within(hint: Any) -> tuple[Any, ...]:
    """The types that a hint allows, those of a union one by one."""
    whole = get_origin(hint) in (None, tuple) or _is_mapping(hint)
    return (hint,) if whole else get_args(hint)


def _is_mapping(hint: Any) -> bool:
    origin = get_origin(hint)
    return isinstance(origin, type) and issubclass(origin, Mapping)


def _has(hint: Any, kind: type) -> bool:
    return kind in _within(hint)


def _of_relationships(hint: Any) -> bool:
    return any(RelationshipRecord in get_args(one) for one in _within(hint))


def documented(kind: type[Call[Any]]) -> set[str]:
    """The parameters of a request that the portal sends: those of the catalogue but URLs."""
    return {param.name for param in KNOWN[kind.request].params if param.name != "URL"}
