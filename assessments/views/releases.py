"""Releases of an assessment's reports on the site: present access, new releases, holding and withdrawing."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from assessments import subject_selectors
from assessments.audience import audience_of
from assessments.fence import others
from assessments.intents import refuse_too_many
from assessments.mailings import REPORT_REMINDER
from assessments.models import Assessment, Subject
from assessments.plans_of_releases import plan_ending, plan_release
from assessments.release_forms import ReleaseForm
from assessments.release_lines import HOLD, WITHDRAW
from assessments.releases import held_plans, release_rows, steps_of, unreleased
from assessments.report_access import has_site
from assessments.views.context import find
from assessments.views.selection import chosen_subjects
from assessments.views.subjects import filtered, read_subjects
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.core.listing import paged
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of
from qxportal.ledger.models import Plan

UNRELEASED = "unreleased"  # scope of a rule: subjects who are done and whose report was released to no reader


@require_GET
@member_of_org(Role.READER)
def releases(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Each subject with the readers, their period of access, and their openings."""
    assessment = find(request.member, pk)
    listing = read_subjects(request)
    matching = filtered(request.member, assessment, listing)
    page = paged(matching, request.GET, by=("sort_name", "pk"))
    rows = release_rows(request.member, page.rows)
    context = {
        "assessment": assessment,
        "has_site": has_site(assessment),
        "listing": listing,
        "page": page,
        "rows": rows,
        "steps": steps_of(request.member, assessment),
        "unopened": len(audience_of(request.member, assessment, REPORT_REMINDER).recipients),
        "held": held_plans(request.member, assessment),
        "choosable": subject_selectors.choosable(request.member, matching, page.counted),
        "choosable_here": sum(not row.own for row in rows),
    }
    return render(request, "assessments/release_list.html", context)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.ADMIN)
def new(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Choose readers and days for a selection, or for all done and unreleased subjects; the plan shows the rest."""
    assessment = find(request.member, pk)
    subjects = _chosen(request, assessment)
    if not subjects.exists():
        messages.warning(request, _("No subject is selected. Select at least one in the list and try again."))
        return redirect("assessments:releases", org.slug, pk)
    asked = request.method == "POST" and "first" in request.POST
    form, problem = ReleaseForm(request.POST if asked else None, assessment=assessment), ""
    if asked and form.is_valid():
        try:
            plan = _plan(request, assessment, subjects, form)
        except ActionRefused as refused:
            problem = str(refused)
        else:
            return redirect("ledger:plan", org.slug, plan.pk)
    if not has_site(assessment):
        problem = _("Reports cannot be released on a site here. Refresh the assessment and try again.")
    context = {
        "assessment": assessment,
        "form": form,
        "problem": problem,
        "ticked": list(subjects.values_list("pk", flat=True)),
        "coaches": form.known_coaches(),
        "approval": bool((assessment.workflow_options or {}).get("ReportApproval")),
    }
    return render(request, "assessments/release_new.html", context, status=422 if asked or problem else 200)


def _plan(request: MemberRequest, assessment: Assessment, subjects: QuerySet[Subject], form: ReleaseForm) -> Plan:
    if not has_site(assessment):
        raise ActionRefused(_("Reports cannot be released on a site here. Refresh the assessment and try again."))
    refuse_too_many(subjects)
    source = {"from": "selection", "scope": request.POST.get("scope", "ticked")}
    return plan_release(
        assessment,
        subjects.select_related("person", "assessment").order_by("sort_name", "pk"),
        form.steps(),
        by=request.member,
        source=source,
        plan_id=intent_of(request.POST),
    )


@require_POST
@member_of_org(Role.ADMIN)
def hold(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Plan to hold the releases of a selection that have not begun."""
    return _end(request, org, pk, HOLD)


@require_POST
@member_of_org(Role.ADMIN)
def withdraw(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Plan to withdraw the reports of a selection from all their readers."""
    return _end(request, org, pk, WITHDRAW)


def _end(request: MemberRequest, org: Organisation, pk: int, do: str) -> HttpResponse:
    assessment = find(request.member, pk)
    subjects = _chosen(request, assessment)
    try:
        refuse_too_many(subjects)
        plan = plan_ending(assessment, do, subjects, by=request.member, plan_id=intent_of(request.POST))
    except ActionRefused as refused:
        messages.warning(request, str(refused))
        return redirect("assessments:releases", org.slug, pk)
    return redirect("ledger:plan", org.slug, plan.pk)


def _chosen(request: MemberRequest, assessment: Assessment) -> QuerySet[Subject]:
    """The selected subjects; by default those who are done and whose report was released to no reader."""
    if request.method == "GET" or request.POST.get("scope") == UNRELEASED:
        return unreleased(request.member, assessment)
    return others(request.member, chosen_subjects(request, assessment, request.POST))
