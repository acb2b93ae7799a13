"""Combined relationships in an assessment's reports: chosen, previewed, and saved as one change."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from assessments.forms import translations_from, translations_text
from assessments.report_groups import (
    check_groups,
    checked_groups,
    effect,
    set_report_groups,
    told_groups,
)
from assessments.views.context import find
from assessments.views.relationships import page
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of


@require_POST
@member_of_org(Role.EDITOR)
def report_groups(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Preview the effects of chosen groups, and record them once confirmed."""
    assessment = find(request.member, pk)
    chosen = dict(zip(request.POST.getlist("relationship"), request.POST.getlist("group"), strict=False))
    said = dict(zip(request.POST.getlist("named"), request.POST.getlist("translations"), strict=False))
    translations = {name: translations_from(text) for name, text in said.items()} or {
        group["Name"]: group["Translations"] for group in told_groups(assessment)
    }
    try:
        groups = checked_groups(assessment, chosen, translations)
        if "confirmed" in request.POST:
            set_report_groups(assessment, groups, by=request.member, intent=intent_of(request.POST))
            messages.success(request, _("Setting the groups of reports…"))
            return redirect("assessments:relationships", org.slug, pk)
        check_groups(assessment, groups)
    except ActionRefused as problem:
        return page(request, org, pk, groups_chosen=chosen, groups_problem=str(problem))
    context = {
        "assessment": assessment,
        "groups": [{**group, "said": translations_text(group["Translations"])} for group in groups],
        "chosen": list(chosen.items()),
        "effect": effect(request.member, assessment, groups),
    }
    return render(request, "assessments/report_groups_confirm.html", context)
