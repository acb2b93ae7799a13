"""Sending rows again that an import did not take."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from assessments.cleared_in_part import plan_missing
from assessments.evaluator_commands import send_rest
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of
from qxportal.ledger.plans.selectors import plans
from qxportal.ledger.selectors import changes


@require_POST
@member_of_org(Role.EDITOR)
def rest(request: MemberRequest, org: Organisation, pk: uuid.UUID) -> HttpResponse:
    """Send the rows once more that were not taken."""
    change = get_object_or_404(
        changes(request.member).select_related("org", "depends_on"), pk=pk, request="importPersons"
    )
    try:
        recorded = send_rest(change, by=request.member, intent=intent_of(request.POST))
    except ActionRefused as problem:
        messages.error(request, str(problem))
        return redirect("ledger:change", org.slug, pk)
    messages.success(request, _("Sending the remaining rows…"))
    return redirect("ledger:change", org.slug, recorded.pk)


@require_POST
@member_of_org(Role.EDITOR)
def ask_missing(request: MemberRequest, org: Organisation, pk: uuid.UUID) -> HttpResponse:
    """Plan to ask the evaluators again who are missing after an import that cleared relationships."""
    plan = get_object_or_404(plans(request.member), pk=pk)
    try:
        made = plan_missing(plan, by=request.member)
    except ActionRefused as problem:
        messages.warning(request, str(problem))
        return redirect("ledger:plan", org.slug, pk)
    return redirect("ledger:plan", org.slug, made.pk)
