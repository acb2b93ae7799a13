"""The page for correcting a plan's refused rows."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Action
from qxportal.ledger.plans import selectors
from qxportal.ledger.plans.apply import may_apply
from qxportal.ledger.plans.corrections import columns_of, correct_rows, correctable, refused_rows


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def plan_rows(request: MemberRequest, org: Organisation, pk: uuid.UUID) -> HttpResponse:
    """Show the refused rows with their values; validate submitted corrections."""
    found = get_object_or_404(selectors.plans(request.member), pk=pk)
    if not may_apply(request.member, found) or not correctable(found):
        messages.warning(request, _("The rows of this plan can no longer be changed here."))
        return redirect("ledger:plan", org.slug, pk)
    problem = ""
    if request.method == "POST":
        try:
            changed = correct_rows(request.member, found, request.POST.dict())
        except ActionRefused as refused:
            problem = str(refused)
        else:
            words = ngettext(
                "%(n)s row was changed and checked again.", "%(n)s rows were changed and checked again.", changed
            )
            messages.success(request, words % {"n": changed} if changed else _("No row was changed."))
            return redirect("ledger:plan", org.slug, pk)
    rows = refused_rows(request.member, found)
    every = selectors.lines(request.member, found).filter(action=Action.REFUSE).count()
    context = {"plan": found, "rows": rows, "columns": columns_of(found), "every": every, "problem": problem}
    return render(request, "ledger/plan_rows.html", context, status=422 if problem else 200)
