"""Mirrored listings in words, and the pages that show them."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from assessments.models import Assessment
from qxportal.accounts.models import Organisation
from qxportal.ledger.models import Pull


@dataclass(frozen=True)
class NamedPull:
    """How a reading went, what was read in words, and where its rows are shown; empty where they are not."""

    pull: Pull
    words: str
    address: str


def named(org: Organisation, pulls: Iterable[Pull]) -> list[NamedPull]:
    """The readings with their names, those of gone assessments too."""
    listed = list(pulls)
    ids = {pull.resource.partition(":")[2] for pull in listed}
    found = Assessment.objects.filter(org=org, vendor_id__in=ids) if any(ids) else ()
    by_id = {assessment.vendor_id: assessment for assessment in found}
    return [_named(org, pull, by_id) for pull in listed]


def _named(org: Organisation, pull: Pull, by_id: dict[str, Assessment]) -> NamedPull:
    kind, _colon, vendor_id = pull.resource.partition(":")
    assessment = by_id.get(vendor_id)
    match kind:
        case "persons":
            return NamedPull(pull, _("People"), reverse("directory:people", args=[org.slug]))
        case "assessments":
            return NamedPull(pull, _("Assessments"), reverse("assessments:list", args=[org.slug]))
        case "surveys":
            return NamedPull(pull, _("Surveys"), "")
        case "subjects" | "evaluations" if assessment:
            words = _("Subjects of %(name)s") if kind == "subjects" else _("Evaluations of %(name)s")
            address = reverse(f"assessments:{kind}", args=[org.slug, assessment.pk])
            return NamedPull(pull, words % {"name": assessment.name}, address)
    return NamedPull(pull, pull.resource, "")
