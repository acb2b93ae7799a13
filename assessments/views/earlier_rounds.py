"""The earlier round with which reports of an assessment are compared, and the statements of both."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments.earlier_rounds import compares, earlier_rounds, set_earlier_round, told_comparison
from assessments.forms import numbers_in
from assessments.models import Assessment
from assessments.views.context import find, page_context
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def earlier_round(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """The comparison, and forms that choose the earlier round and exclude statements."""
    assessment, problem = find(request.member, pk), ""
    told = told_comparison(assessment)
    if request.method == "POST":
        try:
            _record(request, assessment, told)
        except ActionRefused as refusal:
            problem = str(refusal)
        else:
            messages.success(request, _("Setting the earlier round…"))
            return redirect("assessments:earlier-round", org.slug, pk)
    kept = request.POST.getlist("statement") if problem and "listed" in request.POST else None
    same = [
        {
            **one,
            "checked": one["question_id"] not in told["not_compared"] if kept is None else one["question_id"] in kept,
        }
        for one in told.get("same", ())
    ]
    more: dict[str, Any] = {
        "told": told,
        "same": same,
        "compared": sum(one["compared"] for one in same),
        "rounds": earlier_rounds(assessment),
        "chosen": request.POST.get("earlier", "") if problem else _key(org, told),
        "problem": problem,
        "offered": compares(org) and assessment.type == Assessment.Type.THREE_SIXTY,
    }
    context = page_context(request.member, assessment, "reports") | more
    return render(request, "assessments/earlier_round.html", context, status=422 if problem else 200)


def _record(request: MemberRequest, assessment: Assessment, told: dict[str, Any]) -> None:
    """Record the chosen round; raises ActionRefused."""
    wanted = request.POST.get("earlier", "")
    row = earlier_rounds(assessment).filter(pk__in=numbers_in(request.POST, "earlier")[-1:]).first()
    if wanted and row is None:
        raise ActionRefused(_("Choose an assessment that was activated before this one."))
    apart: set[str] = set()
    if row is not None and row.vendor_id == told.get("earlier_id"):
        known = {one["question_id"] for one in told["same"]}
        listed = known & {*request.POST.getlist("listed")}
        apart = listed - {*request.POST.getlist("statement")}
        apart |= {id for id in told["not_compared"] if id not in listed}
    set_earlier_round(assessment, row, apart, by=request.member, intent=intent_of(request.POST))


def _key(org: Organisation, told: dict[str, Any]) -> str:
    """The key of the earlier round in the list; empty if there is none."""
    rows = Assessment.objects.filter(org=org, vendor_id=told.get("earlier_id") or "")
    return str(rows.values_list("pk", flat=True).first() or "")
