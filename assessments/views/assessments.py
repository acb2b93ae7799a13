"""The list of assessments, today's and an earlier day's, and one: overview, evaluations, activity, activate, close."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from assessments import selectors
from assessments.commands import close_assessment, refresh_assessment, reopen_assessment
from assessments.completion import completion, last_round, rounds_before
from assessments.fence import about_others
from assessments.forms import OPTIONS, CloseForm
from assessments.gate import suggested_requirements, unmet
from assessments.letter_commands import may_print
from assessments.list_rows import (
    ASSESSMENTS,
    EVALUATIONS,
    OF_ASSESSMENTS,
    OF_EVALUATIONS,
    assessment_lines,
    evaluation_lines,
)
from assessments.mailing_commands import may_export, may_remind
from assessments.models import Assessment, Evaluation, Subject
from assessments.outlooks import outlooks
from assessments.receiving import SUBJECT
from assessments.report_batches import choose
from assessments.schedule_commands import may_extend
from assessments.schedules import schedule_of
from assessments.survey_alerts import survey_alerts
from assessments.thresholds import told_minimums
from assessments.views.context import find, page_context
from assessments.views.home import refreshing
from directory.job_kinds import SYNC
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.list_files import list_file, wants_file
from qxportal.accounts.lists import ListKind, listed
from qxportal.accounts.models import Member, Organisation
from qxportal.accounts.roles import Role
from qxportal.core.listing import ListFilters, Page, paged, read_filters, read_sorting, words_of
from qxportal.core.searching import matching
from qxportal.ledger import selectors as ledger
from qxportal.ledger.activity import activity as changes_matching
from qxportal.ledger.activity import read_activity
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of
from qxportal.ledger.history.as_of import (
    as_they_were,
    column_then,
    listed_then,
    narrowed_then,
    read_past,
    versions_of,
)
from qxportal.ledger.history.external_changes import sees_answering
from qxportal.ledger.models import Change
from qxportal.threesixty.relationships import SELF
from qxportal.ui.labels import RELATIONSHIPS

ASSESSMENT_LIST = ListKind(
    "assessments",
    gettext_lazy("Assessments"),
    {
        "state": gettext_lazy("State"),
        "finished": gettext_lazy("Evaluations finished"),
        "done": gettext_lazy("Subjects done"),
        "outlook": gettext_lazy("Outlook"),
        "created": gettext_lazy("Created"),
        "synced": gettext_lazy("Last synced"),
    },
    extra=frozenset({"synced"}),
)
EVALUATION_LIST = ListKind(
    "evaluations",
    gettext_lazy("Evaluations"),
    {
        "relationship": gettext_lazy("Relationship"),
        "subject": gettext_lazy("Subject"),
        "state": gettext_lazy("State"),
        "finished": gettext_lazy("Finished"),
    },
)


@require_GET
@member_of_org(Role.READER)
@listed(ASSESSMENT_LIST)
def assessment_list(request: MemberRequest, org: Organisation) -> HttpResponse | StreamingHttpResponse:
    """Every assessment with its state and progress; as of an earlier day with the name and the state of then."""
    past = read_past(request.GET.get("on", ""), partial(selectors.all_assessments, org))
    listing = read_filters(
        request.GET,
        status=(_("State"), words_of(Assessment.Status.choices)),
        gone=(_("Show"), {"on": _("No longer listed")}, _("Listed on that day") if past.at else _("Current")),
    )
    listing = replace(listing, day=past.text)
    if past.shown:
        page = _page_then(request, org, listing, past.at) if past.at else Page()
        return render(request, "assessments/assessments_then.html", {"listing": listing, "page": page, "past": past})
    rows = selectors.assessments(org, gone=bool(listing["gone"]))
    for word in listing.search.split():
        rows = rows.filter(name__icontains=word)
    rows = listing.apply(rows, status="status")
    sorting = read_sorting(request.GET, "-created", **selectors.ORDERS)
    listing = replace(listing, sorting=sorting, file=True)
    counted = selectors.with_counts(request.member, rows)
    if wants_file(request.GET):
        lines = assessment_lines(request.member, counted.order_by(*sorting.by))
        named, state = [_("Assessments")], request.list_state
        return list_file(request.member, listing, named, ASSESSMENTS, lines, state=state, of=OF_ASSESSMENTS)
    page = paged(counted, request.GET, by=sorting.by)
    ahead = {} if "outlook" in request.list_state.hidden else outlooks(request.member, page.rows)
    context = {
        "listing": listing,
        "past": past,
        "page": page,
        "lines": [(assessment, ahead.get(assessment.pk)) for assessment in page.rows],
        "sync": ledger.resource_sync(org, "assessments"),
        "job": ledger.refresh_of(org, SYNC),
        "making": ledger.changes(request.member).filter(request="createAssessment", state__in=Change.OPEN)[:5],
    }
    return render(request, "assessments/assessment_list.html", context)


def _page_then(request: MemberRequest, org: Organisation, listing: ListFilters, at: datetime) -> Page[Assessment]:
    rows: QuerySet[Any] = listed_then(selectors.all_assessments(org), at, gone=bool(listing["gone"]))
    rows = rows.alias(**{f"{name}_then": column_then(rows, at, name) for name in ("name", "status")})
    for word in listing.search.split():
        rows = rows.filter(name_then__icontains=word)
    rows = listing.apply(rows, status="status_then")
    page = paged(selectors.with_since(rows), request.GET, by=("-since", "-pk"))
    return replace(page, rows=as_they_were(page.rows, at))


@require_GET
@member_of_org(Role.READER)
def overview(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Overview of one assessment."""
    assessment = find(request.member, pk)
    groups = selectors.relationship_counts(request.member, assessment)
    statuses = selectors.status_counts(request.member, assessment)
    chosen = assessment.workflow_options
    told = None
    if sees_answering(request.member) and assessment.status == Assessment.Status.ACTIVE:
        told = completion(request.member, assessment, last_round(assessment, rounds_before(assessment)))
    context = page_context(
        request.member,
        assessment,
        "overview",
        known=schedule_of(assessment),
        needed=told_minimums(assessment),
        groups=groups,
        evaluators=sum(group["total"] for group in groups if group["relationship"] != SELF),
        told=told,
        survey_alerts=survey_alerts(request.member, assessment),
        thin=sum(group["thin"] for group in groups),
        statuses=[(status, statuses.get(status, 0)) for status in Evaluation.Status.values],
        survey=selectors.survey_of(assessment),
        options=[(label, chosen[key]) for key, label in OPTIONS.items() if key in chosen],
        other_options=[(key, value) for key, value in chosen.items() if key not in OPTIONS],
    )
    return render(request, "assessments/overview.html", context)


@require_GET
@member_of_org(Role.READER)
@listed(EVALUATION_LIST)
def evaluations(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse | StreamingHttpResponse:
    """The evaluations of an assessment, with their progress."""
    assessment = find(request.member, pk)
    follows = sees_answering(request.member)  # others see only today's numbers and states
    past = read_past(
        request.GET.get("on", "") if follows else "", partial(_all_evaluations, request.member, assessment)
    )
    relationships = {name: RELATIONSHIPS.get(name, name) for name in selectors.relationships_of(assessment)}
    listing = read_filters(
        request.GET,
        status=(_("State"), words_of(Evaluation.Status.choices)),
        relationship=(_("Relationship"), relationships),
        gone=(_("Show"), {"on": _("No longer listed")}, _("Current")),
    )
    listing = replace(listing, day=past.text if follows else None)
    if past.shown:
        page = _evaluations_then(request, assessment, listing, past.at) if past.at else Page()
        context = page_context(request.member, assessment, "evaluations", listing=listing, page=page, past=past)
        return render(request, "assessments/evaluations_then.html", context)
    rows = matching(selectors.evaluations_of(request.member, assessment, gone=bool(listing["gone"])), listing.search)
    rows = listing.apply(rows, status="status", relationship="relationship")
    sorting = read_sorting(request.GET, "name", **selectors.EVALUATION_ORDERS)
    listing = replace(listing, sorting=sorting, file=True)
    rows = selectors.with_evaluation_order(rows)
    if wants_file(request.GET):
        named = [_("Evaluations"), assessment.name]
        lines = evaluation_lines(rows.order_by(*sorting.by))
        kept = {"target": assessment.vendor_id, "state": request.list_state, "of": OF_EVALUATIONS}
        return list_file(request.member, listing, named, EVALUATIONS, lines, **kept)
    page = paged(rows, request.GET, by=sorting.by)
    return render(
        request,
        "assessments/evaluation_list.html",
        page_context(
            request.member,
            assessment,
            "evaluations",
            listing=listing,
            page=page,
            past=past,
            extends=may_extend(request.member, assessment),
            reminds=may_remind(request.member, assessment),
            exports=may_export(request.member, assessment),
            prints=may_print(request.member, assessment),
        ),
    )


def _all_evaluations(member: Member, assessment: Assessment) -> QuerySet[Evaluation]:
    return about_others(member, Evaluation.objects.filter(assessment=assessment).select_related("subject"))


def _evaluations_then(
    request: MemberRequest, assessment: Assessment, listing: ListFilters, at: datetime
) -> Page[Evaluation]:
    rows = listed_then(_all_evaluations(request.member, assessment), at, gone=bool(listing["gone"]))
    wanted: dict[str, str | bool] = {name: listing[name] for name in ("status", "relationship") if listing[name]}
    versions = versions_of(Evaluation, assessment.org, assessment=assessment.pk)
    page = paged(narrowed_then(rows, versions, at, listing.search, wanted), request.GET, by=("sort_name", "pk"))
    return replace(page, rows=as_they_were(page.rows, at))


@require_GET
@member_of_org(Role.READER)
def activity(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Recorded changes of one assessment; for auditors also openings of reports."""
    assessment = find(request.member, pk)
    listing = read_activity(request.GET, request.member, assessment_id=assessment.vendor_id)
    rows = changes_matching(request.member, listing, assessment_id=assessment.vendor_id)
    page = paged(rows, request.GET, by=("-number",))
    entries = []
    if request.member.may(Role.AUDITOR):
        entries = list(ledger.log(request.member).filter(target=assessment.vendor_id)[:50])
    return render(
        request,
        "assessments/activity.html",
        page_context(request.member, assessment, "activity", listing=listing, page=page, entries=entries),
    )


@require_POST
@member_of_org(Role.READER)
def refresh(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Read one assessment again, as a job."""
    found = find(request.member, pk)
    return refreshing(request, org, lambda: refresh_assessment(found, by=request.member))


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def reopen(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Let evaluators of a closed assessment answer again, after a page about the effects."""
    assessment = find(request.member, pk)
    problem = ""
    if request.method == "POST":
        try:
            reopen_assessment(assessment, by=request.member, intent=intent_of(request.POST))
        except ActionRefused as refusal:
            problem = str(refusal)
        else:
            messages.success(request, _("Reopening the assessment…"))
            return redirect("assessments:overview", org.slug, pk)
    context = {"assessment": assessment, "problem": problem}
    return render(request, "assessments/reopen.html", context, status=422 if problem else 200)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def close(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Close an assessment with its switches seen and confirmed."""
    assessment = find(request.member, pk)
    form = CloseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        switches = {name: form.cleaned_data[name] for name in ("close_sessions", "delete_mailings", "ready_reports")}
        try:
            close_assessment(assessment, by=request.member, intent=intent_of(request.POST), **switches)
        except ActionRefused as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, _("Closing the assessment…"))
            return redirect("assessments:overview", org.slug, pk)
    statuses = selectors.status_counts(request.member, assessment)
    lacking = unmet(request.member, assessment, suggested_requirements(assessment))
    subjects = Subject.objects.filter(assessment=assessment, gone_at=None)
    context = {
        "assessment": assessment,
        "form": form,
        "statuses": statuses,
        "unmet": lacking,
        "reports": choose(request.member, subjects, [SUBJECT]),
    }
    return render(request, "assessments/close.html", context, status=422 if form.errors else 200)
