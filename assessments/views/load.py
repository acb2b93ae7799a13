"""How much each rater has open over all active assessments, and moving what is too much."""

from collections import defaultdict

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from assessments.fence import about_others
from assessments.hierarchy import open_load, reporting_line
from assessments.load import rebalancing_rows, spread
from assessments.models import Assessment, Evaluation, Subject
from assessments.plans_of_evaluations import plan_evaluations
from assessments.rule_forms import RebalancingForm, new_seed
from directory.models import Person
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of
from qxportal.ledger.models import Plan
from qxportal.threesixty.relationships import PEER
from qxportal.ui.stored_messages import gettext_stored

MOST_LISTED = 100


@require_GET
@member_of_org(Role.READER)
def load(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Who has most open, and how the work is spread."""
    return _page(request, org, RebalancingForm(initial={"most": 8, "seed": new_seed()}))


@require_POST
@member_of_org(Role.EDITOR)
def move(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Plan moves of what is beyond a cap."""
    form = RebalancingForm(request.POST)
    if not form.is_valid():
        return _page(request, org, form, status=422)
    try:
        plan = _plan(request, org, form.cleaned_data["most"], form.cleaned_data["seed"])
    except ActionRefused as refused:
        return _page(request, org, form, problem=str(refused), status=422)
    return redirect("ledger:plan", org.slug, plan.pk)


def _page(
    request: MemberRequest, org: Organisation, form: RebalancingForm, *, problem: str = "", status: int = 200
) -> HttpResponse:
    found = open_load(request.member)
    top = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_LISTED]
    people = Person.objects.filter(org=org, vendor_id__in=[key for key, _number in top])
    persons = {person.vendor_id: person for person in people}
    bars = spread(found)
    context = {
        "form": form,
        "edits": request.member.may(Role.EDITOR),
        "problem": problem,
        "raters": len(found),
        "bars": [(number, count) for number, count in bars if count],
        "highest": max((count for _number, count in bars), default=0),
        "top": [(persons.get(key), key, number) for key, number in top],
    }
    return render(request, "assessments/load.html", context, status=status)


def _plan(request: MemberRequest, org: Organisation, most: int, seed: str) -> Plan:
    """The plan of moves; raises ActionRefused where nobody has more than `most`."""
    found = open_load(request.member)
    heavy = [key for key, number in found.items() if number > most]
    active = Evaluation.objects.filter(org=org, gone_at=None, assessment__status=Assessment.Status.ACTIVE)
    rows = about_others(request.member, active.filter(assessment__gone_at=None, subject__gone_at=None))
    movable = list(
        rows.filter(evaluator_key__in=heavy, relationship=PEER, status=Evaluation.Status.NOT_STARTED, unsolicited=False)
        .exclude(subject__status=Subject.Status.DONE)
        .select_related("assessment", "subject__person")
    )
    persons = {one.subject_key: one.subject.person for one in movable if one.subject and one.subject.person}
    asked: dict[tuple[str, str], set[str]] = defaultdict(set)
    there = rows.filter(subject__in={one.subject_id for one in movable})
    for assessment, subject, evaluator in there.values_list("assessment__vendor_id", "subject_key", "evaluator_key"):
        asked[assessment, subject].add(evaluator)
    line = reporting_line(org.pk, list(persons.values()))
    wanted = list(rebalancing_rows(movable, found, most, line, persons, asked, seed=seed))
    if not wanted:
        raise ActionRefused(_("With this limit, no evaluations of peers have to be moved."))
    return plan_evaluations(
        org,
        wanted,
        by=request.member,
        title=gettext_stored("At most %(most)s open evaluations per person (seed %(seed)s)", most=most, seed=seed),
        source={"from": "rule", "rule": "load", "most": most, "seed": seed},
        plan_id=intent_of(request.POST),
    )
