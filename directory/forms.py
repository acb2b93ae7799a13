"""The forms of the directory."""

from django import forms
from django.utils.translation import gettext_lazy as _


class PersonForm(forms.Form):
    """Somebody new in the directory."""

    intent = forms.UUIDField(widget=forms.HiddenInput)
    first_name = forms.CharField(label=_("First name"), max_length=200)
    last_name = forms.CharField(label=_("Last name"), max_length=200)
    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    department = forms.CharField(label=_("Department"), max_length=200, required=False)
    title = forms.CharField(label=_("Job title"), max_length=200, required=False)
    manager_email = forms.EmailField(label=_("Manager’s e-mail address"), max_length=254, required=False)
    external = forms.BooleanField(label=_("External person"), required=False)

    def metadata(self) -> dict[str, str]:
        """The optional fields as the vendor keeps them."""
        fields = {"Department": "department", "Title": "title", "ManagerEmail": "manager_email"}
        return {key: self.cleaned_data[name] for key, name in fields.items() if self.cleaned_data[name]}
