"""Form of a mailing: time of sending, and whether it continues for later recipients."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assessments.brand_forms import LANGUAGES
from assessments.mail_labels import KINDS
from assessments.mailing_commands import STANDING
from assessments.message_texts import CATEGORIES, shown_name
from assessments.models import MessageText
from assessments.schedule_forms import MomentField
from qxportal.core.languages import name_of
from qxportal.mail.merge import unknown_fields


class InviteForm(forms.Form):
    """Whether and when invitations are sent on activation."""

    invite = forms.ChoiceField(
        label=_("Invitations"),
        choices=[
            ("now", _("Send as soon as the assessment is active")),
            ("at", _("Send at a certain time")),
            ("none", _("Do not send any now")),
        ],
    )
    invite_at = MomentField(label=_("Time"))

    def __init__(self, posted: Any, *, zone: str, mail_off: bool) -> None:
        super().__init__(posted, initial={"invite": "none" if mail_off else "now"})
        self.fields["invite_at"].help_text = gettext("In the time zone %(zone)s.") % {"zone": zone}

    def clean(self) -> dict[str, Any]:
        """A certain time lies ahead; other choices have none."""
        cleaned = super().clean() or {}
        if cleaned.get("invite") != "at":
            cleaned["invite_at"] = None
        else:
            refuse_past(self, "invite_at")
        return cleaned


class MailingForm(forms.Form):
    """Text and time of a mailing."""

    text = forms.ChoiceField(label=_("Text"), required=False)
    when = forms.ChoiceField(
        label=_("When"), choices=[("now", _("Now")), ("at", _("At a certain time"))], initial="now"
    )
    at = MomentField(label=_("Time"))
    standing = forms.BooleanField(
        label=_("Also to everyone it applies to later"),
        required=False,
        help_text=_("It goes on until you stop it."),
    )

    def __init__(
        self, posted: Any, *, kind: str, zone: str, texts: Iterable[MessageText], text: str = "", named: bool = False
    ) -> None:
        super().__init__(posted, initial={"text": text})
        choices = [(one.vendor_id, shown_name(one)) for one in texts]
        self.fields["text"].choices = [("", gettext("Default text")), *choices]  # type: ignore[attr-defined]
        if not choices:
            del self.fields["text"]
        self.fields["at"].help_text = gettext("In the time zone %(zone)s.") % {"zone": zone}
        if kind not in STANDING or named:
            del self.fields["standing"]

    def clean(self) -> dict[str, Any]:
        """A certain time lies ahead; “now” has none."""
        cleaned = super().clean() or {}
        if cleaned.get("when") != "at":
            cleaned["at"] = None
        else:
            refuse_past(self, "at")
        return cleaned


def refuse_past(form: forms.Form, name: str) -> None:
    """Complain beside a field that has no time, or one that has passed."""
    at = form.cleaned_data.get(name)
    if at is None and name not in form.errors:
        form.add_error(name, gettext("Enter when the mails are sent."))
    elif at is not None and at <= timezone.now():
        form.add_error(name, gettext("Enter a time that has not passed."))


class TextForm(forms.Form):
    """A text in all mail languages side by side, with merge fields."""

    kind = forms.ChoiceField(label=_("Kind of message"), choices=[(name, KINDS[name]) for name in CATEGORIES])
    name = forms.CharField(
        label=_("Name"), max_length=150, help_text=_("By which you find it when you plan a mailing.")
    )

    def __init__(self, posted: Any, *, known: MessageText | None = None) -> None:
        texts = known.texts if known else {}
        super().__init__(posted, initial={f"text_{code}": words for code, words in texts.items()})
        self.known = known
        if known is not None:
            del self.fields["kind"], self.fields["name"]
        self.codes = [*LANGUAGES, *(code for code in texts if code not in LANGUAGES)]
        for code in self.codes:
            self.fields[f"text_{code}"] = forms.CharField(
                label=name_of(code), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 14})
            )

    @property
    def languages(self) -> list[forms.BoundField]:
        """The fields of the text, one for each language."""
        return [self[f"text_{code}"] for code in self.codes]

    def clean(self) -> dict[str, Any]:
        """Require known merge fields and a text; an existing text cannot be emptied."""
        cleaned = super().clean() or {}
        texts = {}
        for code in self.codes:
            name = f"text_{code}"
            words = cleaned.get(name, "").replace("\r\n", "\n").strip()
            if unknown := unknown_fields(words):
                listed = ", ".join(f"${{{one}}}" for one in unknown)
                self.add_error(name, gettext("Nothing fills in %(list)s. Correct or remove it.") % {"list": listed})
            if not words and self.known is not None and self.known.texts.get(code):
                self.add_error(name, gettext("A text cannot be emptied. Write another one."))
            if words:
                texts[code] = words
        if not texts and not self.errors:
            self.add_error(None, gettext("Write the text in at least one language."))
        cleaned["texts"] = texts
        return cleaned
