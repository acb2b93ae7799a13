"""Changing, copying and deleting an assessment, each after a page about the effects."""

import hashlib
import json
import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments.editing_commands import (
    can_rename,
    can_update,
    changed_options,
    copy_assessment,
    delete_assessment,
    finished,
    others_with_survey,
    rename_assessment,
    subjects_to_copy,
    survey_name,
    update_assessment,
)
from assessments.editing_forms import CopyForm, EditAssessmentForm, RenameForm
from assessments.fence import is_assessed_in
from assessments.forms import OPTIONS
from assessments.message_texts import texts_to_copy
from assessments.models import Assessment, Mail, Report, Subject
from assessments.views.context import find
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of, mistyped
from qxportal.threesixty.values import flag
from surveys.selectors import surveys


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def edit(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Change options and survey; differences are shown before they are recorded."""
    assessment = find(request.member, pk)
    posted = request.POST if request.method == "POST" else None
    form = EditAssessmentForm(assessment, posted, surveys=list(surveys(org)))
    if posted is None or "back" in posted or not form.is_valid():
        return _form(request, assessment, form)
    chosen = form.cleaned_data.get("survey_id", "")
    swapped = chosen and chosen != assessment.survey_id
    differences = _differences(assessment, form)
    problem = "" if differences else _("Nothing was changed.")
    if "confirmed" in posted and swapped and posted.get("swap") != "on":
        problem = _("Confirm that the survey is replaced.")
    elif "confirmed" in posted and differences:
        if posted.get("seen") != _seen(assessment):
            problem = _("The assessment changed since you opened this page. Compare the values again.")
        else:
            try:
                update_assessment(
                    assessment,
                    by=request.member,
                    options=form.options(),
                    survey_id=chosen,
                    intent=intent_of(posted),
                )
            except ActionRefused as refusal:
                problem = str(refusal)
            else:
                messages.success(request, _("Changing the assessment…"))
                return redirect("assessments:overview", org.slug, pk)
    if not differences:
        form.add_error(None, problem)
        return _form(request, assessment, form)
    context = {
        "assessment": assessment,
        "form": form,
        "differences": differences,
        "swapped": swapped,
        "old_survey": survey_name(org.pk, assessment.survey_id) if swapped else "",
        "others": others_with_survey(assessment) if swapped else 0,
        "seen": _seen(assessment),
        "problem": problem,
    }
    return render(request, "assessments/assessment_edit_confirm.html", context, status=422 if problem else 200)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def rename(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Rename the assessment, if the server supports it."""
    assessment = find(request.member, pk)
    form = RenameForm(request.POST or None, initial={"name": assessment.name})
    if request.method == "POST" and form.is_valid() and can_rename(assessment):
        try:
            rename_assessment(assessment, form.cleaned_data["name"], by=request.member, intent=intent_of(request.POST))
        except ActionRefused as problem:
            form.add_error("name", str(problem))
        else:
            messages.success(request, _("Renaming the assessment…"))
            return redirect("assessments:overview", org.slug, pk)
    context = {"assessment": assessment, "form": form, "can_rename": can_rename(assessment)}
    failed = request.method == "POST"
    return render(request, "assessments/assessment_rename.html", context, status=422 if failed else 200)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def copy(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Make a draft like the assessment, optionally with its people."""
    assessment = find(request.member, pk)
    initial = {"intent": uuid.uuid4(), "name": _("Copy of %(name)s") % {"name": assessment.name}}
    form = CopyForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            change = copy_assessment(assessment, by=request.member, **form.cleaned_data)
        except ActionRefused as problem:
            form.add_error(None, str(problem))
        else:
            place = reverse("assessments:created", args=(org.slug, change.pk))
            return redirect(f"{place}?earlier={pk}" if form.cleaned_data["people"] else place)
    subjects = Subject.objects.filter(assessment=assessment, gone_at=None).count()
    staying = subjects_to_copy(assessment).count()
    context = {
        "subjects": staying,
        "left": subjects - staying,
        "assessment": assessment,
        "form": form,
        "survey": survey_name(org.pk, assessment.survey_id),
        "options": [name for name in assessment.workflow_options if name in OPTIONS],
        "texts": len(texts_to_copy(assessment)),
    }
    return render(request, "assessments/assessment_copy.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.ADMIN)
def delete(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Delete an assessment; its name is typed to confirm."""
    assessment = find(request.member, pk)
    problem, errors = "", list[str]()
    if request.method == "POST":
        errors = mistyped(request.POST, assessment.name)
        if not errors:
            try:
                delete_assessment(assessment, by=request.member, intent=intent_of(request.POST))
            except ActionRefused as refusal:
                problem = str(refusal)
            else:
                messages.success(request, _("Deleting the assessment…"))
                return redirect("assessments:overview", org.slug, pk)
    own = is_assessed_in(request.member, assessment)
    context = {
        "assessment": assessment,
        "own": own,
        "problem": problem,
        "mistyped": errors,
        "finished": 0 if own else finished(assessment),
        "reports": 0 if own else Report.objects.filter(assessment=assessment).count(),
        "mails": 0 if own else Mail.objects.filter(assessment=assessment, state="queued").count(),
        "texts": assessment.message_texts.count(),
    }
    return render(
        request, "assessments/assessment_delete.html", context, status=422 if request.method == "POST" else 200
    )


def _differences(assessment: Assessment, form: EditAssessmentForm) -> list[dict[str, Any]]:
    """The fields that change, with their labels and values in words."""
    known, found = assessment.workflow_options, []
    chosen = form.cleaned_data.get("survey_id", "")
    if chosen and chosen != assessment.survey_id:
        names = [survey_name(assessment.org_id, one) for one in (assessment.survey_id, chosen)]
        found.append({"label": _("Survey"), "before": names[0], "after": names[1]})
    for name, value in changed_options(assessment, form.options()).items():
        found.append({"label": str(OPTIONS[name]), "before": _said(known[name], value), "after": _said(value, value)})
    return found


def _said(value: Any, wanted: Any) -> str:
    """An option's value in words."""
    if isinstance(wanted, bool):
        return _("yes") if flag(value) else _("no")
    return str(value)


def _seen(assessment: Assessment) -> str:
    """Digest of the values in the form, to detect later changes."""
    shown = {name: assessment.workflow_options.get(name) for name in OPTIONS}
    text = json.dumps([assessment.survey_id, assessment.status, shown], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _form(request: MemberRequest, assessment: Assessment, form: EditAssessmentForm) -> HttpResponse:
    context = {"assessment": assessment, "form": form, "can_update": can_update(assessment)}
    failed = bool(form.errors) and "back" not in request.POST
    return render(request, "assessments/assessment_edit.html", context, status=422 if failed else 200)
