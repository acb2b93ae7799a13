"""A person leaves the company: the open evaluations of the leaver, and the replacement."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assessments.evaluation_lines import ADD, NOTE, REMOVE, Wanted
from assessments.fence import about_others
from assessments.groups import UNFINISHED, relationship_order
from assessments.models import Assessment, Evaluation, Subject
from directory.forms import person_at
from directory.models import Person
from directory.selectors import managed_by, managers_of
from qxportal.accounts.models import Member, Organisation
from qxportal.threesixty.relationships import SELF
from qxportal.ui.labels import RELATIONSHIPS
from qxportal.ui.stored_messages import gettext_stored

MOST_SUGGESTED = 100


def leaver_rows(
    evaluations: Iterable[Evaluation],
    *,
    replacement: Person | None = None,
    replaced: Collection[str] = (),
    answers: bool = False,
) -> Iterator[Wanted]:
    """Rows that remove the leaver from evaluations and, in the relationships `replaced`, ask the replacement instead.

    If the replacement cannot be asked, the leaver stays.
    An evaluation in progress stays, without `answers`, and the replacement is not asked for it.
    """
    for one in evaluations:
        ids = (one.assessment.vendor_id, one.subject_key)
        removed = Wanted(REMOVE, *ids, one.evaluator_key, one.relationship, answers)
        if one.status == Evaluation.Status.IN_PROGRESS and not answers:
            yield removed
            continue
        if replacement is not None and one.relationship in replaced:
            if replacement.vendor_id == one.subject_key:
                note = gettext_stored("%(name)s is the subject, so nobody is asked instead.", name=str(replacement))
                yield Wanted(NOTE, *ids, replacement.vendor_id, note=note)
            else:
                yield Wanted(ADD, *ids, replacement.vendor_id, one.relationship)
                removed = replace(removed, instead=replacement.vendor_id)
        yield removed


def open_evaluations(member: Member | None, *people: Person) -> QuerySet[Evaluation]:
    """Their unfinished evaluations of others in assessments that are not closed, but those about the member."""
    rows = Evaluation.objects.filter(UNFINISHED, evaluator__in=people, gone_at=None)
    rows = rows.filter(assessment__gone_at=None, subject__gone_at=None).exclude(relationship=SELF).exclude(subject=None)
    rows = rows.exclude(assessment__status=Assessment.Status.CLOSED).exclude(subject__status=Subject.Status.DONE)
    rows = about_others(member, rows) if member else rows
    return rows.select_related("assessment", "subject").order_by("assessment__name", "subject__sort_name", "pk")


def suggested(person: Person) -> list[Person]:
    """Suggested replacements: manager, people with the same manager, and direct reports."""
    found = [*managers_of(person)[:5]]
    if person.manager_email:
        peers = Person.objects.filter(org_id=person.org_id, manager_email=person.manager_email, gone_at=None)
        found += peers.exclude(pk=person.pk)[:MOST_SUGGESTED]
    found += managed_by(person)[:MOST_SUGGESTED]
    return list({one.pk: one for one in found if one.email}.values())[:MOST_SUGGESTED]


class LeavingForm(forms.Form):
    """The replacement, the relationships, and the handling of evaluations in progress."""

    replacement = forms.CharField(
        label=_("Replaced by (e-mail address)"),
        required=False,
        max_length=254,
        help_text=_("Leave it empty to remove the person without a replacement."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autofocus": True, "list": "suggested", "spellcheck": "false"}
        ),
    )
    relationships = forms.MultipleChoiceField(required=False)
    answers = forms.BooleanField(
        label=_("Also remove evaluations in progress"),
        required=False,
        help_text=_("Their answers so far are lost. Otherwise these evaluations stay as they are."),
    )

    def __init__(self, posted: Any, *, org: Organisation, person: Person, evaluations: Iterable[Evaluation]) -> None:
        super().__init__(posted)
        self.org, self.person = org, person
        names = sorted({one.relationship for one in evaluations}, key=relationship_order)
        field = self.fields["relationships"]
        field.choices = [(name, RELATIONSHIPS.get(name, name)) for name in names]  # type: ignore[attr-defined]
        field.initial = names

    @property
    def chosen(self) -> list[str]:
        """The relationships that are ticked."""
        return list(self["relationships"].value() or ())

    def clean_replacement(self) -> Person | None:
        """The only person with the address, who must not be the leaver."""
        address = self.cleaned_data["replacement"]
        found = person_at(self.org, address) if address else None
        if found is not None and found.pk == self.person.pk:
            raise forms.ValidationError(gettext("Choose another person than the one who leaves."))
        return found
