"""Form of a batch of reports by a rule: assessments, subjects, and viewers."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assessments.models import Assessment
from assessments.receiving import ADMIN, SUBJECT
from assessments.report_batches import MANAGER
from assessments.report_rules import RULES, SINCE, UNFETCHED, offered
from qxportal.accounts.models import Organisation

VIEWERS = {
    SUBJECT: _("The subject"),
    MANAGER: _("The manager named in the directory"),
    ADMIN: _("Administrators"),
}


class BatchRuleForm(forms.Form):
    """At least one assessment and one reader."""

    assessments = forms.ModelMultipleChoiceField(
        label=_("Assessments"), queryset=Assessment.objects.none(), widget=forms.CheckboxSelectMultiple
    )
    rule = forms.ChoiceField(label=_("Which subjects"), choices=RULES, widget=forms.RadioSelect, initial=UNFETCHED)
    since = forms.DateField(
        label=_("Since"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Only for “Done since a day”."),
    )
    viewers = forms.MultipleChoiceField(label=_("As seen by"), widget=forms.CheckboxSelectMultiple, initial=[SUBJECT])

    def __init__(self, posted: Any, *, org: Organisation, viewers: Iterable[str]) -> None:
        super().__init__(posted)
        numbers = list(offered(org).values_list("pk", flat=True))
        rows = Assessment.objects.filter(org=org, pk__in=numbers).order_by("-created_at", "-pk")
        self.fields["assessments"].queryset = rows  # type: ignore[attr-defined]
        self.fields["viewers"].choices = [(viewer, VIEWERS[viewer]) for viewer in viewers]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The rule of a day has one."""
        cleaned = super().clean() or {}
        if cleaned.get("rule") == SINCE and not cleaned.get("since") and "since" not in self.errors:
            self.add_error("since", gettext("Choose the day."))
        return cleaned
