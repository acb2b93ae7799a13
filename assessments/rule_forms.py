"""Forms of the rules that choose evaluators."""

import secrets
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assessments.addresses import read_addresses
from assessments.hierarchy import Rule
from assessments.manager_changes import BOTH, MOVE, REPLACE
from assessments.models import Assessment
from directory.forms import person_at
from directory.models import Person
from directory.selectors import people_at
from qxportal.accounts.models import Organisation
from qxportal.threesixty.relationships import MANAGER, PEER, SELF
from qxportal.ui.labels import RELATIONSHIPS

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
NAMED = 10  # addresses that a message lists


def new_seed() -> str:
    """Six letters and digits that are easily read."""
    return "".join(secrets.choice(LETTERS) for _number in range(6))


class SeedField(forms.CharField):
    """Seed of a random choice, which makes it repeatable."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Seed"),
            max_length=40,
            required=False,
            help_text=_("It decides who is chosen at random: the same seed chooses the same people."),
            widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        )

    def clean(self, value: Any) -> str:
        """The seed, a new one if the field is empty."""
        return super().clean(value) or new_seed()


class HierarchyForm(forms.Form):
    """Which evaluators come from the reporting line."""

    manager = forms.BooleanField(label=_("The manager"), required=False, initial=True)
    reports = forms.BooleanField(label=_("All direct reports"), required=False, initial=True)
    peers = forms.IntegerField(
        label=_("Peers with the same manager"),
        min_value=0,
        max_value=50,
        initial=3,
        help_text=_("Per subject. Who evaluates as a peer already counts."),
    )
    most = forms.IntegerField(
        label=_("At most this many open evaluations per person"),
        min_value=1,
        max_value=500,
        required=False,
        help_text=_("Over all active assessments. Empty: no limit."),
    )
    external = forms.BooleanField(label=_("Also ask external people"), required=False)
    excluded = forms.CharField(
        label=_("Never ask (e-mail addresses)"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    seed = SeedField()

    def __init__(self, posted: Any, *, org: Organisation) -> None:
        super().__init__(posted, initial={"seed": new_seed()})
        self.org = org

    def clean_excluded(self) -> frozenset[str]:
        """All people with one of the addresses."""
        pasted = read_addresses(self.cleaned_data["excluded"])
        found = people_at(self.org, pasted.addresses)
        if unknown := [*pasted.unread, *(address for address, people in found.items() if not people)]:
            raise forms.ValidationError(
                gettext("Not in the directory: %(addresses)s") % {"addresses": ", ".join(unknown[:NAMED])}
            )
        return frozenset(person.vendor_id for people in found.values() for person in people)

    def rule(self) -> Rule:
        """The chosen rule."""
        return Rule(**self.cleaned_data)


class CarryForm(forms.Form):
    """Which earlier assessment the evaluators come from."""

    earlier = forms.ModelChoiceField(label=_("Earlier assessment"), queryset=Assessment.objects.none())

    def __init__(self, posted: Any, *, assessment: Assessment, earlier: str = "") -> None:
        super().__init__(posted, initial={"earlier": earlier})
        rows = Assessment.objects.filter(org=assessment.org_id, gone_at=None).exclude(pk=assessment.pk)
        self.fields["earlier"].queryset = rows.order_by("-created_at", "-pk")  # type: ignore[attr-defined]


class RebalancingForm(forms.Form):
    """How much a rater may have open."""

    most = forms.IntegerField(
        label=_("At most this many open evaluations per person"), min_value=1, max_value=500, initial=8
    )
    seed = SeedField()


class ManagerForm(forms.Form):
    """The new manager, and what happens to the old one."""

    manager = forms.CharField(
        label=_("New manager (e-mail address)"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    choice = forms.ChoiceField(
        label=_("The manager so far"),
        choices=[
            (REPLACE, _("is removed and replaced by the new one")),
            (MOVE, _("evaluates in another relationship")),
            (BOTH, _("stays, and the new one is added")),
        ],
        widget=forms.RadioSelect,
        initial=REPLACE,
    )
    relationship = forms.ChoiceField(label=_("Other relationship"))

    def __init__(self, posted: Any, *, org: Organisation, names: list[str], manager: Person | None) -> None:
        super().__init__(posted, initial={"manager": manager.email if manager else "", "relationship": PEER})
        self.org = org
        others = [(name, RELATIONSHIPS.get(name, name)) for name in names if name not in (SELF, MANAGER)]
        self.fields["relationship"].choices = others  # type: ignore[attr-defined]

    def clean_manager(self) -> Person:
        """The one person with the address."""
        return person_at(self.org, self.cleaned_data["manager"])
