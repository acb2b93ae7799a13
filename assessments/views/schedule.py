"""When an assessment opens, reminds and closes by itself, and one person's longer time."""

from datetime import datetime
from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments.fence import is_assessed_in, is_own, whose_turn
from assessments.gate import requires_anything
from assessments.models import Assessment, Evaluation
from assessments.schedule_commands import server_schedules, set_extension, set_schedule
from assessments.schedule_forms import ExtensionForm, ScheduleForm
from assessments.schedules import extensions_of, schedule_of
from assessments.views.context import find, own_page, page_context
from assessments.views.evaluations import find_evaluation
from assessments.views.subjects import find_subject
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Member, Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of


class ExtensionRow(NamedTuple):
    """A person with an extension, and one of the person's evaluations, which is used to change it."""

    name: str
    until: datetime
    over: bool
    evaluation: Evaluation | None


@require_http_methods(["GET", "POST"])
@member_of_org(Role.READER)
def schedule(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """The assessment's dates and extensions; editors set all dates together."""
    if request.method == "POST" and not request.member.may(Role.EDITOR):
        raise PermissionDenied
    assessment = find(request.member, pk)
    known, draft = schedule_of(assessment), assessment.status == Assessment.Status.DRAFT
    form = ScheduleForm(request.POST if request.method == "POST" else None, known=known, draft=draft)
    if request.method == "POST" and form.is_valid():
        try:
            set_schedule(assessment, by=request.member, intent=intent_of(request.POST), **form.cleaned_data)
        except ActionRefused as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, _("Saving the schedule…"))
            return redirect("assessments:schedule", org.slug, pk)
    context = page_context(
        request.member,
        assessment,
        "schedule",
        known=known,
        form=form,
        zone=timezone.get_current_timezone_name(),
        now=timezone.now(),
        extensions=_extensions(request.member, assessment),
        required=request.member.may(Role.EDITOR) and requires_anything(request.member, assessment),
    )
    return render(request, "assessments/schedule.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def extension(request: MemberRequest, org: Organisation, pk: int, subject_pk: int, evaluation_pk: int) -> HttpResponse:
    """Give one person more time to answer in the assessment, or end it."""
    subject = find_subject(org, pk, subject_pk)
    if is_own(request.member, subject):
        return own_page(request, subject, status=403)
    evaluation = find_evaluation(subject, evaluation_pk)
    assessment = subject.assessment
    own, known = is_assessed_in(request.member, assessment), schedule_of(assessment)
    until = extensions_of(request.member, assessment).get(evaluation.evaluator_key)
    form = ExtensionForm(
        request.POST if request.method == "POST" and "end" not in request.POST else None,
        closes_at=known.closes_at,
        until=until,
    )
    problem = whose_turn(request.member) if own else _why_not(assessment, known.closes_at)
    if request.method == "POST" and not problem and ("end" in request.POST or form.is_valid()):
        wanted = None if "end" in request.POST else form.cleaned_data["until"]
        try:
            set_extension(evaluation, by=request.member, until=wanted, intent=intent_of(request.POST))
        except ActionRefused as refusal:
            problem = str(refusal)
        else:
            messages.success(request, _("Saving the extension…"))
            return redirect("assessments:subject", org.slug, pk, subject_pk)
    context: dict[str, Any] = {
        "assessment": assessment,
        "subject": subject,
        "evaluation": evaluation,
        "form": form,
        "known": known,
        "until": until,
        "problem": problem,
        "possible": not own and not _why_not(assessment, known.closes_at),
        "zone": timezone.get_current_timezone_name(),
    }
    failed = request.method == "POST"
    return render(request, "assessments/evaluation_extension.html", context, status=422 if failed else 200)


def _why_not(assessment: Assessment, closes_at: datetime | None) -> str:
    """The reason why no extension is possible; empty if it is."""
    if not server_schedules(assessment.org):
        return _("The connected survey service does not know schedules.")
    if closes_at is None:
        return _("The assessment has no closing time. Set one in its schedule first.")
    return ""


def _extensions(member: Member, assessment: Assessment) -> list[ExtensionRow]:
    found = extensions_of(member, assessment)
    given: dict[str, Evaluation] = {}
    rows = Evaluation.objects.filter(
        assessment=assessment, evaluator_key__in=found, gone_at=None, subject__gone_at=None
    )
    for one in rows.order_by("-pk"):
        given[one.evaluator_key] = one
    now = timezone.now()
    listed = [
        ExtensionRow(given[key].evaluator_name if key in given else key, until, until <= now, given.get(key))
        for key, until in found.items()
    ]
    return sorted(listed, key=lambda row: (row.until, row.name))
