"""The form of a decision about a list of nominations."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assessments.nomination_commands import DECISIONS, WITH_REASON


class DecisionForm(forms.Form):
    """A decision about a list, and its reason, which the chooser reads."""

    decision = forms.ChoiceField(
        choices=[(name, name) for name in DECISIONS], error_messages={"required": _("Choose what to do with the list.")}
    )
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 3, "class": "form-control", "required": True}),
        help_text=_("The subject and the manager read it on their pages."),
    )

    def clean(self) -> dict[str, Any]:
        """Sending back and reopening need a reason."""
        cleaned = super().clean() or {}
        if cleaned.get("decision") in WITH_REASON and not cleaned.get("reason") and "reason" not in self.errors:
            self.add_error("reason", gettext("Say why: the person who chose reads it."))
        return cleaned
