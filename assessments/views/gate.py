"""The requirements for releasing reports of an assessment, named evaluators, and subjects who do not meet them."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments.critical import awaited, mark_of_named, name_evaluators, subjects_with_named
from assessments.fence import is_own
from assessments.gate import set_rule, suggested_requirements, unmet
from assessments.gate_forms import RequirementsForm
from assessments.selectors import listed_once
from assessments.subject_selectors import evaluators_of
from assessments.views.context import find, own_page, page_context
from assessments.views.subjects import find_subject
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused

MOST_NAMED = 200  # subjects with named evaluators on the page


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def gate(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Show subjects who do not meet the requirements; change or delete the requirements."""
    assessment = find(request.member, pk)
    suggested = suggested_requirements(assessment)
    form = RequirementsForm(
        request.POST or None, assessment=assessment, rule=suggested.rule, everyone=suggested.everyone
    )
    if request.method == "POST" and "drop" in request.POST:
        set_rule(assessment, {}, by=request.member)
        messages.success(request, _("The requirements were removed."))
        return redirect("assessments:gate", org.slug, pk)
    if request.method == "POST" and form.is_valid():
        set_rule(assessment, form.rule(), by=request.member, everyone=form.cleaned_data["everyone"])
        messages.success(request, _("The requirements were saved."))
        return redirect("assessments:gate", org.slug, pk)
    found = unmet(request.member, assessment, suggested)
    named = subjects_with_named(request.member, assessment)
    context = page_context(
        request.member,
        assessment,
        "reports",
        form=form,
        is_set=suggested.are_set,
        unmet=found,
        named=named[:MOST_NAMED],
        more_named=max(0, len(named) - MOST_NAMED),
    )
    return render(request, "assessments/gate.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def critical(request: MemberRequest, org: Organisation, pk: int, subject_pk: int) -> HttpResponse:
    """Choose evaluators whose answers the subject's report has to wait for."""
    subject = find_subject(org, pk, subject_pk)
    if is_own(request.member, subject):
        return own_page(request, subject, status=403)
    problem = ""
    if request.method == "POST":
        try:
            keys, seen = request.POST.getlist("evaluator"), request.POST.get("seen", "")
            name_evaluators(subject, keys, by=request.member, seen=seen)
        except ActionRefused as refusal:
            problem = str(refusal)
        else:
            messages.success(request, _("The named evaluators were saved."))
            return redirect("assessments:gate", org.slug, pk)
    named = awaited([subject], ()).get(subject.pk)
    context = {
        "assessment": subject.assessment,
        "subject": subject,
        "groups": evaluators_of(request.member, subject),
        "named": {one.key for one in named.named} if named else set(),
        "lost": [one for one in named.named if not one.state] if named else [],
        "listed": set(listed_once(subject.evaluations.filter(gone_at=None)).values_list("pk", flat=True)),
        "seen": mark_of_named(subject.critical_evaluators.all()),
        "problem": problem,
    }
    return render(request, "assessments/critical_evaluators.html", context, status=422 if problem else 200)
