"""Activating an assessment: checks before it, invited people, and the time."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments import selectors
from assessments.audience import audience_of
from assessments.brand import BrandFacts, brand_of
from assessments.commands import activate_assessment
from assessments.editions import UNSURE
from assessments.fence import is_assessed_in
from assessments.mailing_forms import InviteForm
from assessments.mailings import INVITE, read_at
from assessments.models import Assessment
from assessments.nominations import lets_choose
from assessments.prelaunch import findings
from assessments.subject_selectors import managers_to_check
from assessments.views.context import find
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of

FIRST = 10  # limit of invited people to name


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def activate(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Activate an assessment, with its checks and the invited people on the page."""
    assessment = find(request.member, pk)
    brand, problem = brand_of(org), ""
    form = _form(request, assessment, brand)
    if request.method == "POST" and (form is None or form.is_valid()):
        given: dict[str, Any] = form.cleaned_data if form else {"invite": "none", "invite_at": None}
        invite = given["invite"] != "none"
        try:
            activate_assessment(
                assessment,
                by=request.member,
                intent=intent_of(request.POST),
                invite=invite,
                invite_at=given["invite_at"],
            )
        except ActionRefused as refusal:
            problem = str(refusal)
        else:
            messages.success(request, _("Activating the assessment…"))
            return redirect("assessments:overview", org.slug, pk)
    invited = audience_of(request.member, assessment, INVITE)
    context = {
        "assessment": assessment,
        "groups": selectors.relationship_counts(request.member, assessment),
        "problem": problem,
        "managers": [(state, managers_to_check(request.member, assessment, state)) for state in UNSURE],
        "findings": findings(request.member, assessment, invited),
        "invite_form": form,
        "choosing": lets_choose(assessment.workflow_options),
        "mail_hidden": brand is not None and is_assessed_in(request.member, assessment),
        "brand": brand,
        "kind": INVITE,
        "audience": invited,
        "mails": invited.mails(assessment),
        "first": invited.reached[:FIRST],
        "more": max(0, len(invited.reached) - FIRST),
        "read_at": read_at(assessment) or timezone.now(),  # a draft has invited nobody
    }
    failed = bool(problem or (form is not None and form.errors))
    return render(request, "assessments/activate.html", context, status=422 if failed else 200)


def _form(request: MemberRequest, assessment: Assessment, brand: BrandFacts | None) -> Any:
    """The choice of invitations, if the server sends mail and the member may see the recipients."""
    if brand is None or is_assessed_in(request.member, assessment):
        return None
    posted = request.POST if request.method == "POST" else None
    return InviteForm(posted, zone=timezone.get_current_timezone_name(), mail_off=brand.off)
