"""Looking at the report of an assessment without opening anybody's: a fictional person with made-up figures."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from assessments.job_kinds import PREVIEW_REPORT
from assessments.models import ReportPreview
from assessments.report_previews import make_preview, makes_previews, preview_of
from assessments.sealed_previews import opened_preview
from assessments.views.context import find, page_context
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.core.downloads import as_download
from qxportal.core.filenames import file_name
from qxportal.core.languages import choices, name_of
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.selectors import refresh_of
from qxportal.security.errors import SealingError

HIGHEST = 999


class PreviewForm(forms.Form):
    """In which language the example is, and with which figures."""

    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=choices)
    number = forms.IntegerField(
        label=gettext_lazy("Example number"),
        min_value=1,
        max_value=HIGHEST,
        help_text=gettext_lazy("Each number stands for other made-up figures, and always for the same ones."),
    )


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def preview(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """The preview that was made last, and the form that has another one made."""
    assessment, problem = find(request.member, pk), ""
    made = preview_of(assessment)
    known = {"language": made.language, "number": made.seed} if made else {"language": get_language(), "number": 1}
    form = PreviewForm(request.POST or None, initial=known)
    if request.method == "POST" and form.is_valid():
        language, seed = form.cleaned_data["language"], str(form.cleaned_data["number"])
        try:
            make_preview(assessment, by=request.member, language=language, seed=seed)
        except ActionRefused as refusal:
            problem = str(refusal)
        else:
            messages.success(request, _("Making the preview…"))
            return redirect("assessments:report-preview", org.slug, pk)
    more = {
        "form": form,
        "problem": problem,
        "made": made,
        "made_language": name_of(made.language) if made else "",
        "job": refresh_of(org, PREVIEW_REPORT, str(assessment.pk)),
        "offered": makes_previews(org),
    }
    context = page_context(request.member, assessment, "reports") | more
    return render(request, "assessments/report_preview.html", context, status=422 if problem or form.errors else 200)


@require_GET
@member_of_org(Role.EDITOR)
def preview_file(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """The PDF of the preview that was made last."""
    assessment = find(request.member, pk)
    made = ReportPreview.objects.filter(org=org, assessment=assessment).first()
    if made is None:
        raise Http404
    try:
        content = opened_preview(made)
    except SealingError:
        messages.error(request, _("The preview cannot be opened on this server. Make it again."))
        return redirect("assessments:report-preview", org.slug, pk)
    return as_download(content, file_name([_("Example"), assessment.name], "pdf"))
