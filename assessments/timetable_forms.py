"""Form of a timetable: the rule, its times, and how long its plans are held."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assessments.forms import RuleForm
from assessments.gate import suggested_rule
from assessments.models import Assessment, Timetable
from assessments.models.timetables import LONGEST_HOLD
from assessments.timetables import next_time, zone_of

TIMES = ("repeats", "first_on", "last_on", "at", "hold_hours", "most", "leave_begun")


class _Day(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class TimetableForm(RuleForm):
    """A rule, and its times in the time zone of the organisation."""

    repeats = forms.ChoiceField(label=_("How often"), choices=Timetable.Repeats.choices)
    first_on = forms.DateField(label=_("On, or from"), widget=_Day())
    last_on = forms.DateField(
        label=_("Until"), required=False, widget=_Day(), help_text=_("The last day, where it is applied every day.")
    )
    at = forms.TimeField(
        label=_("At"),
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        input_formats=["%H:%M", "%H:%M:%S"],
    )
    hold_hours = forms.IntegerField(
        label=_("Hours on hold"),
        min_value=0,
        max_value=LONGEST_HOLD,
        help_text=_("Members who may apply the plan are told and can stop it until then. 0: it is applied at once."),
    )
    most = forms.IntegerField(
        label=_("At most this many subjects at once"),
        min_value=1,
        max_value=1000,
        help_text=_("A plan with more subjects waits for a person."),
    )
    leave_begun = forms.BooleanField(
        label=_("Leave out subjects with evaluations in progress"), required=False, initial=True
    )

    def __init__(self, posted: Any, *, assessment: Assessment, known: Timetable | None = None) -> None:
        super().__init__(posted, assessment=assessment, rule=known.rule if known else suggested_rule(assessment))
        self.assessment = assessment
        today = timezone.localdate(timezone=zone_of(Timetable(org=assessment.org)))
        self.initial = {"repeats": "daily", "first_on": today, "hold_hours": 24, "most": 50}
        if known is not None:
            self.initial = {name: getattr(known, name) for name in TIMES}

    def rule_fields(self) -> list[forms.BoundField]:
        """The fields of the rule."""
        return [self[name] for name in self.names]

    def time_fields(self) -> list[forms.BoundField]:
        """The others."""
        return [self[name] for name in TIMES]

    def clean(self) -> dict[str, Any]:
        """The rule asks for something, and one of the times lies ahead."""
        least = [self.cleaned_data.get(field) for field in self.names]
        if not self.errors and not any(least):
            raise forms.ValidationError(gettext("Ask for at least one finished evaluation."))
        cleaned = self.cleaned_data
        if cleaned.get("repeats") == Timetable.Repeats.ONCE:
            cleaned["last_on"] = cleaned.get("first_on")
        elif "last_on" in cleaned and cleaned["last_on"] is None:
            self.add_error("last_on", gettext("Enter the last day."))
        if not self.errors:
            if cleaned["last_on"] < cleaned["first_on"]:
                self.add_error("last_on", gettext("The last day must not be before the first one."))
            elif (cleaned["last_on"] - cleaned["first_on"]).days > 366:
                self.add_error("last_on", gettext("Choose a day within a year."))
            elif next_time(self._wanted(), timezone.now()) is None:
                self.add_error("at", gettext("All of these times have passed. Choose a later day or time."))
        return cleaned

    def _wanted(self) -> Timetable:
        times = {name: self.cleaned_data[name] for name in ("first_on", "last_on", "at")}
        return Timetable(org=self.assessment.org, **times)

    def values(self) -> dict[str, Any]:
        """The chosen values, by the columns of a timetable."""
        return {**{name: self.cleaned_data[name] for name in TIMES}, "rule": self.rule()}
