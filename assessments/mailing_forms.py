"""The form of a mailing: when it goes, and whether it goes on for whoever it fits later."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assessments.mailing_commands import STANDING
from assessments.schedule_forms import MomentField


class InviteForm(forms.Form):
    """Whether and when the invitations of an assessment that is activated leave."""

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
