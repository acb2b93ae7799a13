"""The forms of the directory."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from directory.models import Person
from directory.person_edits import PersonEdit, shown_values
from directory.selectors import people_at
from qxportal.accounts.models import Organisation
from qxportal.ledger.outbox.humanize import OF_METADATA, field_label

METADATA_LENGTH, NAME_LENGTH = 2_000, 200


def person_at(org: Organisation, address: str) -> Person:
    """The one person with an e-mail address; raises ValidationError for none or several."""
    found = [person for people in people_at(org, [address]).values() for person in people]
    if len(found) != 1:
        raise forms.ValidationError(gettext("No unique match for: %(address)s") % {"address": address})
    return found[0]


class PersonForm(forms.Form):
    """A new person of the directory."""

    intent = forms.UUIDField(widget=forms.HiddenInput)
    first_name = forms.CharField(label=_("First name"), max_length=200)
    last_name = forms.CharField(label=_("Last name"), max_length=200)
    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    department = forms.CharField(label=_("Department"), max_length=200, required=False)
    title = forms.CharField(label=_("Job title"), max_length=200, required=False)
    manager_email = forms.EmailField(label=_("Manager’s e-mail address"), max_length=254, required=False)
    external = forms.BooleanField(label=_("External person"), required=False)

    def metadata(self) -> dict[str, str]:
        """The optional fields in the vendor's form."""
        fields = {"Department": "department", "Title": "title", "ManagerEmail": "manager_email"}
        return {key: self.cleaned_data[name] for key, name in fields.items() if self.cleaned_data[name]}


class EditPersonForm(forms.Form):
    """A person's name, address and metadata, with an input for one more field."""

    first_name = forms.CharField(label=_("First name"), max_length=NAME_LENGTH)
    last_name = forms.CharField(label=_("Last name"), max_length=NAME_LENGTH)
    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    new_name = forms.CharField(label=_("Name of another field"), max_length=NAME_LENGTH, required=False)
    new_value = forms.CharField(label=_("Value of that field"), max_length=METADATA_LENGTH, required=False)

    def __init__(self, person: Person, posted: QueryDict | None = None) -> None:
        values = shown_values(person)
        super().__init__(posted, initial=values)
        for name, value in values.items():
            if name.startswith(OF_METADATA):
                kind = forms.EmailField if name == f"{OF_METADATA}ManagerEmail" and not _odd(value) else forms.CharField
                self.fields[name] = kind(label=field_label(name), max_length=METADATA_LENGTH, required=False)
            else:
                self.fields[name].required = bool(value)  # fields empty at the vendor may stay empty
        self.person = person
        self.order_fields([name for name in self.fields if not name.startswith("new_")])

    def clean(self) -> dict[str, Any]:
        """Require an unused name and a value for a further field."""
        cleaned = super().clean() or {}
        name, value = cleaned.get("new_name", ""), cleaned.get("new_value", "")
        if value and not name:
            self.add_error("new_name", gettext("Enter the name of the field."))
        if name and not value:
            self.add_error("new_value", gettext("Enter the value of the field."))
        if f"{OF_METADATA}{name}" in self.fields:
            self.add_error("new_name", gettext("This person has this field already."))
        return cleaned

    def edit(self) -> PersonEdit:
        """The wanted values of the person."""
        given = self.cleaned_data
        metadata = {
            name.removeprefix(OF_METADATA): value for name, value in given.items() if name.startswith(OF_METADATA)
        }
        if given["new_name"]:
            metadata[given["new_name"]] = given["new_value"]
        return PersonEdit(given["first_name"], given["last_name"], given["email"].lower(), metadata)


def _odd(address: str) -> bool:
    """Whether the stored address is invalid, which the form must not refuse to keep."""
    return bool(address) and "@" not in address
