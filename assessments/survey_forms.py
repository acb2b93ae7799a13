"""The forms of surveys; times are in the zone of the member, which the pages name."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assessments.schedule_forms import MomentField


class ValidityForm(forms.Form):
    """When a survey can be answered; without times, always."""

    valid_from = MomentField(label=_("Valid from"))
    valid_until = MomentField(label=_("Valid until"))

    def clean(self) -> dict[str, Any]:
        """The end comes after the beginning."""
        cleaned = super().clean() or {}
        begins, ends = cleaned.get("valid_from"), cleaned.get("valid_until")
        if begins and ends and ends <= begins:
            self.add_error("valid_until", gettext("This must be later than the beginning."))
        return cleaned
