"""What is done to many at once: statuses of a selection, adding people."""

from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments import subject_selectors
from assessments.fence import others, own_among
from assessments.forms import AddressesForm, StatusesForm
from assessments.intents import refuse_if_closed
from assessments.models import Assessment, Subject
from assessments.subject_commands import add_subjects, set_subject_statuses
from assessments.views.frame import find
from assessments.views.subjects import filtered, read_subjects
from directory.selectors import departments, people, people_at
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.fence import fence_of
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import Refusal
from qxportal.ledger.forms import intent_of
from qxportal.listing import paged, read_listing

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
        except Refusal as problem:
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
    listing = read_listing(request.GET, department=(_("Department"), departments(org)))
    form = AddressesForm(request.POST or None)
    unknown: list[str] = []
    problem = _why_closed(assessment)
    if request.method == "POST" and form.is_valid():
        ticked = [int(text) for text in request.POST.getlist("person") if text.isdecimal() and len(text) < 16]
        chosen = {person.pk: person for person in people(org).filter(pk__in=ticked)}
        at = people_at(org, form.cleaned_data["addresses"])
        unknown = [address for address, found in at.items() if len(found) != 1]
        chosen |= {found[0].pk: found[0] for found in at.values() if len(found) == 1}
        if not unknown:
            try:
                job = add_subjects(assessment, chosen.values(), by=request.member, intent=intent_of(request.POST))
            except Refusal as refusal:
                problem = str(refusal)
            else:
                return redirect("ledger:job", org.slug, job.pk)
    there = subject_selectors.subjects_of(assessment).values("vendor_id")
    rows = people(org).exclude(vendor_id__in=there)
    if listing["department"]:
        rows = rows.filter(department=listing["department"])
    page = paged(rows, request.GET, by=("sort_name", "pk"), words=listing.words)
    context = {
        "assessment": assessment,
        "listing": listing,
        "page": page,
        "form": form,
        "unknown": unknown,
        "ticked": request.POST.getlist("person"),
        "problem": problem,
    }
    wrong = request.method == "POST" and bool(unknown or problem or form.errors)
    return render(request, "assessments/subjects_add.html", context, status=422 if wrong else 200)


def _why_closed(assessment: Assessment) -> str:
    """Why nobody can be added, said before anybody is chosen."""
    try:
        refuse_if_closed(assessment)
    except Refusal as refusal:
        return str(refusal)
    return ""


def _chosen(request: MemberRequest, assessment: Assessment, query: QueryDict) -> QuerySet[Subject]:
    rows = filtered(request.member, assessment, read_subjects(request)).select_related("assessment", "org")
    if query.get("scope") == "all":
        return rows
    name = "shown" if query.get("scope") == "page" else "subject"
    numbers = [int(text) for text in query.getlist(name) if text.isdecimal() and len(text) < 16]
    return subject_selectors.subjects_of(assessment).filter(pk__in=numbers).select_related("assessment", "org")
