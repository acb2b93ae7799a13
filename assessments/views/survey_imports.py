"""Surveys and translations from files, with the parts not understood, and transfer to another owner."""

import uuid

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from assessments.survey_forms import ImportSurveyForm, ImportTranslationsForm, TransferForm
from assessments.views.surveys import find
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of, mistyped
from qxportal.ledger.selectors import changes
from surveys.import_commands import import_survey, import_translations, transfer_survey
from surveys.selectors import surveys


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def start(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Create a survey from a file."""
    form = ImportSurveyForm(*_sent(request))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            change = import_survey(
                org,
                by=request.member,
                name=given["name"],
                kind=form.kind,
                content=given["file"].read(),
                activate=given["activate"],
                intent=intent_of(request.POST),
            )
        except ActionRefused as problem:
            form.add_error("name", str(problem))
        else:
            return redirect("assessments:survey-imported", org.slug, change.pk)
    return render(request, "surveys/survey_import.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
@member_of_org(Role.READER)
def imported(request: MemberRequest, org: Organisation, pk: uuid.UUID) -> HttpResponse:
    """The result of an import: the new survey, and the parts of the file not understood."""
    change = get_object_or_404(changes(request.member).filter(request="importSurvey"), pk=pk)
    made = surveys(org).filter(vendor_id=change.vendor_id).first() if change.vendor_id else None
    context = {"change": change, "survey": made, "unread": change.result.get("unread", [])}
    return render(request, "surveys/survey_imported.html", context)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def translations(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Set a survey's texts in other languages from a table."""
    found = find(org, pk)
    form = ImportTranslationsForm(*_sent(request))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            import_translations(
                found,
                by=request.member,
                content=given["file"],
                as_admin=given["as_admin"],
                intent=intent_of(request.POST),
            )
        except ActionRefused as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, _("Importing the translations…"))
            return redirect("assessments:survey", org.slug, pk)
    own = changes(request.member).filter(request="importSurveyTranslations", target=f"survey:{found.vendor_id}")
    context = {"survey": found, "form": form, "last": own.order_by("-number").first()}
    return render(request, "surveys/survey_translations.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.ADMIN)
def transfer(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Give a survey to another owner; its name is typed to confirm."""
    found = find(org, pk)
    form = TransferForm(request.POST if request.method == "POST" else None)
    errors = mistyped(request.POST, found.name) if request.method == "POST" else []
    if request.method == "POST" and form.is_valid() and not errors:
        try:
            transfer_survey(found, by=request.member, intent=intent_of(request.POST), **form.cleaned_data)
        except ActionRefused as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, _("Transferring the survey…"))
            return redirect("assessments:survey", org.slug, pk)
    context = {"survey": found, "form": form, "mistyped": errors}
    return render(request, "surveys/survey_transfer.html", context, status=422 if request.method == "POST" else 200)


def _sent(request: MemberRequest) -> tuple[QueryDict | None, "MultiValueDict[str, UploadedFile[bytes]] | None"]:
    """The fields and files of a submitted form."""
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)
