"""Forms about organisations, credentials and members."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from qxportal.accounts.models import Credential, Member, Organisation, User
from qxportal.accounts.roles import Role
from qxportal.core.zones import known_zones
from qxportal.threesixty.hosts import check_host
from qxportal.ui.terms import SERVICE, TERMS

ZONES = [(zone, zone.replace("_", " ")) for zone in sorted(known_zones())]


# form fields that are columns of an organisation
KEPT = ("name", "time_zone", "language", "paused", "release_alone", "report_codes")


class OrganisationForm(forms.Form):
    """Name, zone, terms and pause of an organisation."""

    name = forms.CharField(label=_("Name"), max_length=200)
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=ZONES)
    language = forms.ChoiceField(
        label=_("Default language"),
        choices=settings.LANGUAGES,
        help_text=_("For e-mails, and for people who have not chosen a language."),
    )
    service = forms.CharField(
        label=_("Name of the survey service"),
        max_length=40,
        required=False,
        help_text=_("What pages call the service that your surveys run on. Leave empty for the default."),
    )
    paused = forms.BooleanField(
        label=_("Pause this organisation"),
        required=False,
        help_text=_("While the organisation is paused, data is not refreshed and changes are not sent."),
    )

    release_alone = forms.IntegerField(
        label=_("Readers to whom one admin can release reports alone"),
        min_value=1,
        max_value=100_000,
        required=False,
        help_text=_("A plan that opens reports to more readers is applied by another admin. Only owners change this."),
    )

    report_codes = forms.BooleanField(
        label=_("Always ask for a code before a personal link opens a report"),
        required=False,
        help_text=_(
            "Readers without an account type six digits that are sent by a second mail. This also applies "
            "to links that were already sent."
        ),
    )

    def __init__(self, *args: Any, org: Organisation, by: Member, **kwargs: Any) -> None:
        initial = {name: getattr(org, name) for name in KEPT}
        initial["service"] = org.terms.get(SERVICE, "")
        initial |= {f"term_{word}": text for word, text in org.terms.items()}
        super().__init__(*args, **{**kwargs, "initial": initial})
        self.fields["release_alone"].disabled = by.role != Role.OWNER
        for word, text in TERMS.items():
            self.fields[f"term_{word}"] = forms.CharField(
                label=str(text), max_length=40, required=False, widget=forms.TextInput(attrs={"placeholder": text})
            )

    def clean_release_alone(self) -> int:
        """The number; unchanged if the field is empty."""
        given: int | None = self.cleaned_data["release_alone"]
        return given if given is not None else int(self.initial["release_alone"])

    @property
    def term_fields(self) -> list[forms.BoundField]:
        """The fields for the organisation's own terms."""
        return [self[f"term_{word}"] for word in TERMS]

    def terms(self) -> dict[str, str]:
        """The organisation's own terms, without empty ones."""
        given = {word: self.cleaned_data[f"term_{word}"].strip() for word in TERMS}
        given[SERVICE] = self.cleaned_data["service"].strip()
        return {word: text for word, text in given.items() if text}


class CredentialForm(forms.Form):
    """Host and user of the API; the token can be set, never read."""

    host = forms.CharField(
        label=_("API host"), max_length=200, help_text=_("The host name of your data centre, such as eu.qualtrics.com.")
    )
    api_user = forms.CharField(label=_("API user"), max_length=200, help_text=_("Usually written as address#brand."))
    token = forms.CharField(
        label=_("API token or password"),
        max_length=500,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}, render_value=False),
        help_text=_(
            "Leave empty to keep the current token. Another host or API user clears it. The oldest API version takes "
            "the password."
        ),
    )
    version = forms.ChoiceField(label=_("API version"), choices=Credential.Version.choices)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if settings.ENGINE_ALLOWED:
            self.fields["host"].help_text = _(
                "The host name of your data centre, such as eu.qualtrics.com, or the built-in server on this machine, "
                "such as http://127.0.0.1:8010."
            )
        elif settings.ENGINE_HOSTS:
            self.fields["host"].help_text = _(
                "The host name of your data centre, such as eu.qualtrics.com, or of the built-in server: %(hosts)s."
            ) % {"hosts": ", ".join(sorted(settings.ENGINE_HOSTS))}

    def clean_host(self) -> str:
        """The host, checked against the allowed ones."""
        try:
            return check_host(
                self.cleaned_data["host"], allow_loopback=settings.ENGINE_ALLOWED, engines=settings.ENGINE_HOSTS
            )
        except ValueError:
            raise forms.ValidationError(
                _("Enter the host name of your data centre, such as eu.qualtrics.com."), code="host"
            ) from None

    def clean_token(self) -> str:
        """The token without whitespace from copying."""
        return str(self.cleaned_data["token"]).strip()


class RoleForm(forms.Form):
    """Another role for a member."""

    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)


class InvitationForm(forms.Form):
    """The address and role of an invitation."""

    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.READER)


class JoinForm(forms.Form):
    """The account of an invited person who has none."""

    name = forms.CharField(label=_("Your name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password = forms.CharField(
        label=_("Password"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), max_length=200
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean_password(self) -> str:
        """A password that passes validation."""
        password = str(self.cleaned_data["password"])
        validate_password(password, User(email=self.email, name=str(self.cleaned_data.get("name", ""))))
        return password


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    """A user's own name, language and zone."""

    time_zone = forms.ChoiceField(label=_("Time zone"), choices=ZONES)
    language = forms.ChoiceField(
        label=_("Language"), choices=[("", _("Browser default")), *settings.LANGUAGES], required=False
    )

    class Meta:
        model = User
        fields = ("name", "language", "time_zone")


def roles_for(by: Member) -> list[tuple[str, str]]:
    """Roles that the member may assign."""
    return [(value, str(label)) for value, label in Role.choices if value != Role.OWNER or by.role == Role.OWNER]


class SavedViewForm(forms.Form):
    """Name of a saved view, and whether all members see it."""

    name = forms.CharField(label=_("Name"), max_length=80)
    shared = forms.BooleanField(
        label=_("Share with the organisation"),
        required=False,
        help_text=_("All members can open the view. It does not change which entries of the list they may see."),
    )

    def __init__(self, *args: Any, by: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not by.may(Role.EDITOR):
            del self.fields["shared"]
