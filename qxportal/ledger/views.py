"""Pages of jobs, changes and the log."""

import json
import uuid
from dataclasses import replace

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.audit import note
from qxportal.accounts.fence import fence_of
from qxportal.accounts.list_files import list_file, wants_file
from qxportal.accounts.lists import ListKind, listed, row_of
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.core.export import MOST_ROWS, csv_file
from qxportal.core.filenames import file_name
from qxportal.core.listing import paged, read_filters, read_sorting, words_of
from qxportal.ledger import fenced, selectors
from qxportal.ledger.activity import COLUMNS, JOB_COLUMNS, OF_JOBS, activity, job_lines, lines, read_activity
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import DecisionForm
from qxportal.ledger.job_kinds import APPLY, KINDS
from qxportal.ledger.jobs.connection_test import start_test
from qxportal.ledger.jobs.run import cancel, pause, resume, retry
from qxportal.ledger.mirror.sync_runs import confirm_held
from qxportal.ledger.models import Change, Job
from qxportal.ledger.outbox.humanize import compared, humanize
from qxportal.ledger.outbox.ignored_rows import left_rows, why_not_again
from qxportal.ledger.outbox.ordering import earlier_ones
from qxportal.ledger.outbox.record import record_failed_again
from qxportal.ledger.outbox.review import dismiss_attention, resolve, withdraw
from qxportal.ledger.outbox.transitions import StaleClaim
from qxportal.ledger.plans.apply import retry_plan
from qxportal.ledger.plans.registry import why_no_retry
from qxportal.ledger.plans.selectors import plan_of
from qxportal.threesixty.calls.reports import person_of

HELD_SHOWN = 500
JOB_LIST = ListKind(
    "jobs",
    gettext_lazy("Jobs"),
    {
        "state": gettext_lazy("State"),
        "progress": gettext_lazy("Progress"),
        "by": gettext_lazy("Started by"),
        "started": gettext_lazy("Started"),
    },
)
CHANGE_LIST = ListKind(
    "changes",
    gettext_lazy("Changes"),
    {
        "state": gettext_lazy("State"),
        "action": gettext_lazy("Action"),
        "by": gettext_lazy("By"),
        "made": gettext_lazy("Made"),
    },
)
DECIDED = {
    "look": gettext_lazy("Checking again."),
    "done": gettext_lazy("Marked as done."),
    "again": gettext_lazy("Sending again."),
    "drop": gettext_lazy("Discarded. Nothing is sent."),
}


def redirect_with_error(request: MemberRequest, problem: ActionRefused, back: str) -> HttpResponse:
    """Show why nothing was started; a partial request reloads the whole page."""
    messages.warning(request, str(problem))
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return redirect(back)


@require_GET
@member_of_org(Role.READER)
@listed(JOB_LIST)
def jobs(request: MemberRequest, org: Organisation) -> HttpResponse | StreamingHttpResponse:
    """Running, finished and failed jobs."""
    kinds = {kind.name: str(kind.label) for kind in KINDS.values()}
    listing = read_filters(request.GET, state=(_("State"), words_of(Job.State.choices)), kind=(_("Kind"), kinds))
    rows = listing.apply(selectors.jobs(request.member), state="state", kind="kind")
    sorting = read_sorting(request.GET, "-started", started=("pk",))
    listing = replace(listing, file=True, sorting=sorting)
    if wants_file(request.GET):
        return list_file(
            request.member,
            listing,
            [_("Jobs")],
            JOB_COLUMNS,
            job_lines(rows, by=sorting.by),
            state=request.list_state,
            of=OF_JOBS,
        )
    page = paged(rows, request.GET, by=sorting.by)
    return render(request, "ledger/job_list.html", {"listing": listing, "page": page})


@require_GET
@member_of_org(Role.READER)
def job(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """One job with its items and changes."""
    row = get_object_or_404(selectors.jobs(request.member), pk=pk)
    listing = read_filters(
        request.GET, ok=(_("Result"), {"no": _("Failed"), "part": _("Partly done or skipped"), "yes": _("Done")})
    )
    items = fenced.items(request.member, row, row.items.all())
    if listing["ok"]:
        items = items.filter(ok=listing["ok"] != "no", partly=listing["ok"] == "part")
    page = paged(items, request.GET, by=("position", "pk"))
    page = replace(page, rows=fenced.silenced(request.member, row, page.rows))
    plan = plan_of(request.member, row)
    no_retry = why_no_retry(plan) if plan else ""
    context = {"job": row, "plan": plan, "no_retry": no_retry, "listing": listing, "page": page}
    return render(request, "ledger/job.html", context)


@require_GET
@member_of_org(Role.READER)
def job_progress(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """One job's progress line; polls until the job has ended."""
    row = get_object_or_404(selectors.jobs(request.member), pk=pk)
    answer = render(request, "ledger/_job_progress.html", {"job": row})
    if not row.live and "whole" in request.GET:  # the page around it shows more than this line
        answer.headers["HX-Refresh"] = "true"
    return answer


@require_POST
@member_of_org(Role.EDITOR)
def job_cancel(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Stop a job that waits, runs or is paused."""
    row = get_object_or_404(selectors.jobs(request.member), pk=pk)
    if cancel(row, by=request.member):
        messages.success(request, _("Cancelled. What was done before stays."))
    else:
        messages.warning(request, _("This job had already ended."))
    return _back(request, row)


@require_POST
@member_of_org(Role.EDITOR)
@row_of(JOB_LIST)
def job_pause(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Pause a job that waits or runs."""
    row = get_object_or_404(selectors.jobs(request.member), pk=pk)
    paused = pause(row, by=request.member)
    return _moved(request, row, "" if paused else _("This job was already paused or had ended."))


@require_POST
@member_of_org(Role.EDITOR)
@row_of(JOB_LIST)
def job_resume(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Resume a paused job."""
    row = get_object_or_404(selectors.jobs(request.member), pk=pk)
    resumed = resume(row, by=request.member)
    return _moved(request, row, "" if resumed else _("This job is no longer paused."))


def _back(request: MemberRequest, row: Job) -> HttpResponse:
    """The page with the button: the job's, or that of its plan."""
    plan = plan_of(request.member, row) if "plan" in request.POST else None
    if plan is not None:
        return redirect("ledger:plan", request.member.org.slug, plan.pk)
    return redirect("ledger:job", request.member.org.slug, row.pk)


def _moved(request: MemberRequest, row: Job, trouble: str) -> HttpResponse:
    """The job's row of the list, swapped in place; the whole page without scripts or from the job's own page."""
    if trouble:
        messages.warning(request, trouble)
    if not request.htmx:
        return _back(request, row)
    row.refresh_from_db()
    answer = render(request, "ledger/_job_row.html", {"job": row})
    if trouble:
        answer.headers["HX-Refresh"] = "true"  # the page shows the message
    return answer


@require_POST
@member_of_org(Role.EDITOR)
def job_retry(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Start the same work again; for a bulk change, only failed lines."""
    row = get_object_or_404(selectors.jobs(request.member), pk=pk)
    if row.kind != APPLY.name and not row.purpose.for_editors and not request.member.may(Role.ADMIN):
        raise PermissionDenied
    try:
        if row.kind != APPLY.name:
            row = retry(row, by=request.member)
        elif plan := plan_of(request.member, row):
            row = retry_plan(plan, by=request.member)
        elif not row.open:
            row = record_failed_again(row, by=request.member)
    except ActionRefused as problem:
        messages.warning(request, str(problem))
    return redirect("ledger:job", org.slug, row.pk)


@require_GET
@member_of_org(Role.READER)
@listed(CHANGE_LIST)
def changes(request: MemberRequest, org: Organisation) -> HttpResponse:
    """All changes with their outcomes."""
    sorting = read_sorting(request.GET, "-made", made=("number",))
    listing = replace(read_activity(request.GET, request.member), sorting=sorting)
    page = paged(activity(request.member, listing), request.GET, by=sorting.by)
    return render(request, "ledger/change_list.html", {"listing": listing, "page": page})


@require_GET
@member_of_org(Role.AUDITOR)
def changes_export(request: MemberRequest, org: Organisation) -> StreamingHttpResponse:
    """The list of changes as a file; the log records the export."""
    listing = read_activity(request.GET, request.member)
    rows = activity(request.member, listing)
    words = ", ".join(f"{each.label}: {each.selected}" for each in listing.active)
    note(org, by=request.member, verb="changes.exported", words=words, rows=min(rows.count(), MOST_ROWS))
    return csv_file(
        file_name([_("Changes"), org.name, f"{timezone.localtime():%Y-%m-%d %H.%M}"], "csv"),
        COLUMNS,
        lines(rows, by=read_sorting(request.GET, "-made", made=("number",)).by),
    )


@require_GET
@member_of_org(Role.READER)
def change(request: MemberRequest, org: Organisation, pk: uuid.UUID) -> HttpResponse:
    """One change: its intent, the values before and the outcome."""
    row = get_object_or_404(selectors.changes(request.member).select_related("depends_on"), pk=pk)
    apart = (
        {"evaluations_given", "evaluations_finished"}
        if row.assessment_id in fence_of(request.member).assessments
        else set()
    )
    before = {name: value for name, value in row.expected_values.items() if name not in apart}
    intended = dict(row.parameters)
    if row.request == "setPredefinedData" and not request.member.may(Role.EDITOR):  # for members who open no reports
        intended["rows"] = [one for one in intended.get("rows", []) if not person_of(one)]
    shown = [(_("Before"), before), (_("Intended"), intended), (_("Answer"), row.result)]
    facts = [(heading, humanize(value)) for heading, value in shown[:2]]
    dependants = selectors.changes(request.member).filter(depends_on=row).order_by("number")[:200]
    rest = len(row.result.get("ignored", [])) if row.attention_message and row.request == "importPersons" else 0
    context = {
        "change": row,
        "facts": [(heading, lines) for heading, lines in facts if lines],
        "stored": [(label, json.dumps(value, indent=2, ensure_ascii=False)) for label, value in shown if value],
        "dependants": dependants,
        "conflict": [compared(field) for field in row.conflict if field["field"] not in apart],
        "earlier": earlier_ones(row),
        "left": left_rows(row),
        "left_count": row.result.get("ignored_count", 0),
        "rest": rest,
        "why_not_again": why_not_again(row) if rest else "",
    }
    return render(request, "ledger/change.html", context)


@require_GET
@member_of_org(Role.READER)
def change_state(request: MemberRequest, org: Organisation, pk: uuid.UUID) -> HttpResponse:
    """One change's state; polls while workers process it."""
    row = get_object_or_404(selectors.changes(request.member), pk=pk)
    answer = render(request, "ledger/_change_state.html", {"change": row})
    if not row.moving and "whole" in request.GET:
        answer.headers["HX-Refresh"] = "true"
    return answer


@require_POST
@member_of_org(Role.EDITOR)
def change_decide(request: MemberRequest, org: Organisation, pk: uuid.UUID) -> HttpResponse:
    """Apply the member's decision about a change that needs a person."""
    row = get_object_or_404(selectors.changes(request.member), pk=pk)
    form = DecisionForm(request.POST)
    if not form.is_valid() or row.state != Change.State.PERSON:
        messages.warning(request, _("Nothing was done: this change no longer needs a decision."))
        return redirect("ledger:change", org.slug, row.pk)
    decision = form.cleaned_data["decision"]
    try:
        resolve(row, by=request.member, decision=decision)
    except StaleClaim:
        messages.warning(request, _("Someone else decided in the meantime."))
    except ActionRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, DECIDED[decision])
    return redirect("ledger:change", org.slug, row.pk)


@require_POST
@member_of_org(Role.EDITOR)
def change_looked_after(request: MemberRequest, org: Organisation, pk: uuid.UUID) -> HttpResponse:
    """Mark a finished change's consequence as resolved."""
    row = get_object_or_404(selectors.changes(request.member), pk=pk)
    if dismiss_attention(row, by=request.member):
        messages.success(request, _("Marked as resolved."))
    else:
        messages.warning(request, _("This was already resolved."))
    return redirect("ledger:change", org.slug, row.pk)


@require_POST
@member_of_org(Role.EDITOR)
def change_withdraw(request: MemberRequest, org: Organisation, pk: uuid.UUID) -> HttpResponse:
    """Withdraw an unsent change."""
    row = get_object_or_404(selectors.changes(request.member), pk=pk)
    if withdraw(row, by=request.member):
        messages.success(request, _("Withdrawn. Nothing was sent."))
    else:
        messages.warning(request, _("Too late: this change was already sent."))
    return redirect("ledger:change", org.slug, row.pk)


@require_GET
@member_of_org(Role.AUDITOR)
def log(request: MemberRequest, org: Organisation) -> HttpResponse:
    """The audit log."""
    page = paged(selectors.log(request.member), request.GET, by=("-at", "-pk"))
    return render(request, "ledger/log.html", {"page": page, "listing": read_filters(request.GET)})


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def held(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Rows missing in such numbers that a person must confirm their deletion."""
    sync = get_object_or_404(selectors.resource_syncs(org), pk=pk)
    if request.method == "POST":
        try:
            if request.POST.get("shown") != sync.held_digest:
                raise ActionRefused(_("Other records are missing now. Check the list again."))
            confirm_held(sync, by=request.member)
        except ActionRefused as problem:
            messages.warning(request, str(problem))
            return redirect("ledger:held", org.slug, pk)
        messages.success(request, _("Confirmed. Records that are still missing leave the lists after the next sync."))
        return redirect("assessments:home", org.slug)
    return render(
        request,
        "ledger/held.html",
        {"sync": sync, "names": selectors.missing_names(request.member, sync, most=HELD_SHOWN)},
    )


@require_POST
@member_of_org(Role.ADMIN)
def test_connection(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Start a test of the credential as a job."""
    try:
        row = start_test(org, by=request.member)
    except ActionRefused as problem:
        return redirect_with_error(request, problem, reverse("accounts:credential", args=(org.slug,)))
    if request.htmx:
        return render(request, "ledger/_job_progress.html", {"job": row})
    return redirect("ledger:job", org.slug, row.pk)
