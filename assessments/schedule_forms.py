"""The forms of an assessment's dates; times are in the zone of the member, which the pages name."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assessments.forms import CloseForm
from assessments.schedules import SWITCHES, ScheduleFacts

TYPED = "%Y-%m-%dT%H:%M"  # as browsers send it
MOST_REMINDERS, SPARE = 20, 2


class MomentField(forms.DateTimeField):
    """A day and time to the minute."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateTimeInput(format=TYPED, attrs={"type": "datetime-local"})
        super().__init__(input_formats=[TYPED], widget=widget, required=options.pop("required", False), **options)


class ScheduleForm(forms.Form):
    """All dates of an assessment, and the effects of closing."""

    opens_at = MomentField(label=_("Opens"), help_text=_("The assessment is activated at this time."))
    closes_at = MomentField(
        label=_("Closes"), help_text=_("Nobody can answer after this time, except people who were given more time.")
    )
    close_sessions = CloseForm.base_fields["close_sessions"]
    delete_mailings = CloseForm.base_fields["delete_mailings"]
    ready_reports = CloseForm.base_fields["ready_reports"]
    report_at = MomentField(
        label=_("Reports become ready"),
        help_text=_("For reports that should not be ready as soon as the assessment closes."),
    )

    def __init__(self, posted: Any, *, known: ScheduleFacts, draft: bool) -> None:
        initial = {name: getattr(known, name) for name in ("opens_at", "closes_at", "report_at")}
        switches = {name: getattr(known, name) for name in SWITCHES} if known.any else {"delete_mailings": True}
        super().__init__(posted, initial={**initial, **switches})
        self.known, self.draft = known, draft
        self.typed_reminders: list[str] = posted.getlist("remind_at") if posted is not None else []
        self.reminder_problem = ""
        if not draft:
            del self.fields["opens_at"]

    @property
    def reminders(self) -> list[str]:
        """The typed reminders, or the stored ones with empty fields for more."""
        typed = (
            self.typed_reminders
            if self.is_bound
            else [timezone.localtime(at).strftime(TYPED) for at in self.known.remind_at]
        )
        return [*filter(None, typed), *[""] * SPARE][:MOST_REMINDERS]

    def clean(self) -> dict[str, Any]:
        """The dates in their order, none of the new ones in the past; a date that stays as it was keeps its seconds."""
        cleaned = super().clean() or {}
        for name in ("opens_at", "closes_at", "report_at"):
            cleaned[name] = self._same(cleaned.get(name), [getattr(self.known, name)]) if name in self.fields else None
            self._refuse_past(name, cleaned[name], getattr(self.known, name))
        if not self.draft:
            cleaned["opens_at"] = self.known.opens_at
        cleaned["remind_at"] = self._reminders(cleaned)
        opens, closes, reports = (cleaned.get(name) for name in ("opens_at", "closes_at", "report_at"))
        if opens and closes and closes <= opens:
            self.add_error("closes_at", gettext("The assessment has to close after it opens."))
        if reports and not closes:
            self.add_error("closes_at", gettext("Enter when the assessment closes: reports become ready only then."))
        elif reports and closes and reports < closes:
            self.add_error("report_at", gettext("Reports cannot be ready before the assessment closes."))
        return cleaned

    def _refuse_past(self, name: str, at: datetime | None, known: datetime | None) -> None:
        if at and at != known and at <= timezone.now():
            self.add_error(name, gettext("This time has passed. Enter a later one, or leave the field empty."))

    def _reminders(self, cleaned: dict[str, Any]) -> list[datetime]:
        field, found = MomentField(), []
        try:
            typed = [field.clean(text) for text in self.typed_reminders if text.strip()]
        except forms.ValidationError as error:
            self._refuse_reminders(error.messages[0])
            return []
        for at in typed:
            at = self._same(at, self.known.remind_at)
            if at in self.known.remind_at or at > timezone.now():
                found.append(at)
            else:
                self._refuse_reminders(gettext("A reminder lies in the past. Enter a later time, or clear the field."))
        opens, closes = cleaned.get("opens_at"), cleaned.get("closes_at")
        if any((closes and at >= closes) or (opens and at <= opens) for at in found):
            self._refuse_reminders(gettext("Reminders have to lie between opening and closing."))
        return sorted(set(found))

    def _refuse_reminders(self, words: str) -> None:
        self.reminder_problem = words
        self.add_error(None, words)

    @staticmethod
    def _same(at: datetime | None, known: Iterable[datetime | None]) -> Any:
        """The stored time if the typed one equals it to the minute."""
        return next((one for one in known if one and at and one.replace(second=0, microsecond=0) == at), at)


class ExtensionForm(forms.Form):
    """Until when one person may answer."""

    until = MomentField(label=_("May answer until"), required=True)

    def __init__(self, posted: Any, *, closes_at: datetime | None, until: datetime | None) -> None:
        super().__init__(posted, initial={"until": until})
        self.closes_at = closes_at

    def clean_until(self) -> datetime:
        """A time that lies ahead, after the closing time."""
        until: datetime = self.cleaned_data["until"]
        if until <= max(timezone.now(), self.closes_at or timezone.now()):
            raise forms.ValidationError(gettext("Enter a time after the closing time that has not passed."))
        return until
