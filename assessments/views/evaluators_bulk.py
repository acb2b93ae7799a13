"""Many evaluations of an assessment at once: evaluators are removed, or get another relationship."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments import selectors
from assessments.evaluation_lines import CHANGE, REMOVE, Wanted
from assessments.forms import numbers_in
from assessments.intents import refuse_too_many
from assessments.models import Assessment, Evaluation
from assessments.plans_of_evaluations import plan_evaluations, single_evaluators
from assessments.views.context import find
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.core.listing import ListFilters, paged, read_filters, words_of
from qxportal.core.searching import matching
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of
from qxportal.ledger.models import Plan
from qxportal.threesixty.relationships import PEER, SELF
from qxportal.ui.labels import RELATIONSHIPS
from qxportal.ui.stored_messages import ngettext_stored


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def bulk(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Select evaluations and plan an action on them."""
    assessment = find(request.member, pk)
    relationships = {name: RELATIONSHIPS.get(name, name) for name in selectors.relationships_of(assessment)}
    listing = read_filters(
        request.GET,
        status=(_("State"), words_of(Evaluation.Status.choices)),
        relationship=(_("Relationship"), relationships),
    )
    rows = _listed(request, assessment, listing)
    problem = ""
    if request.method == "POST":
        try:
            plan = _plan(request, assessment, rows)
        except ActionRefused as refused:
            problem = str(refused)
        else:
            return redirect("ledger:plan", org.slug, plan.pk)
    page = paged(selectors.with_evaluation_order(rows), request.GET, by=("sort_name", "pk"))
    context = {
        "assessment": assessment,
        "listing": listing,
        "page": page,
        "problem": problem,
        "ticked": set(request.POST.getlist("evaluation")),
        "relationships": [name for name in relationships if name != SELF],
        "wanted": request.POST.get("relationship") or PEER,
        "possible": assessment.vendor_id in single_evaluators(org, [assessment.vendor_id]),
    }
    return render(request, "assessments/evaluators_bulk.html", context, status=422 if problem else 200)


def _listed(request: MemberRequest, assessment: Assessment, listing: ListFilters) -> QuerySet[Evaluation]:
    found = selectors.evaluations_of(request.member, assessment).filter(subject__gone_at=None)
    rows: QuerySet[Evaluation] = matching(found, listing.search)
    return listing.apply(rows, status="status", relationship="relationship")


def _plan(request: MemberRequest, assessment: Assessment, rows: QuerySet[Evaluation]) -> Plan:
    """The plan of a submitted form; raises ActionRefused if nothing was selected."""
    chosen: Any = (
        rows if request.POST.get("scope") == "all" else rows.filter(pk__in=numbers_in(request.POST, "evaluation"))
    )
    chosen = list(chosen.order_by("sort_name", "pk"))
    do, relationship = request.POST.get("do", ""), request.POST.get("relationship", "")
    if not chosen:
        raise ActionRefused(_("No evaluation is selected. Select at least one in the list and try again."))
    refuse_too_many(chosen)
    if do == CHANGE and (relationship == SELF or relationship not in selectors.relationships_of(assessment)):
        raise ActionRefused(_("Choose a relationship of this assessment."))
    if do not in (CHANGE, REMOVE):
        raise ActionRefused(_("Choose what to do with the evaluations."))
    removes = do == REMOVE
    return plan_evaluations(
        assessment.org,
        [
            Wanted(
                do,
                assessment.vendor_id,
                one.subject_key,
                one.evaluator_key,
                one.relationship if removes else relationship,
                answers=removes and "answers" in request.POST,
            )
            for one in chosen
        ],
        by=request.member,
        title=ngettext_stored(
            "Remove %(n)s evaluator in “%(name)s”",
            "Remove %(n)s evaluators in “%(name)s”",
            len(chosen),
            name=assessment.name,
        )
        if removes
        else ngettext_stored(
            "Change %(n)s relationship in “%(name)s”",
            "Change %(n)s relationships in “%(name)s”",
            len(chosen),
            name=assessment.name,
        ),
        source={"from": "selection"},
        plan_id=intent_of(request.POST),
    )
