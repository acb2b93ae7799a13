"""Pages of plans: the list, the preview, applying, undoing, sharing and the file."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.audit import note
from qxportal.accounts.list_files import list_file, wants_file
from qxportal.accounts.lists import ListKind, listed
from qxportal.accounts.models import Member, Organisation
from qxportal.accounts.roles import Role
from qxportal.core.export import MOST_ROWS, csv_file
from qxportal.core.filenames import file_name
from qxportal.core.listing import ListFilters, paged, read_filters, read_sorting, words_of
from qxportal.core.searching import matching
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Action, Job, Plan, PlanLine
from qxportal.ledger.plans import selectors
from qxportal.ledger.plans.apply import (
    about,
    apply_plan,
    asks_number,
    discard_plan,
    has_plan,
    may_apply,
    needs_another,
    retry_plan,
    share_plan,
    undo_plan,
)
from qxportal.ledger.plans.make import moved, validate_again
from qxportal.ledger.plans.registry import PLAN_KINDS, kind_of, why_no_retry

PLAN_LIST = ListKind(
    "plans",
    gettext_lazy("Plans"),
    {
        "state": gettext_lazy("State"),
        "lines": gettext_lazy("Lines"),
        "by": gettext_lazy("Made by"),
        "made": gettext_lazy("Made"),
        "applied": gettext_lazy("Applied"),
    },
)


class ShownLine(NamedTuple):
    """A line as the page shows it: its values in words, and the details from its plan kind."""

    line: PlanLine
    differences: list[tuple[str, str, str]]
    details: Any


@require_GET
@member_of_org(Role.READER)
@listed(PLAN_LIST)
def plans(request: MemberRequest, org: Organisation) -> HttpResponse | StreamingHttpResponse:
    """Plans and their states."""
    kinds = {kind.name: str(kind.label) for kind in PLAN_KINDS.values()}
    listing = read_filters(request.GET, state=(_("State"), words_of(Plan.State.choices)), kind=(_("Kind"), kinds))
    rows = listing.apply(selectors.plans(request.member), state="state", kind="kind")
    sorting = read_sorting(request.GET, "-made", made=("made_at", "pk"))
    listing = replace(listing, file=True, sorting=sorting)
    if wants_file(request.GET):
        return list_file(
            request.member,
            listing,
            [_("Plans")],
            selectors.PLAN_COLUMNS,
            selectors.listed_plans(request.member, rows, by=sorting.by),
            state=request.list_state,
            of=selectors.OF_PLANS,
        )
    page = paged(rows, request.GET, by=sorting.by)
    context = {"listing": listing, "page": page, "in_part": selectors.in_part(request.member, page.rows)}
    return render(request, "ledger/plan_list.html", context)


@require_GET
@member_of_org(Role.READER)
def plan(request: MemberRequest, org: Organisation, pk: uuid.UUID) -> HttpResponse:
    """One plan with its lines, and their results once it was applied."""
    return _page(request, get_object_or_404(selectors.plans(request.member), pk=pk))


def _page(
    request: MemberRequest, found: Plan, *, problem: str = "", form: Any = None, status: int = 200
) -> HttpResponse:
    kind, member = kind_of(found), request.member
    applies = may_apply(member, found)
    listing = _filters(request, found)
    rows = listing.apply(selectors.lines(member, found), action="action", result="state")
    page = paged(matching(rows, listing.search), request.GET, by=("number",))
    if form is None and applies and kind.form and found.state == Plan.State.READY and found.undo_of is None:
        form = kind.form(None, found)
    undone_by = found.undone_by.exclude(state=Plan.State.DISCARDED).select_related("job").order_by("-made_at").first()
    context = {
        "plan": found,
        "kind": kind,
        "job": found.job,
        "listing": listing,
        "page": page,
        "shown": _shown(member, found, page.rows),
        "counts": selectors.counted(member, found),
        "source": selectors.source_words(found),
        "applies": applies,
        "undoes": applies and found.state == Plan.State.APPLIED and kind.undo is not None,
        "about_oneself": about(member, found),
        "another": applies and needs_another(member, found),
        "moved": applies and moved(found),
        "asks_number": asks_number(found),
        "problem": problem or found.problem,
        "form": form,
        "verb": _verb(found),
        "back": kind.back(found) if kind.back else reverse("ledger:plans", args=(found.org.slug,)),
        "place": kind.place(found),
        "has_plan": applies or has_plan(member, found),
        "sharable": _sharable(member, found) if has_plan(member, found) and found.state == Plan.State.READY else [],
        "no_retry": why_no_retry(found),
        "undone_by": undone_by,
        "in_part": selectors.in_part(member, [undone_by] if undone_by else []),
        **(kind.context(member, found) if kind.template and found.unapplied else {}),
        **(kind.result(member, found) if kind.result_template and found.state == Plan.State.APPLIED else {}),
    }
    return render(request, "ledger/plan.html", context, status=status)


def _filters(request: MemberRequest, found: Plan) -> ListFilters:
    results = {} if found.unapplied else words_of(PlanLine.State.choices)
    return read_filters(request.GET, action=(_("Action"), words_of(Action.choices)), result=(_("Result"), results))


def _shown(member: Member, found: Plan, rows: Sequence[PlanLine]) -> list[ShownLine]:
    kind = kind_of(found)
    details = kind.details(member, found, rows) if kind.line_template and found.unapplied else {}
    return [
        ShownLine(
            line,
            [
                (
                    kind.field_words(name),
                    selectors.on_screen(found, name, old),
                    selectors.on_screen(found, name, new),
                )
                for name, old, new in line.differences
            ],
            details.get(line.key),
        )
        for line in rows
    ]


def _verb(found: Plan) -> str:
    kind = kind_of(found)
    if found.undo_of_id is not None:
        return ngettext("Undo %(n)s line", "Undo %(n)s lines", found.acting) % {"n": found.acting}
    if kind.verb:
        return kind.verb(found)
    return ngettext("Apply %(n)s line", "Apply %(n)s lines", found.acting) % {"n": found.acting}


def _sharable(member: Member, found: Plan) -> list[Member]:
    others = Member.objects.filter(org=found.org).exclude(pk__in=[member.pk, found.made_by_id or 0])
    shared = set(found.shared_with.values_list("pk", flat=True))
    rows = others.select_related("user").order_by("user__name", "pk")[:200]
    return [one for one in rows if one.may(kind_of(found).role) and one.pk not in shared]


@require_GET
@member_of_org(Role.READER)
def progress(request: MemberRequest, org: Organisation, pk: uuid.UUID) -> HttpResponse:
    """Progress of a plan that is being prepared or applied; polls until that has ended."""
    found = get_object_or_404(selectors.plans(request.member), pk=pk)
    context = {"plan": found, "job": found.job, "counts": selectors.counted(request.member, found)}
    answer = render(request, "ledger/_plan_progress.html", context)
    if not _moving(found):
        answer.headers["HX-Refresh"] = "true"
    return answer


def _moving(found: Plan) -> bool:
    """Whether a worker is busy with the plan."""
    return found.state in (Plan.State.DRAFT, Plan.State.APPLYING) and bool(found.job and found.job.state in Job.LIVE)


@require_POST
@member_of_org(Role.EDITOR)
def plan_apply(request: MemberRequest, org: Organisation, pk: uuid.UUID) -> HttpResponse:
    """Apply a plan as one job."""
    found = get_object_or_404(selectors.plans(request.member), pk=pk)
    kind = kind_of(found)
    form = kind.form(request.POST, found) if kind.form and found.undo_of is None else None
    if form is not None and not form.is_valid():
        return _page(request, found, form=form, status=422)
    typed = request.POST.get("typed", "").strip()
    try:
        apply_plan(
            found,
            by=request.member,
            typed=int(typed) if typed.isdecimal() and len(typed) < 10 else None,
            options=form.cleaned_data if form is not None else None,
            number_asked=bool(getattr(form, "number_asked", False)),
            seen=request.POST.get("seen", ""),
        )
    except ActionRefused as refused:
        found.refresh_from_db()
        return _page(request, found, problem=str(refused), form=form, status=422)
    return redirect("ledger:plan", org.slug, pk)


@require_POST
@member_of_org(Role.EDITOR)
def plan_validate(request: MemberRequest, org: Organisation, pk: uuid.UUID) -> HttpResponse:
    """Validate the plan again against the current mirror."""
    found = get_object_or_404(selectors.plans(request.member), pk=pk)
    try:
        differing = validate_again(found, by=request.member)
    except ActionRefused as refused:
        messages.warning(request, str(refused))
        return redirect("ledger:plan", org.slug, pk)
    if differing:
        words = ngettext("%(n)s line is different now.", "%(n)s lines are different now.", differing)
        messages.warning(request, words % {"n": differing})
    elif found.state == Plan.State.READY:
        messages.success(request, _("Checked again: every line is as before."))
    return redirect("ledger:plan", org.slug, pk)


@require_POST
@member_of_org(Role.EDITOR)
def plan_discard(request: MemberRequest, org: Organisation, pk: uuid.UUID) -> HttpResponse:
    """Discard a plan and return to the page where it was made."""
    found = get_object_or_404(selectors.plans(request.member), pk=pk)
    if not has_plan(request.member, found) or not discard_plan(found, by=request.member):
        messages.warning(request, _("This plan can no longer be discarded."))
        return redirect("ledger:plan", org.slug, pk)
    messages.success(request, _("Discarded. Nothing was changed."))
    back = kind_of(found).back
    return redirect(back(found) if back else reverse("ledger:plans", args=(org.slug,)))


@require_POST
@member_of_org(Role.EDITOR)
def plan_undo(request: MemberRequest, org: Organisation, pk: uuid.UUID) -> HttpResponse:
    """Make a plan that undoes this one."""
    found = get_object_or_404(selectors.plans(request.member), pk=pk)
    try:
        undoing = undo_plan(found, by=request.member)
    except ActionRefused as refused:
        messages.warning(request, str(refused))
        return redirect("ledger:plan", org.slug, pk)
    return redirect("ledger:plan", org.slug, undoing.pk)


@require_POST
@member_of_org(Role.EDITOR)
def plan_retry(request: MemberRequest, org: Organisation, pk: uuid.UUID) -> HttpResponse:
    """Send failed lines again."""
    found = get_object_or_404(selectors.plans(request.member), pk=pk)
    try:
        retry_plan(found, by=request.member)
    except ActionRefused as refused:
        messages.warning(request, str(refused))
    return redirect("ledger:plan", org.slug, pk)


@require_POST
@member_of_org(Role.EDITOR)
def plan_share(request: MemberRequest, org: Organisation, pk: uuid.UUID) -> HttpResponse:
    """Let another member apply the plan."""
    found = get_object_or_404(selectors.plans(request.member), pk=pk)
    number = request.POST.get("member", "")
    other = Member.objects.filter(org=org, pk=int(number) if number.isdecimal() and len(number) < 16 else 0).first()
    if other is None or not has_plan(request.member, found):
        messages.warning(request, _("Choose a member who may apply the plan."))
        return redirect("ledger:plan", org.slug, pk)
    try:
        share_plan(found, other, by=request.member)
    except ActionRefused as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, _("%(name)s can apply this plan now.") % {"name": other})
    return redirect("ledger:plan", org.slug, pk)


@require_GET
@member_of_org(Role.AUDITOR)
def plan_export(request: MemberRequest, org: Organisation, pk: uuid.UUID) -> StreamingHttpResponse:
    """Export the lines as a file; the log records it."""
    found = get_object_or_404(selectors.plans(request.member), pk=pk)
    rows = min(selectors.lines(request.member, found).count(), MOST_ROWS)
    note(org, by=request.member, verb="plan.exported", words=found.title, plan=str(found.pk), rows=rows)
    name = file_name([_("Plan"), str(found.title), f"{timezone.localtime():%Y-%m-%d %H.%M}"], "csv")
    return csv_file(name, selectors.COLUMNS, selectors.exported(request.member, found))
