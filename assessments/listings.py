"""Mirrored listings in words, and the pages that show them."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from assessments.models import Assessment
from qxportal.accounts.models import Organisation
from qxportal.ledger.models import ResourceSync


@dataclass(frozen=True)
class NamedSync:
    """A sync's result, the name of its listing, and the URL of its rows; empty without a page."""

    sync: ResourceSync
    words: str
    address: str


def named(org: Organisation, syncs: Iterable[ResourceSync]) -> list[NamedSync]:
    """The readings with their names, those of gone assessments too."""
    listed = list(syncs)
    ids = {sync.resource.partition(":")[2] for sync in listed}
    found = Assessment.objects.filter(org=org, vendor_id__in=ids) if any(ids) else ()
    by_id = {assessment.vendor_id: assessment for assessment in found}
    return [_named(org, sync, by_id) for sync in listed]


def _named(org: Organisation, sync: ResourceSync, by_id: dict[str, Assessment]) -> NamedSync:
    kind, _colon, vendor_id = sync.resource.partition(":")
    assessment = by_id.get(vendor_id)
    match kind:
        case "persons":
            return NamedSync(sync, _("People"), reverse("directory:people", args=[org.slug]))
        case "assessments":
            return NamedSync(sync, _("Assessments"), reverse("assessments:list", args=[org.slug]))
        case "surveys":
            return NamedSync(sync, _("Surveys"), "")
        case "subjects" | "evaluations" if assessment:
            words = _("Subjects of %(name)s") if kind == "subjects" else _("Evaluations of %(name)s")
            address = reverse(f"assessments:{kind}", args=[org.slug, assessment.pk])
            return NamedSync(sync, words % {"name": assessment.name}, address)
        case "subjects":
            return NamedSync(sync, _("Subjects of an unknown assessment"), "")
        case "evaluations":
            return NamedSync(sync, _("Evaluations of an unknown assessment"), "")
    return NamedSync(sync, sync.resource, "")
