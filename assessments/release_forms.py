"""Form of a release: readers, first days, and coaches."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from assessments.forms import PeoplePickerForm, numbers_in
from assessments.models import Assessment, ReleaseSchedule, Subject
from assessments.release_steps import FIELD, PEOPLE, RELATIONSHIP, Steps
from directory.models import Person
from qxportal.threesixty.relationships import BUILT_IN

LONGEST = 365  # days after the first one
FIELDS_OFFERED = 40
NAMED = 30  # addresses that a refusal lists
READERS = ("subject", "manager", "coach")


class ReleaseForm(PeoplePickerForm):
    """The days of each kind of reader, counted from the first one."""

    to_subject = forms.BooleanField(label=_("The subject"), required=False)
    to_manager = forms.BooleanField(label=_("The manager"), required=False)
    to_coach = forms.BooleanField(label=_("Coaches"), required=False)
    subject_day = forms.IntegerField(label=_("Days later"), min_value=0, max_value=LONGEST, required=False)
    manager_day = forms.IntegerField(label=_("Days later"), min_value=0, max_value=LONGEST, required=False)
    coach_day = forms.IntegerField(label=_("Days later"), min_value=0, max_value=LONGEST, required=False)
    coaches_from = forms.ChoiceField(label=_("Who the coaches are"), required=False)
    first = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}))
    days = forms.IntegerField(
        label=_("Days that each of them can open it"),
        min_value=1,
        max_value=10 * LONGEST,
        required=False,
        help_text=_("Leave it empty to keep the reports open until you withdraw them."),
    )
    unchecked = forms.BooleanField(
        label=_("Also reports whose first edition has not been checked"),
        required=False,
        help_text=_(
            "The first edition permanently decides which groups are shown together. The preview shows this "
            "for each subject."
        ),
    )

    def __init__(self, posted: QueryDict | None, *, assessment: Assessment) -> None:
        super().__init__(posted or QueryDict(), org=assessment.org)
        self.assessment, self.initial = assessment, _initial(assessment)
        self.fields["addresses"].label = _("Coaches by e-mail address")
        self.fields["addresses"].widget.attrs["rows"] = 2
        self.fields["addresses"].help_text = _("People of the directory. They read the report of every chosen subject.")
        self.fields["coaches_from"].choices = _sources(assessment)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Require at least one kind of reader, and known coaches."""
        cleaned = super().clean()
        if not any(cleaned.get(f"to_{name}") for name in READERS):
            self.add_error(None, gettext("Choose at least one kind of reader."))
        first = cleaned.get("first")
        if first is not None and first < timezone.localdate():
            self.add_error("first", gettext("Choose today or a later day."))
        if cleaned.get("to_coach") and cleaned.get("coaches_from", PEOPLE) in ("", PEOPLE):
            self._check_coaches(cleaned)
        return cleaned

    def _check_coaches(self, cleaned: dict[str, Any]) -> None:
        if self.unknown:
            words = ngettext(
                "No unique match for %(n)s address: %(addresses)s. Correct or remove it.",
                "No unique match for %(n)s addresses: %(addresses)s. Correct or remove them.",
                len(self.unknown),
            )
            named = ", ".join(self.unknown[:NAMED])
            self.add_error("addresses", words % {"n": len(self.unknown), "addresses": named})
        elif not cleaned["people"] and "addresses" not in self.errors:
            self.add_error("addresses", gettext("Name at least one coach."))

    def known_coaches(self) -> list[tuple[Person, bool]]:
        """People who were coaches before, and whether each is selected."""
        kept = ReleaseSchedule.objects.filter(assessment=self.assessment).first()
        keys = kept.steps.get("coaches", ()) if kept else ()
        people = Person.objects.filter(org=self.org, vendor_id__in=keys, gone_at=None).order_by("sort_name", "pk")
        ticked = numbers_in(self.data, "person") if self.is_bound else None
        return [(person, ticked is None or person.pk in ticked) for person in people]

    def steps(self) -> Steps:
        """The chosen steps."""
        cleaned = self.cleaned_data
        kind, _colon, name = (cleaned["coaches_from"] or PEOPLE).partition(":")
        days = {name: cleaned[f"{name}_day"] or 0 if cleaned[f"to_{name}"] else None for name in READERS}
        return Steps(
            first=cleaned["first"],
            days=cleaned["days"],
            coaches_by=kind,
            coaches_in=name,
            coaches=tuple(person.vendor_id for person in cleaned["people"]) if kind == PEOPLE else (),
            unchecked=cleaned["unchecked"],
            **days,
        )


def _initial(assessment: Assessment) -> dict[str, Any]:
    """The steps that were used last, from today on; else subjects on the fifth day, managers on the second."""
    today = timezone.localdate()
    kept = ReleaseSchedule.objects.filter(assessment=assessment).first()
    steps = Steps.of(kept.steps) if kept else Steps(first=today, subject=5, manager=2, days=90)
    found: dict[str, Any] = {"first": max(today, steps.first), "days": steps.days, "unchecked": steps.unchecked}
    for name, standard in (("subject", 5), ("manager", 2), ("coach", 0)):
        offset = getattr(steps, name)
        found |= {f"to_{name}": offset is not None, f"{name}_day": standard if offset is None else offset}
    found["coaches_from"] = f"{steps.coaches_by}:{steps.coaches_in}" if steps.coaches_in else steps.coaches_by
    return found


def _sources(assessment: Assessment) -> list[tuple[str, str]]:
    """Sources of coaches: named people, a field of the subjects, or a custom relationship."""
    fields = Subject.objects.filter(assessment=assessment, gone_at=None).order_by()
    known = {
        name for each in fields.values_list("person__metadata", flat=True).distinct()[:2_000] for name in each or {}
    }
    named = sorted(known)[:FIELDS_OFFERED]
    names = [one.get("Name", "") for one in assessment.relationships or []]
    return [
        (PEOPLE, gettext("The people named below")),
        *(
            (f"{FIELD}:{name}", gettext("Whose identifier is in the field “%(name)s”") % {"name": name})
            for name in named
        ),
        *(
            (f"{RELATIONSHIP}:{name}", gettext("Who evaluates as “%(name)s”") % {"name": name})
            for name in names
            if name and name not in BUILT_IN
        ),
    ]
