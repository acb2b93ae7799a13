"""Form for HR's requirements for reports."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assessments.forms import RuleForm
from assessments.models import Assessment
from assessments.selectors import relationships_of
from qxportal.ui.labels import RELATIONSHIPS


class RequirementsForm(RuleForm):
    """Numbers of finished evaluations by relationship, and relationships in which everyone has to finish."""

    def __init__(
        self, posted: Any, *, assessment: Assessment, rule: Mapping[str, int], everyone: Sequence[str]
    ) -> None:
        super().__init__(posted, assessment=assessment, rule=rule)
        self.fields["everyone"] = forms.MultipleChoiceField(
            label=_("Everyone has to finish"),
            choices=[(name, str(RELATIONSHIPS.get(name, name))) for name in relationships_of(assessment)],
            widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
            required=False,
            initial=list(everyone),
            help_text=_("A report waits for all evaluators in these relationships, however many they are."),
        )
