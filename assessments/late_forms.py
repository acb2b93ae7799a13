"""The form of late additions: a deadline, and the times of reminders."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assessments.message_texts import shown_name
from assessments.models import MessageText
from assessments.schedule_forms import MomentField

REMINDERS = ("remind_1", "remind_2", "remind_3")


class LateForm(forms.Form):
    """A separate deadline if the assessment closes, and up to three reminders if the assessment can mail."""

    until = MomentField(label=_("May answer until"))
    remind_1 = MomentField(label=_("First reminder"))
    remind_2 = MomentField(label=_("Second reminder"))
    remind_3 = MomentField(label=_("Third reminder"))
    text = forms.ChoiceField(label=_("Text"), required=False)

    def __init__(
        self, posted: Any, *, closes_at: datetime | None, extends: bool, reminds: bool, texts: Iterable[MessageText]
    ) -> None:
        super().__init__(posted)
        self.closes_at = closes_at
        choices = [(one.vendor_id, shown_name(one)) for one in texts]
        self.fields["text"].choices = [("", gettext("Default text")), *choices]  # type: ignore[attr-defined]
        gone = [] if extends else ["until"]
        gone += [] if reminds else [*REMINDERS, "text"]
        gone += ["text"] if reminds and not choices else []
        for name in gone:
            del self.fields[name]

    @property
    def remind_at(self) -> list[datetime]:
        """The reminders that were chosen, in their order."""
        return sorted({at for name in REMINDERS if (at := self.cleaned_data.get(name))})

    def clean(self) -> dict[str, Any]:
        """The deadline lies after the closing time; reminders lie ahead, before the deadline."""
        cleaned = super().clean() or {}
        now, until = timezone.now(), cleaned.get("until")
        if until and until <= max(now, self.closes_at or now):
            self.add_error("until", gettext("Enter a time after the closing time that has not passed."))
        last = until or self.closes_at
        for name in REMINDERS:
            at = cleaned.get(name)
            if at and at <= now:
                self.add_error(name, gettext("Enter a time that has not passed."))
            elif at and last and at >= last:
                self.add_error(name, gettext("Reminders have to be sent before the deadline of these people."))
        if not self.errors and not until and not any(cleaned.get(name) for name in REMINDERS):
            self.add_error(None, gettext("Enter a deadline or a reminder."))
        return cleaned
