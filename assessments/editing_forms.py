"""The forms of changing and copying an assessment."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assessments.forms import LIMITS, NEEDS, SWITCHES
from assessments.models import Assessment
from qxportal.threesixty.values import count, flag
from surveys.models import Survey

MOST = {"MinimumEvaluators": 100, "MaximumEvaluators": 500}


class EditAssessmentForm(forms.Form):
    """The workflow options that the assessment is known to have, and of a draft its survey."""

    def __init__(self, assessment: Assessment, posted: Any = None, *, surveys: list[Survey]) -> None:
        super().__init__(posted)
        known = assessment.workflow_options
        if assessment.status == Assessment.Status.DRAFT and surveys:
            self.fields["survey_id"] = forms.ChoiceField(
                label=_("Survey"),
                choices=[(one.vendor_id, one.name) for one in surveys],
                initial=assessment.survey_id,
            )
        for name, label in LIMITS.items():
            if name in known:
                self.fields[name] = forms.IntegerField(
                    label=label, min_value=0, max_value=MOST[name], initial=count(known[name])
                )
        for name, (label, _on) in SWITCHES.items():
            if name in known:
                self.fields[name] = forms.BooleanField(label=label, required=False, initial=flag(known[name]))

    def switches(self) -> list[forms.BoundField]:
        """The fields that are on or off."""
        return [self[name] for name in SWITCHES if name in self.fields]

    def numbers(self) -> list[forms.BoundField]:
        """The limits."""
        return [self[name] for name in LIMITS if name in self.fields]

    def clean(self) -> dict[str, Any]:
        """The largest number is not below the least, and no option lacks the one that it needs."""
        cleaned = super().clean() or {}
        if cleaned.get("MinimumEvaluators", 0) > cleaned.get("MaximumEvaluators", 500):
            self.add_error("MaximumEvaluators", gettext("The maximum must not be lower than the minimum."))
        for name, other in NEEDS.items():
            if cleaned.get(name) and other in self.fields and not cleaned.get(other):
                self.add_error(name, gettext("This needs “%(option)s”.") % {"option": SWITCHES[other][0]})
        return cleaned

    def options(self) -> dict[str, Any]:
        """The options by the API's names."""
        return {name: value for name, value in self.cleaned_data.items() if name != "survey_id"}


class RenameForm(forms.Form):
    """The new name of an assessment."""

    name = forms.CharField(label=_("Name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))


class CopyForm(forms.Form):
    """Name of a copy, and whether to copy texts and people."""

    intent = forms.UUIDField(widget=forms.HiddenInput)
    name = forms.CharField(label=_("Name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    texts = forms.BooleanField(label=_("Copy the texts of its mailings"), required=False, initial=True)
    people = forms.BooleanField(
        label=_("With subjects and evaluators of the earlier round"),
        required=False,
        help_text=_("The subjects are added to the copy; their evaluators are previewed as a plan right afterwards."),
    )
