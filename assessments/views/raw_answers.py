"""Answers with names: the switch, exports for administrators, imports from a file."""

import uuid
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from assessments.answer_exports import (
    Export,
    export_of,
    exports_of,
    forget_file,
    forget_files,
    opened_file,
    refuse_others,
    start_export,
)
from assessments.brand import brand_of
from assessments.models import Assessment
from assessments.raw_answers import MARGIN, allow, forbid, refuse_subjects
from assessments.request_fields import RequestForm
from assessments.responses_import import Preview, import_responses, preview
from assessments.selectors import all_assessments
from directory.imports import uploads
from directory.models import Upload
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Member, Organisation
from qxportal.accounts.roles import Role
from qxportal.core.downloads import as_download
from qxportal.core.filenames import file_name
from qxportal.core.tables.problems import TableProblem
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of, mistyped
from qxportal.ledger.models import Job
from qxportal.ledger.problems import reason_of
from qxportal.ledger.selectors import changes, unsettled
from qxportal.security.errors import SealingError
from qxportal.threesixty.calls.responses import GetLegacyResponseData
from qxportal.threesixty.catalogue import UPLOAD_LIMIT
from surveys.models import Survey
from surveys.selectors import surveys

KIND = "responses"  # of uploads that wait
SURVEY_FIELDS = (
    "StartDate",
    "EndDate",
    "Questions",
    "Labels",
    "ExportTags",
    "ExportQuestionIDs",
    "UnansweredRecode",
    "Limit",
    "Offset",
    "LastResponseID",
    "ResponseID",
    "ResponseSetID",
    "SubgroupID",
    "PanelID",
)  # the others would give answers that are not finished, places of people, or times without a zone


USUAL = {
    "StartDate": gettext_lazy("Finished after"),
    "EndDate": gettext_lazy("Finished before"),
    "Labels": gettext_lazy("Texts of choices in place of numbers"),
}


class AssessmentForm(forms.Form):
    """The choice of an assessment."""

    assessment = forms.ModelChoiceField(label=gettext_lazy("Assessment"), queryset=Assessment.objects.none())

    def __init__(self, *args: Any, org: Organisation, **options: Any) -> None:
        super().__init__(*args, **options)
        cast("forms.ModelChoiceField[Assessment]", self.fields["assessment"]).queryset = _assessments(org)


class ImportForm(AssessmentForm):
    """The assessment and the file of an import."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV of at most 8 MB, in the columns of an export of an assessment."),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt"}),
    )

    def clean_file(self) -> Any:
        """The uploaded file, checked for the format and size that the API accepts."""
        file = self.cleaned_data["file"]
        if file.size > UPLOAD_LIMIT:
            raise forms.ValidationError(_("The file is larger than 8 MB. Split it into several files."))
        return file


class SurveyForm(RequestForm):
    """The survey, and the filters of its responses."""

    def __init__(self, *args: Any, org: Organisation, **options: Any) -> None:
        super().__init__(GetLegacyResponseData, *args, **options)
        for name in set(self.fields) - {*SURVEY_FIELDS}:
            del self.fields[name]
            if name != "SurveyID":
                del self.parts[name]
        names = [(one.vendor_id, one.name) for one in surveys(org).only("vendor_id", "name")[:1_000]]
        survey = forms.ChoiceField(label=gettext_lazy("Survey"), choices=names)
        self.fields = {"SurveyID": survey, **self.fields}
        for name, label in USUAL.items():
            self.fields[name].label = label

    @property
    def usual(self) -> list[forms.BoundField]:
        """The fields that most members use."""
        return [self[name] for name in ("SurveyID", *USUAL)]

    @property
    def technical(self) -> list[forms.BoundField]:
        """The other fields, labelled with their names in the API."""
        return [self[name] for name in self.fields if name not in ("SurveyID", *USUAL)]


@require_http_methods(["GET", "POST"])
@member_of_org(Role.ADMIN)
def switch(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Whether administrators may export answers; an owner turns it on by typing."""
    problem, typed = "", []
    turning_on = "on" in request.POST
    if request.method == "POST":
        typed = mistyped(request.POST, org.name) if turning_on else []
        if turning_on and request.POST.get("told") != "1":
            problem = _("Confirm that evaluators are told.")
        if not typed and not problem:
            try:
                (allow if turning_on else forbid)(org, by=request.member, intent=intent_of(request.POST))
                forget_files(org)  # from earlier exports; whether answers may leave is checked again
            except ActionRefused as refusal:
                problem = str(refusal)
            else:
                words = _("Exports of answers are on.") if turning_on else _("Exports of answers are off.")
                messages.success(request, words)
                return redirect("assessments:raw-answers", org.slug)
    known = brand_of(org)
    told = known.raw_answers_since if known else None
    context = {
        "problem": problem,
        "mistyped": typed,
        "owner": request.member.role == Role.OWNER,
        "known": known,
        "told": told,
        "begun_from": _begun_from(org, told, knows=known is not None),
        "open_changes": unsettled(changes(request.member).filter(request="qxSetBrand")),
    }
    failed = bool(problem or typed)
    return render(request, "assessments/raw_answers.html", context, status=422 if failed else 200)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.ADMIN)
def export(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Choose an assessment or a survey for an export job; list the member's waiting files."""
    _refuse_off(org)
    of_survey = "survey" in request.POST
    posted = request.POST if request.method == "POST" else None
    chosen = {"assessment": request.GET.get("assessment", "")}
    form = AssessmentForm(None if of_survey else posted, org=org, initial=chosen)
    survey_form = SurveyForm(posted if of_survey else None, org=org)
    sent: forms.Form = survey_form if of_survey else form
    if request.method == "POST" and sent.is_valid():
        try:
            begun = _begin(request, form, survey_form, of_survey=of_survey)
        except ActionRefused as problem:
            sent.add_error(None, str(problem))
        else:
            if begun is not None:
                return redirect("assessments:answers-exported", org.slug, begun.target)
    known = brand_of(org)
    context = {
        "form": form,
        "survey_form": survey_form,
        "exports": exports_of(request.member),
        "begun_from": _begun_from(org, known.raw_answers_since if known else None, knows=known is not None),
    }
    return render(request, "assessments/raw_answers_export.html", context, status=422 if sent.errors else 200)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.ADMIN)
def exported(request: MemberRequest, org: Organisation, key: uuid.UUID) -> HttpResponse:
    """One export of the member: its progress, its file, and deletion of the file."""
    found = _export(request.member, key)
    try:
        refuse_others(found, request.member)
        if request.method == "POST":
            forget_file(found, by=request.member)
            messages.success(request, _("The file is deleted."))
            return redirect("assessments:answers-export", org.slug)
    except ActionRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("assessments:answers-export", org.slug)
    return render(request, "assessments/raw_answers_exported.html", {"export": found, "job": found.job})


@require_GET
@member_of_org(Role.ADMIN)
def exported_file(request: MemberRequest, org: Organisation, key: uuid.UUID) -> HttpResponse:
    """The file of an export, for the member who requested it."""
    found = _export(request.member, key)
    try:
        content = opened_file(found, by=request.member)
    except (ActionRefused, SealingError) as problem:
        messages.error(request, str(reason_of(problem)))
        return redirect("assessments:answers-export", org.slug)
    stamp = f"{timezone.localtime(found.job.finished_at):%Y-%m-%d %H.%M}"
    return as_download(content, file_name([str(found.job), stamp], "csv"), "text/csv; charset=utf-8")


@require_http_methods(["GET", "POST"])
@member_of_org(Role.ADMIN)
def import_start(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Choose an assessment and a file of responses."""
    _refuse_off(org)
    posted = request.method == "POST"
    chosen = {"assessment": request.GET.get("assessment", "")}
    form = ImportForm(*((request.POST, request.FILES) if posted else ()), org=org, initial=chosen)
    if posted and form.is_valid():
        assessment, file = form.cleaned_data["assessment"], form.cleaned_data["file"]
        try:
            refuse_subjects(assessment, request.member)
            upload, found = uploads.store(
                org, file.file, file.name, by=request.member, kind=KIND, target=assessment.vendor_id
            )
            preview(uploads.open_upload(upload), upload.name, found, assessment, request.member)
        except ActionRefused as problem:
            form.add_error("assessment", str(problem))
        except TableProblem as problem:
            form.add_error("file", str(problem))
        else:
            return redirect("assessments:responses-import-check", org.slug, upload.pk)
    return render(request, "assessments/responses_import.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.ADMIN)
def import_check(request: MemberRequest, org: Organisation, upload_pk: uuid.UUID) -> HttpResponse:
    """Preview of each row in the file; the number of rows is typed to confirm."""
    _refuse_off(org)
    upload = get_object_or_404(Upload, org=org, kind=KIND, pk=upload_pk)
    if not uploads.waits_for(upload, request.member):
        messages.error(
            request, _("Another member uploaded this file, or it was uploaded more than a day ago. Upload it again.")
        )
        return redirect("assessments:responses-import", org.slug)
    assessment = get_object_or_404(_assessments(org).select_related("org"), vendor_id=upload.target)
    problem = ""
    found = uploads.described(upload)
    try:
        rows = preview(uploads.open_upload(upload), upload.name, found, assessment, request.member)
    except TableProblem as refusal:
        rows, problem = Preview(()), str(refusal)
    typed = mistyped(request.POST, str(rows.taken)) if request.method == "POST" else []
    if request.method == "POST" and not typed and not problem:
        content = uploads.open_upload(upload).read().decode(found.reading.encoding or "utf-8")
        try:
            change = import_responses(assessment, content, rows, by=request.member, intent=intent_of(request.POST))
        except ActionRefused as refusal:
            problem = str(refusal)
        else:
            uploads.remove(upload)
            return redirect("ledger:change", org.slug, change.pk)
    context = {"upload": upload, "assessment": assessment, "rows": rows, "problem": problem, "mistyped": typed}
    failed = bool(problem or typed)
    return render(request, "assessments/responses_import_check.html", context, status=422 if failed else 200)


def _export(member: Member, key: uuid.UUID) -> Export:
    _refuse_off(member.org)
    found = export_of(member, key)
    if found is None:
        raise Http404
    return found


def _begin(request: MemberRequest, form: AssessmentForm, survey_form: SurveyForm, *, of_survey: bool) -> Job | None:
    """The job of an export; None with errors on the survey's form."""
    by, intent = request.member, intent_of(request.POST)
    if not of_survey:
        return start_export(form.cleaned_data["assessment"], by=by, intent=intent)
    call = cast(GetLegacyResponseData | None, survey_form.call())
    if call is None:
        return None
    survey = get_object_or_404(Survey.objects.select_related("org"), org=by.org, vendor_id=call.survey_id)
    return start_export(survey, call, by=by, intent=intent)


def _assessments(org: Organisation) -> QuerySet[Assessment]:
    return all_assessments(org).filter(gone_at=None).select_related("org").order_by("name", "pk")


def _begun_from(org: Organisation, told: Any, *, knows: bool) -> Any:
    if org.raw_answers_at is None or (knows and told is None):
        return None
    return max(org.raw_answers_at, told or org.raw_answers_at) + MARGIN


def _refuse_off(org: Organisation) -> None:
    if org.raw_answers_at is None:
        raise Http404
