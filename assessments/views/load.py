"""How much each rater has open over all active assessments, and moving what is too much."""

from collections import defaultdict
from dataclasses import replace

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from assessments.fence import about_others
from assessments.hierarchy import RATER_ORDERS, open_load, raters, reporting_line
from assessments.load import rebalancing_rows, spread
from assessments.models import Assessment, Evaluation, Subject
from assessments.plans_of_evaluations import plan_evaluations
from assessments.rule_forms import RebalancingForm, new_seed
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.list_files import list_file, wants_file
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.core.listing import ListFilters, Sorting, paged, read_filters, read_sorting
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of
from qxportal.ledger.models import Plan
from qxportal.threesixty.relationships import PEER
from qxportal.ui.stored_messages import gettext_stored


@require_GET
@member_of_org(Role.READER)
def load(request: MemberRequest, org: Organisation) -> HttpResponse | StreamingHttpResponse:
    """Who has most open, and how the work is spread."""
    if wants_file(request.GET):
        return _file(request)
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
    sorting, listing = _listing(request)
    bars = spread(open_load(request.member))
    context = {
        "form": form,
        "edits": request.member.may(Role.EDITOR),
        "problem": problem,
        "listing": listing,
        "page": paged(raters(request.member, listing.search), request.GET, by=sorting.by),
        "bars": [(number, count) for number, count in bars if count],
        "highest": max((count for _number, count in bars), default=0),
    }
    return render(request, "assessments/load.html", context, status=status)


def _listing(request: MemberRequest) -> tuple[Sorting, ListFilters]:
    sorting = read_sorting(request.GET, "-open", **RATER_ORDERS)
    return sorting, replace(read_filters(request.GET), sorting=sorting, file=True)


def _file(request: MemberRequest) -> StreamingHttpResponse:
    """The raters as they are listed."""
    sorting, listing = _listing(request)
    rows = raters(request.member, listing.search).order_by(*sorting.by)
    heads = [_("Name"), _("E-mail address"), _("Department"), _("Open evaluations")]
    lines = ((f"{row.first_name} {row.last_name}".strip(), row.email, row.department, row.open) for row in rows)
    return list_file(request.member, listing, [_("Load of raters")], heads, lines)


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
