"""The form of a mailing: when it goes, and whether it goes on for whoever it fits later."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assessments.mailing_commands import STANDING
from assessments.schedule_forms import MomentField


class MailingForm(forms.Form):
    """When a mailing goes."""

    when = forms.ChoiceField(
        label=_("When"), choices=[("now", _("Now")), ("at", _("At a certain time"))], initial="now"
    )
    at = MomentField(label=_("Time"))
    standing = forms.BooleanField(
        label=_("Also to everybody whom it fits later"),
        required=False,
        help_text=_("It goes on until you stop it."),
    )

    def __init__(self, posted: Any, *, kind: str, zone: str, named: bool = False) -> None:
        super().__init__(posted)
        self.fields["at"].help_text = gettext("In the time zone %(zone)s.") % {"zone": zone}
        if kind not in STANDING or named:
            del self.fields["standing"]

    def clean(self) -> dict[str, Any]:
        """A certain time lies ahead; “now” has none."""
        cleaned = super().clean() or {}
        at = cleaned.get("at")
        if cleaned.get("when") != "at":
            cleaned["at"] = None
        elif at is None and "at" not in self.errors:
            self.add_error("at", gettext("Enter when the mails are sent."))
        elif at is not None and at <= timezone.now():
            self.add_error("at", gettext("Enter a time that has not passed."))
        return cleaned
