"""Timetables of an assessment: list, creation, editing, pausing, deletion, and stopping a held plan."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from assessments import timetables
from assessments.models import Assessment, Timetable
from assessments.timetable_forms import TimetableForm
from assessments.views.context import find
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.plans.apply import may_apply


@require_GET
@member_of_org(Role.READER)
def timetable_list(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """The timetables with the result of the last run of each."""
    assessment = find(request.member, pk)
    rows = timetables.timetables_of(request.member, assessment)
    context = {"assessment": assessment, "rows": rows, "zone": org.time_zone}
    return render(request, "assessments/timetable_list.html", context)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def new(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Set a timetable."""
    return _form(request, find(request.member, pk), None)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def edit(request: MemberRequest, org: Organisation, pk: int, timetable_pk: int) -> HttpResponse:
    """Change a timetable; from then on it acts with the rights of that member."""
    assessment = find(request.member, pk)
    return _form(request, assessment, _timetable(assessment, timetable_pk))


def _form(request: MemberRequest, assessment: Assessment, known: Timetable | None) -> HttpResponse:
    org = assessment.org
    form = TimetableForm(request.POST if request.method == "POST" else None, assessment=assessment, known=known)
    problem = ""
    if request.method == "POST" and form.is_valid():
        try:
            timetables.save_timetable(assessment, form.values(), by=request.member, known=known)
        except ActionRefused as refused:
            problem = str(refused)
        else:
            messages.success(request, _("The timetable is set."))
            return redirect("assessments:timetables", org.slug, assessment.pk)
    context = {"assessment": assessment, "form": form, "known": known, "problem": problem, "zone": org.time_zone}
    status = 422 if form.errors or problem else 200
    return render(request, "assessments/timetable_edit.html", context, status=status)


@require_POST
@member_of_org(Role.EDITOR)
def pause(request: MemberRequest, org: Organisation, pk: int, timetable_pk: int) -> HttpResponse:
    """Let a timetable rest."""
    timetable = _timetable(find(request.member, pk), timetable_pk)
    timetables.pause_timetable(timetable, by=request.member)
    messages.success(request, _("Paused. A plan that was on hold does not apply itself any more."))
    return redirect("assessments:timetables", org.slug, pk)


@require_POST
@member_of_org(Role.EDITOR)
def resume(request: MemberRequest, org: Organisation, pk: int, timetable_pk: int) -> HttpResponse:
    """Let a timetable go on, by the rights of the member."""
    timetable = _timetable(find(request.member, pk), timetable_pk)
    try:
        timetables.resume_timetable(timetable, by=request.member)
    except ActionRefused as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, _("Resumed. It acts in your name now."))
    return redirect("assessments:timetables", org.slug, pk)


@require_POST
@member_of_org(Role.EDITOR)
def delete(request: MemberRequest, org: Organisation, pk: int, timetable_pk: int) -> HttpResponse:
    """Forget a timetable; its plans stay."""
    timetable = _timetable(find(request.member, pk), timetable_pk)
    timetables.delete_timetable(timetable, by=request.member)
    messages.success(request, _("The timetable is deleted. Its plans stay in the list of plans."))
    return redirect("assessments:timetables", org.slug, pk)


@require_POST
@member_of_org(Role.EDITOR)
def stop(request: MemberRequest, org: Organisation, pk: int, timetable_pk: int) -> HttpResponse:
    """Keep the held plan from applying itself."""
    timetable = _timetable(find(request.member, pk), timetable_pk)
    run = timetable.runs.filter(state="held").select_related("plan__org", "timetable__assessment", "org").first()
    if run is None or run.plan is None or not may_apply(request.member, run.plan):
        messages.warning(request, _("There is no plan on hold that you may stop."))
        return redirect("assessments:timetables", org.slug, pk)
    if timetables.keep_for_a_person(run, by=request.member):
        messages.success(request, _("Stopped. The plan does not apply itself; you can apply or discard it."))
    return redirect("ledger:plan", org.slug, run.plan_id)


def _timetable(assessment: Assessment, number: int) -> Timetable:
    rows = Timetable.objects.filter(assessment=assessment).select_related("org", "assessment")
    return get_object_or_404(rows, pk=number)
