"""A subject's changed manager: the choices, with the effects of each on the groups."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments import selectors
from assessments.evaluation_lines import GroupEffect, lines_for
from assessments.fence import is_own
from assessments.manager_changes import CHOICES, manager_rows
from assessments.models import Evaluation, Subject
from assessments.plans_of_evaluations import plan_evaluations, read_known
from assessments.rule_forms import ManagerForm
from assessments.rules import rows_of
from assessments.views.context import own_page
from assessments.views.subjects import find_subject
from directory.models import Person
from directory.selectors import managers_of
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of
from qxportal.ledger.plans.lines import Line
from qxportal.threesixty.relationships import MANAGER, PEER
from qxportal.ui.stored_messages import gettext_stored


@dataclass(frozen=True)
class ShownChoice:
    """One choice with the effects of each line."""

    name: str
    lines: list[tuple[Line, list[GroupEffect]]]


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def change(request: MemberRequest, org: Organisation, pk: int, subject_pk: int) -> HttpResponse:
    """Plan another manager for one subject."""
    subject = find_subject(org, pk, subject_pk)
    if is_own(request.member, subject):
        return own_page(request, subject, status=403)
    assessment = subject.assessment
    managers = list(managers_of(subject.person)[:2]) if subject.person else []
    suggested = managers[0] if len(managers) == 1 else None
    names = selectors.relationships_of(assessment)
    form = ManagerForm(request.POST or None, org=org, names=names, manager=suggested)
    evaluations = list(Evaluation.objects.filter(subject=subject, gone_at=None).order_by("sort_name", "pk"))
    problem = ""
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        rule = {
            "name": "manager",
            "assessment": assessment.vendor_id,
            "subject": subject.vendor_id,
            "manager": chosen["manager"].vendor_id,
            "choice": chosen["choice"],
            "relationship": chosen["relationship"],
        }
        try:
            plan = plan_evaluations(
                org,
                rows_of(request.member, rule) or (),
                by=request.member,
                title=gettext_stored(
                    "%(manager)s becomes the manager of %(subject)s",
                    manager=str(chosen["manager"]),
                    subject=str(subject),
                ),
                source={"from": "rule", "rule": "manager"},
                plan_id=intent_of(request.POST),
                options={"rule": rule},
            )
        except ActionRefused as refused:
            problem = str(refused)
        else:
            return redirect("ledger:plan", org.slug, plan.pk)
    known = (form.cleaned_data.get("manager") if form.is_bound and form.is_valid() else None) or suggested
    context = {
        "assessment": assessment,
        "subject": subject,
        "form": form,
        "problem": problem,
        "managers": [one for one in evaluations if one.relationship == MANAGER],
        "suggested": suggested,
        "choices": _shown(org, subject, evaluations, known) if known else [],
        "words": dict(form.fields["choice"].choices),  # type: ignore[attr-defined]
        "unknown": _("The directory names no manager, or not just one.") if suggested is None else "",
    }
    return render(request, "assessments/manager_change.html", context, status=422 if request.method == "POST" else 200)


def _shown(org: Organisation, subject: Subject, evaluations: list[Evaluation], manager: Person) -> list[ShownChoice]:
    """Effects of each choice on the groups."""
    shown = []
    for name in CHOICES:
        ids = (subject.assessment.vendor_id, subject.vendor_id)
        rows = manager_rows(name, *ids, evaluations, manager.vendor_id, relationship=PEER)
        lines = lines_for(rows, read_known(org, rows))
        shown.append(
            ShownChoice(name, [(one, [GroupEffect(*kept) for kept in one.data.get("groups", [])]) for one in lines])  # type: ignore[attr-defined]
        )
    return shown
