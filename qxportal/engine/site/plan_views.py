"""Pages about action plans: the subject's own below the report, and those shared by others."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from qxportal.engine.models import ActionPlan
from qxportal.engine.people import devices
from qxportal.engine.site import action_plans
from qxportal.engine.site.action_plans import ChangedElsewhereError
from qxportal.engine.site.context import frame
from qxportal.engine.site.reports import Reading, reading_of
from qxportal.engine.site.visitors import SiteRequest, known


@require_http_methods(["GET", "HEAD", "POST"])
@known
def own_plan(request: SiteRequest, access: str) -> HttpResponse:
    """Show and store the subject's own plan, which stays available after access to the report has ended."""
    found = _own(request, access)
    plan = _shown(request, found)
    if request.method != "POST":
        return render(request, "site/plan.html", _page(request, found, plan))
    rows, sound = action_plans.sent(request.POST)
    in_pdf, revision = "in_pdf" in request.POST, request.POST.get("revision", "")
    shown: dict[str, Any] = {"rows": rows or action_plans.rows(ActionPlan()), "in_pdf": in_pdf}
    if not sound:
        return render(request, "site/plan.html", {**_page(request, found, plan), **shown}, status=422)
    try:
        known = int(revision) if revision.isdecimal() else -1
        action_plans.keep(plan, rows, in_pdf=in_pdf, revision=known, mark=request.visitor.mark)
    except ChangedElsewhereError:
        problem = _(
            "The plan has been changed on another device in the meantime. Save again to keep this version instead."
        )
        page = {**_page(request, found, _shown(request, found)), **shown, "problem": problem}
        return render(request, "site/plan.html", page, status=409)
    return redirect(f"{request.path}?saved")


@require_POST
@known
def share_plan(request: SiteRequest, access: str) -> HttpResponse:
    """Share the own plan with the ticked people, and withdraw it from all others."""
    found = _own(request, access)
    plan = _shown(request, found)
    if not plan.revision:  # an unsaved plan
        return redirect("site:plan", access)
    offered = action_plans.candidates(plan, found.people)
    action_plans.share(plan, offered, request.POST.getlist("person"))
    return redirect("site:plan", access)


@require_safe
@known
def shared_plan(request: SiteRequest, plan: str) -> HttpResponse:
    """A plan shared with the reader."""
    shared = action_plans.shared_with(request.person, request.visitor)
    found = next((one for one in shared if one.public_id == plan), None)
    if found is None:
        raise Http404
    page = {**frame(request), "goals": action_plans.goals(found), **action_plans.listed(found)}
    return render(request, "site/plan_shared.html", page)


def form(found: Reading, plan: ActionPlan) -> dict[str, Any]:
    """The context of a plan's form on any page."""
    return {
        "rows": action_plans.rows(plan),
        "in_pdf": plan.in_pdf,
        "revision": plan.revision,
        "most_goal": action_plans.LONGEST_GOAL,
        "most_steps": action_plans.LONGEST_STEPS,
        "readers": action_plans.candidates(plan, found.people),
        "is_kept": bool(plan.revision),
    }


def _page(request: SiteRequest, found: Reading, plan: ActionPlan) -> dict[str, Any]:
    return {
        **frame(request),
        "id": found.access.public_id,
        "assessment": found.access.assessment.name,
        "saved": "saved" in request.GET,
        **form(found, plan),
    }


def _shown(request: SiteRequest, found: Reading) -> ActionPlan:
    """The reader's own plan; 404 if this device may not show it."""
    plan = action_plans.plan_of(found.access)
    if devices.is_plan_hidden(request.visitor.mark, plan):
        raise Http404
    return plan


def _own(request: SiteRequest, access: str) -> Reading:
    found = reading_of(request.person, access, request.visitor)
    if found is None or not found.is_own or found.approving:
        raise Http404
    return found
