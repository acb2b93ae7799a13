"""What is done to many at once: statuses of a selection, adding people."""

from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from assessments import subject_selectors
from assessments.fence import others, own_among
from assessments.forms import PeoplePickerForm, StatusesForm, numbers_in
from assessments.intents import refuse_if_closed
from assessments.models import Assessment, Subject
from assessments.subject_commands import add_subjects, set_subject_statuses
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

NAMED = 200


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def statuses(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Set the status of a selection: look at who and what (GET), then do it (POST)."""
    assessment = find(request.member, pk)
    query = request.POST if request.method == "POST" else request.GET
    status = query.get("status", "")
    if status not in Subject.Status.values:
        return redirect("assessments:subjects", org.slug, pk)
    selected = _chosen(request, assessment, query)
    own_among_them = own_among(request.member, selected.filter(pk__in=fence_of(request.member).subjects))
    selected = others(request.member, selected)
    chosen = selected.exclude(status=status)
    count = chosen.count()
    form = StatusesForm(query if request.method == "POST" else None, count=count, initial=query.dict())
    if request.method == "POST" and count and form.is_valid():
        wanted = {name: form.cleaned_data[name] for name in ("status", "close_sessions")}
        try:
            job = set_subject_statuses(assessment, chosen, by=request.member, intent=intent_of(query), **wanted)
        except ActionRefused as problem:
            form.add_error(None, str(problem))
        else:
            return redirect("ledger:job", org.slug, job.pk)
    readiness = subject_selectors.readiness_of(request.member, chosen.order_by("sort_name", "pk")[:NAMED])
    context = {
        "assessment": assessment,
        "form": form,
        "status": Subject.Status(status),
        "own_among_them": own_among_them,
        "count": count,
        "already": selected.filter(status=status).count(),
        "chosen": readiness,
        "unfinished": subject_selectors.unfinished_of(request.member, chosen) if status == Subject.Status.DONE else {},
        "editions": subject_selectors.with_edition(chosen).count(),
        "more": max(0, count - NAMED),
        "fields": [
            (name, value)
            for name in ("scope", "q", "state", "gone", "subject", "shown")
            for value in query.getlist(name)
        ],
        "scope": query.get("scope", "ticked"),
    }
    return render(
        request,
        "assessments/subjects_status.html",
        context,
        status=422 if form.errors or (request.method == "POST" and not count) else 200,
    )


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def add(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Choose people of the directory, by tick or by address, and make them subjects."""
    assessment = find(request.member, pk)
    form = PeoplePickerForm(request.POST, org=org)
    problem = why_refused(refuse_if_closed, assessment)
    if form.is_valid() and not form.unknown:
        chosen = form.cleaned_data["people"]
        try:
            job = add_subjects(assessment, chosen, by=request.member, intent=intent_of(request.POST))
        except ActionRefused as refused:
            problem = str(refused)
        else:
            return redirect("ledger:job", org.slug, job.pk)
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


def _chosen(request: MemberRequest, assessment: Assessment, query: QueryDict) -> QuerySet[Subject]:
    rows = filtered(request.member, assessment, read_subjects(request)).select_related("assessment", "org")
    if query.get("scope") == "all":
        return rows
    ticked = numbers_in(query, "shown" if query.get("scope") == "page" else "subject")
    return subject_selectors.subjects_of(assessment).filter(pk__in=ticked).select_related("assessment", "org")
