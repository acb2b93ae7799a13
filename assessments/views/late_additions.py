"""People who were added late: their own deadline and reminders, as one plan."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments.audience import came_late
from assessments.brand import knows_brand
from assessments.fence import is_assessed_in, whose_turn
from assessments.late_forms import LateForm
from assessments.mailings import REMINDER
from assessments.message_texts import texts_of
from assessments.models import Assessment
from assessments.plans_of_late_additions import plan_late_additions
from assessments.schedule_commands import may_extend
from assessments.schedules import schedule_of
from assessments.views.context import find
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def late_additions(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Late additions with open evaluations; selected people get a separate deadline and separate reminders."""
    assessment, member = find(request.member, pk), request.member
    known, people = schedule_of(assessment), came_late(member, assessment)
    form = LateForm(
        request.POST if request.method == "POST" else None,
        closes_at=known.closes_at,
        extends=may_extend(member, assessment),
        reminds=knows_brand(org),
        texts=list(texts_of(assessment, REMINDER)),
    )
    chosen = set(request.POST.getlist("person")) if request.method == "POST" else {one.key for one in people}
    problem = _why_not(request, assessment)
    if request.method == "POST" and not problem and form.is_valid():
        try:
            keys = [one.key for one in people if one.key in chosen]
            if not keys:
                raise ActionRefused(_("No people are selected. Select at least one person and try again."))
            plan = plan_late_additions(
                assessment,
                keys,
                by=member,
                until=form.cleaned_data.get("until"),
                remind_at=form.remind_at,
                message_id=form.cleaned_data.get("text", ""),
                plan_id=intent_of(request.POST),
            )
        except ActionRefused as refused:
            problem = str(refused)
        else:
            return redirect("ledger:plan", org.slug, plan.pk)
    context = {
        "assessment": assessment,
        "people": [(one, one.key in chosen) for one in people],
        "form": form,
        "known": known,
        "problem": problem,
        "possible": bool(form.fields) and not _why_not(request, assessment),
        "zone": timezone.get_current_timezone_name(),
    }
    failed = request.method == "POST"
    return render(request, "assessments/late_additions.html", context, status=422 if failed else 200)


def _why_not(request: MemberRequest, assessment: Assessment) -> str:
    """The reason why late additions cannot be planned; empty if they can."""
    if is_assessed_in(request.member, assessment):
        return whose_turn(request.member)
    if assessment.status != Assessment.Status.ACTIVE or assessment.gone_at is not None:
        return _("“%(name)s” is not active, so evaluators cannot answer.") % {"name": assessment.name}
    return ""
