"""Where creating something leads: to the new thing as soon as it is there, or to the reason why it is not."""

import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET
from django_htmx.http import HttpResponseClientRedirect

from assessments.models import Assessment
from directory.models import Person
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.models import Change
from qxportal.ledger.selectors import changes

CREATING = ("createAssessment", "createThreeSixty", "createPerson")


@require_GET
@member_of_org(Role.READER)
def created(request: MemberRequest, org: Organisation, pk: uuid.UUID) -> HttpResponse:
    """Wait for what a change creates, then go there; where it was refused, say why and offer another try."""
    change = get_object_or_404(changes(request.member).filter(request__in=CREATING), pk=pk)
    place = _place(org, change)
    if place:
        return HttpResponseClientRedirect(place) if request.htmx else redirect(place)
    if request.htmx and not change.moving:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    name = "assessments/_created.html" if request.htmx else "assessments/created.html"
    return render(request, name, {"change": change, "person": change.request == "createPerson"})


def _place(org: Organisation, change: Change) -> str:
    """The page of what was created, once the mirror has it."""
    if change.state != Change.State.DONE:
        return ""
    kept = change.parameters
    if change.request == "createPerson":
        person = Person.objects.filter(org=org, vendor_id=change.vendor_id or kept.get("person_id", "")).first()
        return reverse("assessments:person", args=(org.slug, person.pk)) if person else ""
    there = Assessment.objects.filter(org=org, vendor_id=change.vendor_id or kept.get("assessment_id", "")).first()
    return reverse("assessments:overview", args=(org.slug, there.pk)) if there else ""
