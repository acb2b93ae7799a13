"""Evaluators by a rule: from the hierarchy, or from an earlier assessment."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments.intents import refuse_if_closed
from assessments.models import Assessment
from assessments.plans_of_evaluations import plan_evaluations
from assessments.rule_forms import CarryForm, HierarchyForm
from assessments.rules import rows_of, waiting
from assessments.views.context import find
from assessments.views.people_picker import why_refused
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of
from qxportal.ui.stored_messages import Message, gettext_stored


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def hierarchy(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Plan managers, direct reports and peers as evaluators of all subjects who are not done."""
    assessment = find(request.member, pk)
    form = HierarchyForm(request.POST or None, org=org)

    if request.method == "POST" and form.is_valid():
        seed = form.cleaned_data["seed"]
        title = gettext_stored(
            "Evaluators from the hierarchy for “%(name)s” (seed %(seed)s)", name=assessment.name, seed=seed
        )
        source = {"seed": seed, "most": form.cleaned_data["most"], "peers": form.cleaned_data["peers"]}
        chosen = {**form.cleaned_data, "excluded": sorted(form.cleaned_data["excluded"])}
        return _planned(request, assessment, form, chosen, title, source, "hierarchy")
    return _page(request, assessment, form, "hierarchy")


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def carry(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Plan the evaluators of an earlier assessment for the subjects of this one."""
    assessment = find(request.member, pk)
    form = CarryForm(request.POST or None, assessment=assessment, earlier=request.GET.get("earlier", ""))

    if request.method == "POST" and form.is_valid():
        earlier = form.cleaned_data["earlier"]
        title = gettext_stored("Evaluators of “%(earlier)s” for “%(name)s”", earlier=earlier.name, name=assessment.name)
        chosen = {"earlier": earlier.vendor_id}
        return _planned(request, assessment, form, chosen, title, chosen, "carry")
    return _page(request, assessment, form, "carry")


def _planned(
    request: MemberRequest,
    assessment: Assessment,
    form: Any,
    chosen: Mapping[str, Any],
    title: Message,
    source: Mapping[str, Any],
    name: str,
) -> HttpResponse:
    rule = {"name": name, "assessment": assessment.vendor_id, **chosen}
    try:
        refuse_if_closed(assessment)
        wanted = rows_of(request.member, rule)
        if not wanted:
            raise ActionRefused(_("The rule adds no evaluators: everyone it chooses is one already."))
        plan = plan_evaluations(
            assessment.org,
            wanted,
            by=request.member,
            title=title,
            source={"from": "rule", "rule": name, **source},
            plan_id=intent_of(request.POST),
            options={"rule": rule},
        )
    except ActionRefused as refused:
        return _page(request, assessment, form, name, problem=str(refused))
    return redirect("ledger:plan", assessment.org.slug, plan.pk)


def _page(request: MemberRequest, assessment: Assessment, form: Any, rule: str, *, problem: str = "") -> HttpResponse:
    context = {
        "assessment": assessment,
        "form": form,
        "rule": rule,
        "problem": problem or why_refused(refuse_if_closed, assessment),
        "waiting": len(waiting(request.member, assessment)),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "assessments/evaluator_rule.html", context, status=status)
