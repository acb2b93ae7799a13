"""The forms of assessments."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from assessments.addresses import read_addresses
from assessments.models import Assessment, Subject
from assessments.selectors import relationships_of
from directory.selectors import people, people_at
from qxportal.accounts.models import Organisation
from qxportal.ui.badges import Words
from qxportal.ui.labels import RELATIONSHIPS

NAMED = 20  # parts of a pasted text that a message lists

SWITCHES = {
    "SelfEvaluation": (_("Subjects evaluate themselves"), True),
    "UnsolicitedEvaluations": (_("Anyone may give unsolicited feedback"), False),
    "DeclineEvaluations": (_("Evaluators may decline"), True),
    "RoundRobin": (_("Everyone evaluates everyone"), False),
    "SubjectsNominate": (_("Subjects nominate their evaluators"), True),
    "SubjectsChooseRelationship": (_("Subjects choose the relationship"), False),
    "ManagersChoose": (_("Managers choose the evaluators"), False),
    "NominationApproval": (_("Managers approve nominations"), True),
    "CompletionVisible": (_("Subjects see how many have finished"), False),
    "ReportApproval": (_("Managers approve reports before subjects see them"), False),
    "SubjectsRemind": (_("Subjects may remind their evaluators"), False),
    "AutoInvite": (_("New evaluators are invited immediately"), True),
    "MergeMessages": (_("Evaluators get one invitation for all their subjects"), True),
}
NEEDS = {  # options that mean nothing without another one
    "NominationApproval": "SubjectsNominate",
    "SubjectsChooseRelationship": "SubjectsNominate",
}

LIMITS = {
    "MinimumEvaluators": _("Minimum number of evaluators per subject"),
    "MaximumEvaluators": _("Maximum number of evaluators per subject"),
}


OPTIONS: dict[str, Words] = {**LIMITS, **{name: label for name, (label, _on) in SWITCHES.items()}}  # by the API's names


class BasicsForm(forms.Form):
    """Name and type of the assessment."""

    name = forms.CharField(label=_("Name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    type = forms.ChoiceField(
        label=_("Type"),
        choices=Assessment.Type.choices,
    )


class OptionsForm(forms.Form):
    """The workflow options of a new assessment."""

    minimum = forms.IntegerField(
        label=LIMITS["MinimumEvaluators"],
        min_value=0,
        max_value=100,
        initial=5,
        help_text=_("Recommended for each subject. Groups with too few answers stay hidden in reports."),
    )
    maximum = forms.IntegerField(label=LIMITS["MaximumEvaluators"], min_value=1, max_value=500, initial=15)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (label, on) in SWITCHES.items():
            self.fields[name] = forms.BooleanField(label=label, required=False, initial=on)

    def switches(self) -> list[forms.BoundField]:
        """The fields that are on or off."""
        return [self[name] for name in SWITCHES]

    def clean(self) -> dict[str, Any]:
        """The largest number is not below the least."""
        cleaned = super().clean() or {}
        if cleaned.get("minimum", 0) > cleaned.get("maximum", 500):
            self.add_error("maximum", gettext("The maximum must not be lower than the minimum."))
        for name, other in NEEDS.items():
            if cleaned.get(name) and not cleaned.get(other):
                self.add_error(name, gettext("This needs “%(option)s”.") % {"option": SWITCHES[other][0]})
        return cleaned

    def options(self) -> dict[str, Any]:
        """The options as the vendor takes them."""
        switches = {name: self.cleaned_data[name] for name in SWITCHES}
        return {
            **switches,
            "MinimumEvaluators": self.cleaned_data["minimum"],
            "MaximumEvaluators": self.cleaned_data["maximum"],
        }


REASON = 500  # the most characters of why a status was changed


class CloseForm(forms.Form):
    """The switches of closing, each seen and confirmed."""

    close_sessions = forms.BooleanField(
        label=_("Record evaluations in progress as they are"),
        required=False,
        help_text=_("Otherwise answers that have not been submitted are lost."),
    )
    delete_mailings = forms.BooleanField(
        label=_("Delete scheduled mailings"),
        required=False,
        initial=True,
        help_text=_("Otherwise scheduled invitations and reminders are still sent."),
    )
    ready_reports = forms.BooleanField(
        label=_("Make the reports ready"),
        required=False,
        help_text=_("Everyone with access to the reports can then open them."),
    )
    confirmed = forms.BooleanField(label=_("I understand what happens and want to close the assessment"))


class StatusForm(forms.Form):
    """Another status for a subject."""

    status = forms.ChoiceField(choices=Subject.Status.choices)
    close_sessions = forms.BooleanField(required=False)
    reason = forms.CharField(required=False, max_length=REASON)


class RuleForm(forms.Form):
    """Minimum numbers of finished evaluations by relationship for a subject to be done."""

    def __init__(self, posted: Any, *, assessment: Assessment, rule: Mapping[str, int]) -> None:
        super().__init__(posted)
        self.names = {f"least_{place}": name for place, name in enumerate(relationships_of(assessment))}
        for field, name in self.names.items():
            self.fields[field] = forms.IntegerField(
                label=str(RELATIONSHIPS.get(name, name)), min_value=0, max_value=100, initial=rule.get(name, 0)
            )

    def clean(self) -> dict[str, Any]:
        """A rule that asks for nothing would mark everybody."""
        cleaned = super().clean() or {}
        if not self.errors and not any(cleaned.values()):
            raise forms.ValidationError(gettext("Ask for at least one finished evaluation."))
        return cleaned

    def rule(self) -> dict[str, int]:
        """The minimum number by relationship, if set."""
        return {name: self.cleaned_data[field] for field, name in self.names.items() if self.cleaned_data[field]}


class ExternalForm(forms.Form):
    """An evaluator who is not in the directory."""

    first_name = forms.CharField(label=_("First name"), max_length=200)
    last_name = forms.CharField(label=_("Last name"), max_length=200)
    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    relationship = forms.ChoiceField(label=_("Relationship"))

    def __init__(self, posted: Any, *, names: Sequence[str], initial: Mapping[str, str]) -> None:
        super().__init__(posted, initial=dict(initial))
        choices = [(name, str(RELATIONSHIPS.get(name, name))) for name in names]
        self.fields["relationship"].choices = choices  # type: ignore[attr-defined]


class RemoveForm(forms.Form):
    """What to do with the evaluations that a removed subject gave."""

    remove_evaluations = forms.BooleanField(
        label=_("Also remove the evaluations that this person gave"),
        required=False,
        help_text=_(
            "The evaluations that this person gave in this assessment are deleted. This cannot be undone. "
            "Otherwise they are kept; the evaluations about this person are kept in any case."
        ),
    )


class PeoplePickerForm(forms.Form):
    """People of the directory: ticked in a list, or pasted as e-mail addresses in any shape."""

    unknown: Sequence[str] = ()  # pasted addresses without a person of their own in the directory

    addresses = forms.CharField(
        label=_("E-mail addresses"),
        required=False,
        max_length=200_000,
        widget=forms.Textarea(attrs={"rows": 5, "class": "form-control"}),
        help_text=_("One per line, or separated by commas or semicolons. Names beside the addresses are ignored."),
    )

    def __init__(self, posted: QueryDict, *, org: Organisation) -> None:
        super().__init__(posted or None)
        self.org = org

    def clean_addresses(self) -> tuple[str, ...]:
        """The separate addresses; text without an address is an error instead of being ignored."""
        pasted = read_addresses(self.cleaned_data["addresses"])
        if pasted.unread:
            words = ngettext(
                "This part contains no e-mail address: %(list)s. Correct or remove it.",
                "%(n)s parts contain no e-mail address: %(list)s. Correct or remove them.",
                len(pasted.unread),
            )
            named = ", ".join(f"“{part[:80]}”" for part in pasted.unread[:NAMED])
            raise forms.ValidationError(words % {"n": len(pasted.unread), "list": named})
        return pasted.addresses

    def clean(self) -> dict[str, Any]:
        """With `people`: the ticked ones, then those at the pasted addresses."""
        cleaned = super().clean() or {}
        ticked = people(self.org).filter(pk__in=numbers_in(self.data, "person"))
        at = people_at(self.org, cleaned.get("addresses", ()))
        pasted = [found[0] for found in at.values() if len(found) == 1]
        self.unknown = [address for address, found in at.items() if len(found) != 1]
        if self.unknown:
            self.fields["addresses"].widget.attrs["aria-invalid"] = "true"
        cleaned["people"] = list({person.pk: person for person in [*ticked, *pasted]}.values())
        return cleaned


def numbers_in(posted: Any, name: str) -> list[int]:
    """All integers sent for a field of the page; other values are ignored."""
    return [int(text) for text in posted.getlist(name) if text.isdecimal() and len(text) < 16]


def relationships_from(posted: Any) -> list[dict[str, Any]]:
    """The rows of the relationships editor: names with translations, written "de: Kollege; fr: Collègue"."""
    rows = []
    pairs = zip(posted.getlist("name"), posted.getlist("translations"), strict=False)
    for name, translations in pairs:
        if name.strip() or translations.strip():
            rows.append({"Name": " ".join(name.split()), "Translations": translations_from(translations)})
    return rows


def translations_from(text: str) -> dict[str, str]:
    """Language codes with words, from "de: Kollege; fr: Collègue"."""
    found = {}
    for part in text.replace("\x00", "").split(";"):
        language, colon, words = part.partition(":")
        if colon and language.strip() and words.strip():
            found[language.strip()[:10]] = words.strip()[:100]
    return found


def translations_text(translations: dict[str, str]) -> str:
    """The same, the other way round."""
    return "; ".join(f"{language}: {words}" for language, words in translations.items())
