"""Comparison of the directory with the HR system's complete list: new, changed and missing people."""

import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments.hr_lists import COMPARED, compare, plan_leavers
from assessments.uploads.hr_lists import hr_list
from directory.imports.screens import check_page, start_page
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of
from qxportal.ledger.models import Action
from qxportal.ledger.plans import selectors


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def start(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Upload the whole list, or paste cells."""
    return start_page(request, org, hr_list(org))


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def check(request: MemberRequest, org: Organisation, upload_pk: uuid.UUID) -> HttpResponse:
    """Choose columns and options, and go on to the comparison."""
    return check_page(request, org, hr_list(org), upload_pk)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def compared(request: MemberRequest, org: Organisation, pk: uuid.UUID) -> HttpResponse:
    """Show the comparison; make the plan of leavers, with their typed number if they are many."""
    plan = get_object_or_404(selectors.plans(request.member), pk=pk, kind="people", **{f"options__{COMPARED}": True})
    found = compare(plan, request.member)
    problem = ""
    if request.method == "POST":
        typed = request.POST.get("number", "").strip()
        if found.doubtful and typed != str(len(found.missing)):
            problem = _("Type %(n)s to confirm that the list is complete.") % {"n": len(found.missing)}
        elif found.missing:
            try:
                leavers = plan_leavers(plan, found.missing, by=request.member, org=org, intent=intent_of(request.POST))
            except ActionRefused as refused:
                problem = str(refused)
            else:
                return redirect("ledger:plan", org.slug, leavers.pk)
    counts = plan.counts
    context: dict[str, Any] = {
        "plan": plan,
        "found": found,
        "more": len(found.missing) - len(found.named),
        "new": counts.get(Action.ADD, 0),
        "changed": counts.get(Action.CHANGE, 0),
        "same": counts.get(Action.SKIP, 0),
        "refused": counts.get(Action.REFUSE, 0),
        "problem": problem,
    }
    return render(request, "assessments/hr_list.html", context, status=422 if problem else 200)
