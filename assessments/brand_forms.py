"""Forms of the brand: appearance and texts, test mails, and the code that switches mail on."""

import io
import warnings
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _
from PIL import Image

from assessments.brand import BrandFacts
from qxportal.accounts.forms import ZONES
from qxportal.core.languages import WRITTEN, name_of
from qxportal.threesixty.relationships import HIGHEST_MINIMUM, MINIMUM

LANGUAGES = tuple(code.upper() for code in WRITTEN)  # the API's codes
IMAGES = ("PNG", "JPEG", "WEBP")
MOST_BYTES = 1024 * 1024  # of a logo's file
LONGEST_SIDE = 4_000  # pixels of a logo
TEXTS = {  # texts in each language, with their maximum length
    "footer": (_("Footer (%(language)s)"), 1_000),
    "report_cover": (_("Words on the cover (%(language)s)"), 300),
    "report_confidential": (_("More on confidentiality (%(language)s)"), 600),
}
CLOCK = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class BrandForm(forms.Form):
    """The brand as seen by people outside HR."""

    title = forms.CharField(
        label=_("Name"),
        max_length=200,
        help_text=_("What evaluators and subjects read at the top of their pages and in mails."),
    )
    color = forms.CharField(
        label=_("Colour"),
        required=False,
        validators=[RegexValidator(r"\A#[0-9a-fA-F]{6}\Z", _("Enter a color such as #1f4fd8."))],
        widget=forms.TextInput(attrs={"placeholder": "#1f4fd8", "spellcheck": "false", "autocomplete": "off"}),
        help_text=_("Of headings and buttons, such as #1f4fd8. Leave empty for the default."),
    )
    language = forms.ChoiceField(
        label=_("Default language"),
        choices=lambda: [(code, name_of(code)) for code in LANGUAGES],
        help_text=_("For people whose language is not known."),
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=ZONES, help_text=_("Of deadlines in mails, and of the quiet hours.")
    )
    quiet_from = forms.TimeField(
        label=_("Quiet hours from"),
        widget=CLOCK,
        help_text=_("No invitations and reminders are sent in these hours; they are sent afterwards."),
    )
    quiet_until = forms.TimeField(
        label=_("Quiet hours until"), widget=CLOCK, help_text=_("The same time twice means no quiet hours.")
    )
    from_name = forms.CharField(
        label=_("Sender’s name"),
        max_length=100,
        required=False,
        help_text=_("Leave empty to use the name above."),
    )
    reply_to = forms.EmailField(
        label=_("Reply-to address"),
        required=False,
        help_text=_("Where answers to the mails go. Leave empty if nobody reads them."),
    )

    def __init__(self, *args: Any, known: BrandFacts, **kwargs: Any) -> None:
        self.known = known
        initial: dict[str, Any] = {name: getattr(known, name) for name in self.base_fields}
        initial["title"] = known.shown_name
        initial |= {f"{name}_{code}": text for name in TEXTS for code, text in getattr(known, name).items()}
        super().__init__(*args, **{**kwargs, "initial": initial})
        for name, (label, most) in TEXTS.items():
            for code in LANGUAGES:
                self.fields[f"{name}_{code}"] = forms.CharField(
                    label=label % {"language": name_of(code)},
                    max_length=most,
                    required=False,
                    widget=forms.Textarea(attrs={"rows": 3}),
                )

    @property
    def footers(self) -> list[forms.BoundField]:
        """The fields of the footer, one for each language."""
        return self._fields_of("footer")

    @property
    def of_reports(self) -> list[list[forms.BoundField]]:
        """Fields for texts in reports: cover and confidentiality, each by language."""
        return [self._fields_of("report_cover"), self._fields_of("report_confidential")]

    def _fields_of(self, name: str) -> list[forms.BoundField]:
        return [self[f"{name}_{code}"] for code in LANGUAGES]

    def values(self) -> Mapping[str, Any]:
        """The entered values in the server's form; texts in other languages stay unchanged."""
        given = {name: self.cleaned_data[name] for name in self.base_fields}
        given["color"] = given["color"].lower()
        given |= {name: f"{given[name]:%H:%M}" for name in ("quiet_from", "quiet_until")}
        return given | {name: self._texts(name) for name in TEXTS}

    def _texts(self, name: str) -> dict[str, str]:
        kept = {code: text for code, text in getattr(self.known, name).items() if code not in LANGUAGES}
        texts = {code: self.cleaned_data[f"{name}_{code}"].replace("\r\n", "\n").strip() for code in LANGUAGES}
        if name != "footer":  # a paragraph each
            texts = {code: " ".join(text.split()) for code, text in texts.items()}
        return kept | {code: text for code, text in texts.items() if text}


class MinimumsForm(forms.Form):
    """Minimum numbers of answers in reports."""

    min_group = forms.IntegerField(
        label=_("Answers before a group’s figures are shown"),
        min_value=MINIMUM,
        max_value=HIGHEST_MINIMUM,
        help_text=_("Smaller groups are combined with others, or left out. Self and the one manager are shown alone."),
    )
    min_comments = forms.IntegerField(
        label=_("Comments before a group’s comments are shown"),
        min_value=MINIMUM,
        max_value=HIGHEST_MINIMUM,
        help_text=_("Never below the first number. Fewer are mixed with comments of other groups, or left out."),
    )
    min_spread = forms.IntegerField(
        label=_("Answers before their spread is shown"),
        min_value=MINIMUM,
        max_value=HIGHEST_MINIMUM,
        help_text=_("Never below the first number. Spread says how far apart ratings are: narrow, medium or wide."),
    )

    def clean(self) -> dict[str, Any]:
        """Comments and spread need no fewer answers than figures."""
        cleaned = super().clean() or {}
        for name in ("min_comments", "min_spread"):
            if cleaned.get(name, HIGHEST_MINIMUM) < cleaned.get("min_group", MINIMUM):
                self.add_error(
                    name, _("Enter %(n)s or more: not fewer than for figures.") % {"n": cleaned["min_group"]}
                )
        return cleaned


class LogoForm(forms.Form):
    """An image shown in place of the name."""

    logo = forms.FileField(
        label=_("Image"),
        max_length=200,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
        help_text=_("PNG, JPEG or WebP of at most 1 MB. It is made smaller where needed and shown on a light ground."),
    )

    def clean_logo(self) -> bytes:
        """The file's bytes; only its head is looked at here, as the server reads and rewrites the image."""
        file = self.cleaned_data["logo"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(_("This file is larger than 1 MB."))
        content: bytes = file.read()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", Image.DecompressionBombWarning)
                with Image.open(io.BytesIO(content), formats=IMAGES) as image:
                    size = image.size
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise forms.ValidationError(_("This is no PNG, JPEG or WebP image.")) from None
        if max(size) > LONGEST_SIDE:
            raise forms.ValidationError(
                _("This image has more than %(most)s pixels on a side.") % {"most": LONGEST_SIDE}
            )
        return content


class TestMailForm(forms.Form):
    """Recipient of a test mail."""

    __test__ = False  # no test of pytest's

    address = forms.EmailField(label=_("Send a test mail to"), max_length=254)


class MailOnForm(forms.Form):
    """The code of a test mail, and the recipients of mail."""

    code = forms.CharField(
        label=_("Code from the test mail"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "spellcheck": "false"}),
    )
    mode = forms.ChoiceField(
        label=_("Recipients of mail"),
        choices=[("on", _("Everybody")), ("test", _("Only the address of the test mail"))],
        initial="on",
    )

    def __init__(self, *args: Any, known: BrandFacts, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = known

    def clean(self) -> dict[str, Any]:
        """A code is needed but to send all mail to an address that was tested before."""
        cleaned = super().clean() or {}
        if not cleaned.get("code") and not (cleaned.get("mode") == "test" and self.known.test_address):
            self.add_error("code", _("Enter the code that the test mail brought."))
        return cleaned
