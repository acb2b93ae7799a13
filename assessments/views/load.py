"""The open evaluations of each rater over all active assessments, and moving those beyond a cap."""

from dataclasses import replace

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from assessments.hierarchy import RATER_ORDERS, open_load, raters
from assessments.load import spread
from assessments.plans_of_evaluations import plan_evaluations
from assessments.rule_forms import RebalancingForm, new_seed
from assessments.rules import rows_of
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.list_files import list_file, wants_file
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.core.listing import ListFilters, Sorting, paged, read_filters, read_sorting
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of
from qxportal.ledger.models import Plan
from qxportal.ui.stored_messages import gettext_stored


@require_GET
@member_of_org(Role.READER)
def load(request: MemberRequest, org: Organisation) -> HttpResponse | StreamingHttpResponse:
    """Raters with the most open evaluations, and the distribution."""
    if wants_file(request.GET):
        return _file(request)
    return _page(request, org, RebalancingForm(initial={"most": 8, "seed": new_seed()}))


@require_POST
@member_of_org(Role.EDITOR)
def move(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Plan to move evaluations beyond a cap to other raters."""
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
        "raters": sum(count for _number, count in bars),
        "bars": [(number, count) for number, count in bars if count],
        "highest": max((count for _number, count in bars), default=0),
    }
    return render(request, "assessments/load.html", context, status=status)


def _listing(request: MemberRequest) -> tuple[Sorting, ListFilters]:
    sorting = read_sorting(request.GET, "-open", **RATER_ORDERS)
    return sorting, replace(read_filters(request.GET), sorting=sorting, file=True)


def _file(request: MemberRequest) -> StreamingHttpResponse:
    """The list of raters as a file."""
    sorting, listing = _listing(request)
    rows = raters(request.member, listing.search).order_by(*sorting.by)
    heads = [_("Name"), _("E-mail address"), _("Department"), _("Open evaluations")]
    lines = ((f"{row.first_name} {row.last_name}".strip(), row.email, row.department, row.open) for row in rows)
    return list_file(request.member, listing, [_("Load of raters")], heads, lines)


def _plan(request: MemberRequest, org: Organisation, most: int, seed: str) -> Plan:
    """The plan of moves; raises ActionRefused if no rater has more than `most`."""
    rule = {"name": "load", "most": most, "seed": seed}
    wanted = rows_of(request.member, rule)
    if not wanted:
        raise ActionRefused(_("With this limit, no evaluations of peers have to be moved."))
    return plan_evaluations(
        org,
        wanted,
        by=request.member,
        title=gettext_stored("At most %(most)s open evaluations per person (seed %(seed)s)", most=most, seed=seed),
        source={"from": "rule", "rule": "load", "most": most, "seed": seed},
        plan_id=intent_of(request.POST),
        options={"rule": rule},
    )
