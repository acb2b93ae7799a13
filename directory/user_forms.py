"""Forms of users of the survey service."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

KEEP = ("", _("Leave as it is"))


class UserNameField(forms.RegexField):
    """A user name without spaces."""

    def __init__(self, **options: Any) -> None:
        words = {"invalid": _("Enter a user name without spaces.")}
        super().__init__(r"\A[^\s<>\"]+\Z", max_length=254, error_messages=words, **options)


class DivisionField(forms.RegexField):
    """A division ID, or empty."""

    def __init__(self) -> None:
        words = {"invalid": _("Enter a division ID; it begins with DV_.")}
        super().__init__(
            r"\ADV_\w{1,50}\Z", label=_("Division ID"), required=False, error_messages=words, max_length=60
        )


class TypeField(forms.RegexField):
    """The user type, which determines rights."""

    def __init__(self, **options: Any) -> None:
        words = {"invalid": _("Enter a user type; it begins with UT_.")}
        super().__init__(r"\AUT_\w{1,50}\Z", label=_("User type"), error_messages=words, max_length=60, **options)


class CreateUserForm(forms.Form):
    """A new user."""

    first_name = forms.CharField(label=_("First name"), max_length=200)
    last_name = forms.CharField(label=_("Last name"), max_length=200)
    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    user_name = UserNameField(label=_("User name"))
    password = forms.CharField(
        label=_("Password"),
        min_length=8,
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 8 characters. It is kept sealed until it is sent, then forgotten."),
    )
    brand = forms.CharField(label=_("Brand ID"), max_length=100)
    type = TypeField(help_text=_("UT_BRANDADMIN is an administrator of the brand."))
    division_id = DivisionField()


class UpdateUserForm(forms.Form):
    """Changes of a user; the survey service does not reveal the current values."""

    first_name = forms.CharField(label=_("First name"), max_length=200, required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=200, required=False)
    email = forms.EmailField(label=_("E-mail address"), max_length=254, required=False)
    type = TypeField(required=False)
    division_id = DivisionField()
    status = forms.ChoiceField(
        label=_("Sign-in"),
        required=False,
        choices=[KEEP, ("Active", _("Can sign in")), ("Disabled", _("Cannot sign in"))],
    )


class RenameUserForm(forms.Form):
    """Another name for a user."""

    user_name = UserNameField(label=_("New user name"))
    is_email = forms.BooleanField(label=_("The name is the e-mail address, too"), required=False)


class DivisionForm(forms.Form):
    """A new division."""

    name = forms.CharField(label=_("Name"), max_length=100)
    administrators = forms.MultipleChoiceField(label=_("Administrators"), required=False)
