"""Home, the search over everything, and the refresh of everything."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from assessments import selectors
from assessments.brand import brand_of
from assessments.commands import refresh_organisation
from assessments.dashboard import dashboard
from assessments.history import entries
from assessments.listings import named
from assessments.models import Assessment
from assessments.returned_mail import returned_mail
from assessments.survey_alerts import survey_alerts
from assessments.timetables import open_runs, paused_by_a_problem
from assessments.watch import watched
from directory.job_kinds import SYNC
from directory.selectors import people
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Credential, Organisation
from qxportal.accounts.roles import Role
from qxportal.core.listing import first_of, how_many
from qxportal.core.searching import search_words
from qxportal.ledger import selectors as ledger
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.fenced import others_rows
from qxportal.ledger.history import external_changes
from qxportal.ledger.models import Job
from qxportal.ledger.selectors import rows_listed
from qxportal.ledger.views import redirect_with_error

SHOWN = 12


@require_GET
@member_of_org(Role.SUBJECT)
def home(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Open tasks, active assessments, and the age of the data."""
    if not request.member.may(Role.READER):
        return redirect("assessments:my-reports", org.slug)
    syncs = list(ledger.resource_syncs(org))
    for each in syncs:
        each.quarantine = others_rows(request.member, each.quarantine)
    by_resource = {sync.resource: sync for sync in syncs}
    troubled = named(org, [sync for sync in syncs if sync.held or sync.quarantined or sync.problem])
    active = selectors.with_counts(request.member, selectors.assessments(org).filter(status=Assessment.Status.ACTIVE))
    alarms = external_changes.open_alarms(request.member)
    brand = brand_of(org)
    context = {
        "dashboard": dashboard(request.member),
        "watched": watched(request.member),
        "survey_alerts": survey_alerts(request.member),
        "timetable_runs": open_runs(request.member),
        "paused_timetables": paused_by_a_problem(request.member),
        "alarms": entries(org, alarms[:SHOWN], member=request.member),
        "alarm_count": external_changes.how_many(alarms),
        "unread": external_changes.how_many(external_changes.unread(request.member)),
        "brand": brand,
        "returned": returned_mail(request.member, brand),
        "credential": Credential.objects.filter(org=org).first(),
        "changes": ledger.changes_that_need_somebody(request.member)[:SHOWN],
        "jobs": ledger.jobs_that_need_somebody(request.member)[:SHOWN],
        "held": [one for one in troubled if one.sync.held],
        "quarantined": [one for one in troubled if one.sync.quarantined],
        "problems": [one for one in troubled if one.sync.problem],
        "active": active.order_by("-since", "-pk")[:SHOWN],
        "assessment_count": selectors.assessments(org).count(),
        "people_count": how_many(people(org), known=rows_listed(by_resource.get("persons"))),
        "sync": by_resource.get("assessments"),
        "job": ledger.refresh_of(org, SYNC),
        "last_sync": ledger.jobs(request.member).filter(kind=SYNC.name).first(),
    }
    context["calm"] = not any(
        context[name]
        for name in (
            "returned",
            "watched",
            "survey_alerts",
            "timetable_runs",
            "paused_timetables",
            "alarms",
            "changes",
            "jobs",
            "held",
            "quarantined",
            "problems",
        )
    )
    return render(request, "assessments/home.html", context)


@require_GET
@member_of_org(Role.READER)
def search(request: MemberRequest, org: Organisation) -> HttpResponse:
    """People and assessments that match some words; the only one that matches is opened."""
    words = search_words(request.GET.get("q", ""))
    found_people, found_assessments = [], []
    if words:
        found_people = first_of(people(org).order_by("sort_name", "pk"), words, SHOWN)
        rows = selectors.assessments(org).filter(name__icontains=words)
        found_assessments = list(selectors.with_counts(request.member, rows).order_by("-since", "-pk")[:SHOWN])
    match found_people, found_assessments:
        case [only], []:
            return redirect("assessments:person", org.slug, only.pk)
        case [], [only]:
            return redirect("assessments:overview", org.slug, only.pk)
    context = {"search_words": words, "people": found_people, "assessments": found_assessments, "most": SHOWN}
    return render(request, "assessments/search.html", context)


@require_POST
@member_of_org(Role.READER)
def refresh(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Read everything of the organisation again, as a job."""
    return refreshing(request, org, lambda: refresh_organisation(org, by=request.member))


def refreshing(request: MemberRequest, org: Organisation, begin: Callable[[], Job]) -> HttpResponse:
    """Start the job and show it in the freshness line; without scripts, back to the page."""
    back = request.POST.get("back", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None) or not back.startswith("/"):
        back = reverse("ledger:jobs", args=(org.slug,))
    try:
        job = begin()
    except ActionRefused as problem:
        if request.htmx:
            context = {"refresh_problem": str(problem), "refresh_url": request.path}
            return render(request, "components/freshness.html", context, status=422)
        return redirect_with_error(request, problem, back)
    if job.state == Job.State.PAUSED:
        messages.warning(request, _("The refresh is paused. Resume it here, or cancel it and refresh again."))
        page = reverse("ledger:job", args=(org.slug, job.pk))
        return HttpResponse(status=204, headers={"HX-Redirect": page}) if request.htmx else redirect(page)
    if request.htmx:
        return render(request, "components/freshness.html", {"job": job, "whole": True})
    messages.success(request, _("Refreshing… Reload this page in a moment."))
    return redirect(back)
