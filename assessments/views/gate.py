"""The requirements for releasing reports of an assessment, and the subjects who do not meet them."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments.forms import RuleForm
from assessments.gate import rule_of, set_rule, suggested_rule, unmet
from assessments.views.context import find, page_context
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def gate(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """See who does not meet the requirements, change them, or drop them."""
    assessment = find(request.member, pk)
    rule, suggested = rule_of(assessment), suggested_rule(assessment)
    form = RuleForm(request.POST or None, assessment=assessment, rule=suggested)
    if request.method == "POST" and "drop" in request.POST:
        set_rule(assessment, {}, by=request.member)
        messages.success(request, _("The requirements were removed. Every report can be released."))
        return redirect("assessments:gate", org.slug, pk)
    if request.method == "POST" and form.is_valid():
        set_rule(assessment, form.rule(), by=request.member)
        messages.success(request, _("The requirements were saved."))
        return redirect("assessments:gate", org.slug, pk)
    found = unmet(request.member, assessment, suggested)
    context = page_context(request.member, assessment, "reports", form=form, is_set=bool(rule), unmet=found)
    return render(request, "assessments/gate.html", context, status=422 if form.errors else 200)
