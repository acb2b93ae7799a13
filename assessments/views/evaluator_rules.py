"""Evaluators by a rule: from the hierarchy, or from an earlier assessment."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments.carrying import carried_rows
from assessments.evaluation_lines import Wanted
from assessments.fence import about_others, others
from assessments.hierarchy import asked_in, hierarchy_rows, open_load, reporting_line
from assessments.intents import refuse_if_closed
from assessments.models import Assessment, Evaluation, Subject
from assessments.plans_of_evaluations import plan_evaluations
from assessments.rule_forms import CarryForm, HierarchyForm
from assessments.views.context import find
from assessments.views.people_picker import why_refused
from directory.models import Person
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

    def rows() -> Iterable[Wanted]:
        subjects = _waiting(request, assessment)
        line = reporting_line(org.pk, [person for _key, person in subjects if person])
        load = open_load(request.member)
        asked = asked_in(assessment)
        return hierarchy_rows(assessment.vendor_id, subjects, line, form.rule(), asked=asked, load=load)

    if request.method == "POST" and form.is_valid():
        seed = form.cleaned_data["seed"]
        title = gettext_stored(
            "Evaluators from the hierarchy for “%(name)s” (seed %(seed)s)", name=assessment.name, seed=seed
        )
        source = {"seed": seed, "most": form.cleaned_data["most"], "peers": form.cleaned_data["peers"]}
        return _planned(request, assessment, form, rows, title, source, "hierarchy")
    return _page(request, assessment, form, "hierarchy")


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def carry(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Plan the evaluators of an earlier assessment for the subjects of this one."""
    assessment = find(request.member, pk)
    form = CarryForm(request.POST or None, assessment=assessment)

    def rows() -> Iterable[Wanted]:
        subjects = _waiting(request, assessment)
        line = reporting_line(org.pk, [person for _key, person in subjects if person])
        earlier = _earlier(request, form.cleaned_data["earlier"])
        keys = {key for evaluators in earlier.values() for key in evaluators}
        people = Person.objects.filter(org=org, gone_at=None, vendor_id__in=keys)
        known = {person.vendor_id: person for person in people}
        return carried_rows(assessment.vendor_id, subjects, earlier, known, line)

    if request.method == "POST" and form.is_valid():
        earlier = form.cleaned_data["earlier"]
        title = gettext_stored("Evaluators of “%(earlier)s” for “%(name)s”", earlier=earlier.name, name=assessment.name)
        return _planned(request, assessment, form, rows, title, {"earlier": earlier.vendor_id}, "carry")
    return _page(request, assessment, form, "carry")


def _waiting(request: MemberRequest, assessment: Assessment) -> list[tuple[str, Person | None]]:
    """The subjects who are not done, but not the member."""
    rows = Subject.objects.filter(assessment=assessment, gone_at=None, status=Subject.Status.WAITING)
    return [(one.vendor_id, one.person) for one in others(request.member, rows).select_related("person")]


def _earlier(request: MemberRequest, earlier: Assessment) -> dict[str, dict[str, str]]:
    """The relationships of evaluators there, by subject; of subjects without evaluators an empty entry."""
    there = others(request.member, Subject.objects.filter(assessment=earlier, gone_at=None))
    found: dict[str, dict[str, str]] = {key: {} for key in there.values_list("vendor_id", flat=True)}
    rows = about_others(request.member, Evaluation.objects.filter(assessment=earlier, gone_at=None, unsolicited=False))
    for subject, evaluator, relationship in rows.values_list("subject_key", "evaluator_key", "relationship"):
        if subject in found:
            found[subject][evaluator] = relationship
    return found


def _planned(
    request: MemberRequest,
    assessment: Assessment,
    form: Any,
    rows: Any,
    title: Message,
    source: Mapping[str, Any],
    rule: str,
) -> HttpResponse:
    try:
        refuse_if_closed(assessment)
        wanted = list(rows())
        if not wanted:
            raise ActionRefused(_("The rule adds no evaluators: everyone it chooses is one already."))
        plan = plan_evaluations(
            assessment.org,
            wanted,
            by=request.member,
            title=title,
            source={"from": "rule", "rule": rule, **source},
            plan_id=intent_of(request.POST),
        )
    except ActionRefused as refused:
        return _page(request, assessment, form, rule, problem=str(refused))
    return redirect("ledger:plan", assessment.org.slug, plan.pk)


def _page(request: MemberRequest, assessment: Assessment, form: Any, rule: str, *, problem: str = "") -> HttpResponse:
    context = {
        "assessment": assessment,
        "form": form,
        "rule": rule,
        "problem": problem or why_refused(refuse_if_closed, assessment),
        "waiting": len(_waiting(request, assessment)),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "assessments/evaluator_rule.html", context, status=status)
