"""Redirects after creation: to the new record once it exists, or to the reason why it does not."""

import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET
from django_htmx.http import HttpResponseClientRedirect

from assessments.forms import numbers_in
from assessments.job_kinds import SYNC_ASSESSMENT
from assessments.models import Assessment
from directory.models import Person
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.models import Change, Job
from qxportal.ledger.selectors import changes

CREATING = ("createAssessment", "createThreeSixty", "createPerson")


@require_GET
@member_of_org(Role.READER)
def created(request: MemberRequest, org: Organisation, pk: uuid.UUID) -> HttpResponse:
    """Wait for a change's new record, then redirect there; if it was refused, show the reason and offer another try.

    A copy with the people of an `earlier` assessment leads to their evaluators, once its subjects exist.
    """
    change = get_object_or_404(changes(request.member).filter(request__in=CREATING), pk=pk)
    earlier = next(iter(numbers_in(request.GET, "earlier")), None)
    made = _made(org, change) if earlier else None
    filling = made is not None and not _filled(org, change, made)
    if made is not None and not filling:
        place = f"{reverse('assessments:evaluators-earlier', args=(org.slug, made.pk))}?earlier={earlier}"
    else:
        place = "" if filling else _place(org, change)
    if place:
        return HttpResponseClientRedirect(place) if request.htmx else redirect(place)
    waits = change.moving or filling
    if request.htmx and not waits:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    name = "assessments/_created.html" if request.htmx else "assessments/created.html"
    context = {
        "change": change,
        "person": change.request == "createPerson",
        "waits": waits,
        "address": request.get_full_path(),
    }
    return render(request, name, context)


def _place(org: Organisation, change: Change) -> str:
    """URL of the new record, once it is mirrored."""
    if change.state != Change.State.DONE:
        return ""
    kept = change.parameters
    if change.request == "createPerson":
        person = Person.objects.filter(org=org, vendor_id=change.vendor_id or kept.get("person_id", "")).first()
        return reverse("assessments:person", args=(org.slug, person.pk)) if person else ""
    there = _made(org, change)
    return reverse("assessments:overview", args=(org.slug, there.pk)) if there else ""


def _made(org: Organisation, change: Change) -> Assessment | None:
    """The assessment that was created, once the mirror has it."""
    if change.state != Change.State.DONE or change.request == "createPerson":
        return None
    vendor_id = change.vendor_id or change.parameters.get("assessment_id", "")
    return Assessment.objects.filter(org=org, vendor_id=vendor_id).first()


def _filled(org: Organisation, change: Change, made: Assessment) -> bool:
    """Whether all that was to follow the creation has ended, and was read."""
    if change.dependants.filter(state__in=Change.MOVING).exists():
        return False
    newest = Job.objects.filter(org=org, kind=SYNC_ASSESSMENT.name, target=made.vendor_id).order_by("-pk").first()
    return newest is None or newest.finished_at is not None
