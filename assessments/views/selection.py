"""Bulk actions: statuses of a selection, and adding people."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from assessments import subject_selectors
from assessments.fence import others, own_among
from assessments.forms import PeoplePickerForm, RuleForm, numbers_in
from assessments.gate import suggested_rule
from assessments.intents import refuse_if_closed, refuse_too_many
from assessments.models import Assessment, Subject
from assessments.plans_of_statuses import plan_by_rule, plan_statuses
from assessments.plans_of_subjects import plan_subjects
from assessments.views.context import find
from assessments.views.people_picker import people_picker, why_refused
from assessments.views.subjects import filtered, read_subjects
from directory.selectors import people
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.fence import fence_of
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of


@require_POST
@member_of_org(Role.EDITOR)
def statuses(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Plan another status for a selection; the plan's page shows the details."""
    assessment = find(request.member, pk)
    status = request.POST.get("status", "")
    back = redirect("assessments:subjects", org.slug, pk)
    if status not in Subject.Status.values:
        return back
    selected = chosen_subjects(request, assessment, request.POST)
    chosen = others(request.member, selected)
    if own_among(request.member, selected.filter(pk__in=fence_of(request.member).subjects)):
        messages.warning(request, _("You are one of them and are left out. Another member has to change your status."))
    if not chosen.exists():
        messages.warning(request, _("No subject is selected. Select at least one in the list and try again."))
        return back
    try:
        refuse_too_many(chosen)
        source = {"from": "selection", "scope": request.POST.get("scope", "ticked")}
        plan = plan_statuses(
            assessment, chosen, by=request.member, status=status, source=source, plan_id=intent_of(request.POST)
        )
    except ActionRefused as problem:
        messages.warning(request, str(problem))
        return back
    return redirect("ledger:plan", org.slug, plan.pk)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def by_rule(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Choose required numbers of answers, and plan to mark subjects who reach them as done."""
    assessment = find(request.member, pk)
    form = RuleForm(request.POST or None, assessment=assessment, rule=suggested_rule(assessment))
    if request.method == "POST" and form.is_valid():
        plan = plan_by_rule(assessment, form.rule(), by=request.member, plan_id=intent_of(request.POST))
        return redirect("ledger:plan", org.slug, plan.pk)
    context = {"assessment": assessment, "form": form}
    return render(request, "assessments/subjects_rule.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def add(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Choose people of the directory, by tick or by address, and plan to make them subjects."""
    assessment = find(request.member, pk)
    form = PeoplePickerForm(request.POST, org=org)
    problem = why_refused(refuse_if_closed, assessment)
    if form.is_valid() and not form.unknown:
        chosen = form.cleaned_data["people"]
        try:
            if not chosen:
                raise ActionRefused(_("Choose at least one person who is not yet a subject of the assessment."))
            refuse_too_many(chosen)
            source = {"from": "selection"}
            plan = plan_subjects(assessment, chosen, by=request.member, source=source, plan_id=intent_of(request.POST))
        except ActionRefused as refused:
            problem = str(refused)
        else:
            return redirect("ledger:plan", org.slug, plan.pk)
    rows = people(org).exclude(vendor_id__in=subject_selectors.subjects_of(assessment).values("vendor_id"))
    brought = list(rows.filter(pk__in=numbers_in(request.GET, "person")).order_by("sort_name", "pk"))
    picker = people_picker(
        request,
        form,
        rows.exclude(pk__in=[person.pk for person in brought]),
        ticked=request.POST.getlist("person") if form.is_bound else [str(person.pk) for person in brought],
    )
    context = {"assessment": assessment, "problem": problem, "brought": brought, **picker}
    return render(request, "assessments/subjects_add.html", context, status=422 if request.method == "POST" else 200)


def chosen_subjects(request: MemberRequest, assessment: Assessment, query: QueryDict) -> QuerySet[Subject]:
    """The ticked subjects of a list, those of its page, or all that its filters let through."""
    rows = filtered(request.member, assessment, read_subjects(request)).select_related("assessment", "org")
    if query.get("scope") == "all":
        return rows
    ticked = numbers_in(query, "shown" if query.get("scope") == "page" else "subject")
    return subject_selectors.subjects_of(assessment).filter(pk__in=ticked).select_related("assessment", "org")
