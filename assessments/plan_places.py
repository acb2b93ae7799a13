"""Subjects of plans, for the breadcrumbs of their pages."""

from django.urls import reverse
from django.utils.translation import gettext as _

from assessments.models import Assessment
from qxportal.ledger.models import Plan
from qxportal.ledger.plans.registry import Place


def assessment_place(plan: Plan) -> Place | None:
    """The page of the assessment; nothing for plans about several ones."""
    found = Assessment.objects.filter(org=plan.org, vendor_id=plan.assessment_id).first()
    return Place(found.name, reverse("assessments:overview", args=(plan.org.slug, found.pk))) if found else None


def directory_place(plan: Plan) -> Place:
    """The list of people."""
    return Place(_("People"), reverse("directory:people", args=(plan.org.slug,)))
