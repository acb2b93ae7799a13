"""Confirming a manager, hiding a line and removing answers, each after a page about the irreversible effects."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments.edition_commands import confirm_manager, evaluator_name, hide_line, take_out, why_no_confirmation
from assessments.editions import facts_of_one
from assessments.fence import is_own
from assessments.models import Evaluation, Subject
from assessments.views.context import own_page
from assessments.views.subjects import find_subject
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of, mistyped


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def manager(request: MemberRequest, org: Organisation, pk: int, subject_pk: int) -> HttpResponse:
    """Confirm the only evaluator in the Manager relationship: from then on this person is shown alone."""
    subject = find_subject(org, pk, subject_pk)
    if is_own(request.member, subject):
        return own_page(request, subject, status=403)
    facts = facts_of_one(subject)
    problem = (
        why_no_confirmation(facts)
        if facts
        else _("The editions of this report are not known. Refresh the assessment and try again.")
    )
    key = facts.manager_key if facts else ""
    if request.method == "POST":
        if request.POST.get("confirmed") != "on":
            problem = problem or _("Confirm that this person is the manager.")
        else:
            try:
                intent = intent_of(request.POST)
                confirm_manager(subject, by=request.member, person_key=request.POST.get("person", ""), intent=intent)
            except ActionRefused as refusal:
                problem = str(refusal)
            else:
                return _back(request, org, subject, _("Confirming the manager…"))
    context = {"person": key, "name": evaluator_name(subject, key), "facts": facts}
    return _page(request, "manager_confirm", subject, problem, context)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.ADMIN)
def line(request: MemberRequest, org: Organisation, pk: int, subject_pk: int) -> HttpResponse:
    """Hide one line of the report for good; its name is typed to confirm."""
    subject = find_subject(org, pk, subject_pk)
    if is_own(request.member, subject):
        return own_page(request, subject, status=403)
    facts = facts_of_one(subject)
    query = request.POST if request.method == "POST" else request.GET
    chosen = next((one for one in facts.lines if one.line == query.get("line")), None) if facts else None
    problem, errors = "" if chosen else _("This report has no such line."), list[str]()
    if request.method == "POST" and chosen:
        errors = mistyped(request.POST, chosen.words)
        if not errors:
            try:
                hide_line(subject, by=request.member, line=chosen.line, intent=intent_of(request.POST))
            except ActionRefused as refusal:
                problem = str(refusal)
            else:
                return _back(request, org, subject, _("Hiding the line…"))
    context = {"line": chosen, "facts": facts, "mistyped": errors}
    return _page(request, "line_hide", subject, problem, context)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.ADMIN)
def answers(request: MemberRequest, org: Organisation, pk: int, subject_pk: int) -> HttpResponse:
    """Take an evaluator's answers out, with all answers of their classes; the name is typed to confirm."""
    subject = find_subject(org, pk, subject_pk)
    if is_own(request.member, subject):
        return own_page(request, subject, status=403)
    rows = subject.evaluations.filter(gone_at=None, status=Evaluation.Status.COMPLETED).order_by("sort_name", "pk")
    key, problem, errors = request.POST.get("person", ""), "", list[str]()
    if request.method == "POST":
        name = evaluator_name(subject, key) if rows.filter(evaluator_key=key).exists() else ""
        errors = mistyped(request.POST, name) if name else []
        if not name:
            problem = _("Choose an evaluator who has answered.")
        elif not errors:
            try:
                take_out(subject, by=request.member, person_key=key, intent=intent_of(request.POST))
            except ActionRefused as refusal:
                problem = str(refusal)
            else:
                return _back(request, org, subject, _("Removing the answers…"))
    context = {"evaluations": rows, "chosen": key, "mistyped": errors}
    return _page(request, "answers_take_out", subject, problem, context)


def _page(request: MemberRequest, name: str, subject: Subject, problem: str, context: dict[str, Any]) -> HttpResponse:
    context = {"assessment": subject.assessment, "subject": subject, "problem": problem, **context}
    return render(request, f"assessments/{name}.html", context, status=422 if request.method == "POST" else 200)


def _back(request: MemberRequest, org: Organisation, subject: Subject, words: str) -> HttpResponse:
    messages.success(request, words)
    return redirect("assessments:subject", org.slug, subject.assessment_id, subject.pk)
