"""Actions on one evaluation, each after a page that shows its effects."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments.editions import facts_of_one
from assessments.evaluation_commands import (
    change_relationship,
    remove_evaluator,
    reopen_evaluation,
    reset_evaluation,
    server_can,
    verbs_of,
)
from assessments.fence import is_own
from assessments.models import Evaluation, Subject
from assessments.selectors import relationships_of
from assessments.views.context import own_page
from assessments.views.subjects import find_subject
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of, mistyped
from qxportal.threesixty.relationships import SELF


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def relationship(
    request: MemberRequest, org: Organisation, pk: int, subject_pk: int, evaluation_pk: int
) -> HttpResponse:
    """Choose another relationship for an evaluation."""
    subject = find_subject(org, pk, subject_pk)
    if is_own(request.member, subject):
        return own_page(request, subject, status=403)
    evaluation = find_evaluation(subject, evaluation_pk)
    chosen, problem = request.POST.get("relationship", evaluation.relationship), ""
    if request.method == "POST":
        try:
            change_relationship(evaluation, by=request.member, relationship=chosen, intent=intent_of(request.POST))
        except ActionRefused as refusal:
            problem = str(refusal)
        else:
            return _back(request, org, subject, _("Changing the relationship…"))
    names = [name for name in relationships_of(subject.assessment) if name != SELF]
    context = {"relationships": names, "relationship": chosen}
    return _page(request, "evaluation_relationship", subject, evaluation, problem, context)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def reopen(request: MemberRequest, org: Organisation, pk: int, subject_pk: int, evaluation_pk: int) -> HttpResponse:
    """Let an evaluator go on."""
    subject = find_subject(org, pk, subject_pk)
    if is_own(request.member, subject):
        return own_page(request, subject, status=403)
    evaluation = find_evaluation(subject, evaluation_pk)
    problem = ""
    if request.method == "POST":
        try:
            reopen_evaluation(evaluation, by=request.member, intent=intent_of(request.POST))
        except ActionRefused as refusal:
            problem = str(refusal)
        else:
            return _back(request, org, subject, _("Reopening the evaluation…"))
    return _page(request, "evaluation_reopen", subject, evaluation, problem)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def reset(request: MemberRequest, org: Organisation, pk: int, subject_pk: int, evaluation_pk: int) -> HttpResponse:
    """Drop an evaluation's answers; the evaluator's name is typed to confirm."""
    subject = find_subject(org, pk, subject_pk)
    if is_own(request.member, subject):
        return own_page(request, subject, status=403)
    evaluation = find_evaluation(subject, evaluation_pk)
    problem, errors = "", list[str]()
    if request.method == "POST":
        errors = mistyped(request.POST, evaluation.evaluator_name)
        if not errors:
            try:
                reset_evaluation(evaluation, by=request.member, intent=intent_of(request.POST))
            except ActionRefused as refusal:
                problem = str(refusal)
            else:
                return _back(request, org, subject, _("Resetting the evaluation…"))
    context = {"mistyped": errors}
    return _page(request, "evaluation_reset", subject, evaluation, problem, context)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def remove(request: MemberRequest, org: Organisation, pk: int, subject_pk: int, evaluation_pk: int) -> HttpResponse:
    """Remove an evaluator; deleting answers requires a tick and the typed name."""
    subject = find_subject(org, pk, subject_pk)
    if is_own(request.member, subject):
        return own_page(request, subject, status=403)
    evaluation = find_evaluation(subject, evaluation_pk)
    answered = evaluation.status in (Evaluation.Status.IN_PROGRESS, Evaluation.Status.COMPLETED)
    problem, unticked, errors = "", "", list[str]()
    with_answers = request.POST.get("remove_answers") == "on"
    if request.method == "POST":
        if answered and not with_answers:
            unticked = _("Confirm that the answers are removed, too.")
        errors = mistyped(request.POST, evaluation.evaluator_name) if answered else []
        if not (errors or unticked):
            try:
                intent = intent_of(request.POST)
                remove_evaluator(evaluation, by=request.member, remove_answers=with_answers, intent=intent)
            except ActionRefused as refusal:
                problem = str(refusal)
            else:
                return _back(request, org, subject, _("Removing the evaluator…"))
    context = {
        "answered": answered,
        "ticked": with_answers,
        "unticked": unticked,
        "mistyped": errors,
    }
    return _page(request, "evaluation_remove", subject, evaluation, problem, context)


def find_evaluation(subject: Subject, evaluation_pk: int) -> Evaluation:
    """The evaluation about the subject, or 404; looked for only once the subject is known to be another person."""
    evaluation: Evaluation = get_object_or_404(
        subject.evaluations.select_related("org"), pk=evaluation_pk, gone_at=None
    )
    evaluation.subject, evaluation.assessment = subject, subject.assessment
    return evaluation


def _page(
    request: MemberRequest,
    name: str,
    subject: Subject,
    evaluation: Evaluation,
    problem: str,
    context: dict[str, Any] | None = None,
) -> HttpResponse:
    facts = facts_of_one(subject)
    context = {
        "assessment": subject.assessment,
        "subject": subject,
        "evaluation": evaluation,
        "problem": problem,
        "facts": facts,
        "known": server_can(subject, facts),
        "verbs": verbs_of(subject, evaluation),
        **(context or {}),
    }
    return render(request, f"assessments/{name}.html", context, status=422 if request.method == "POST" else 200)


def _back(request: MemberRequest, org: Organisation, subject: Subject, words: str) -> HttpResponse:
    messages.success(request, words)
    return redirect("assessments:subject", org.slug, subject.assessment_id, subject.pk)
