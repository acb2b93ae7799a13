"""Releasing a subject's report on the server's site: to whom, from which day until which, and taking that back."""

from datetime import date, datetime, time, timedelta

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from assessments.editions import facts_of_one
from assessments.fence import is_own
from assessments.models import Subject
from assessments.report_access import has_site, site_readers
from assessments.report_access_commands import candidates, reader_of, release_on_site, withdraw_on_site
from assessments.views.context import own_page
from assessments.views.subjects import find_subject
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of


class SiteReleaseForm(forms.Form):
    """From which day until which a report can be opened; without a last day it stays open."""

    first = forms.DateField()
    last = forms.DateField(required=False)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.ADMIN)
def release(request: MemberRequest, org: Organisation, pk: int, subject_pk: int) -> HttpResponse:
    """Choose readers and dates of a release, with a preview of what the report would show."""
    subject = find_subject(org, pk, subject_pk)
    if is_own(request.member, subject):
        return own_page(request, subject, status=403)
    found = candidates(subject)
    chosen = [one for one in found if one.key in request.POST.getlist("reader")]
    form, problem = SiteReleaseForm(request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        first, last = form.cleaned_data["first"], form.cleaned_data["last"]
        try:
            release_on_site(
                subject,
                chosen,
                by=request.member,
                from_at=_begins(first),
                until_at=_midnight(last + timedelta(days=1)) if last else None,
                unfinished=request.POST.get("unfinished") == "on",
                intent=intent_of(request.POST),
            )
        except ActionRefused as refusal:
            problem = str(refusal)
        else:
            names = ", ".join(one.name for one in chosen)
            messages.success(request, _("Releasing the report to %(names)s…") % {"names": names})
            return redirect("assessments:subject", org.slug, pk, subject_pk)
    context = {
        "assessment": subject.assessment,
        "subject": subject,
        "form": form,
        "first": request.POST.get("first") or timezone.localdate().isoformat(),
        "has_site": has_site(subject.assessment),
        "candidates": found,
        "chosen": [one.key for one in chosen],
        "readers": site_readers(subject),
        "facts": facts_of_one(subject),
        "done": subject.status == Subject.Status.DONE,
        "approval": bool((subject.assessment.workflow_options or {}).get("ReportApproval")),
        "problem": problem,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "assessments/site_release.html", context, status=status)


@require_POST
@member_of_org(Role.ADMIN)
def withdraw(request: MemberRequest, org: Organisation, pk: int, subject_pk: int) -> HttpResponse:
    """Let one person open the report on the site no longer."""
    subject = find_subject(org, pk, subject_pk)
    if is_own(request.member, subject):
        return own_page(request, subject, status=403)
    reader = reader_of(subject, request.POST.get("reader", ""))
    try:
        if reader is None:
            raise ActionRefused(_("This person has no access that could be withdrawn."))
        withdraw_on_site(subject, reader, by=request.member, intent=intent_of(request.POST))
    except ActionRefused as refusal:
        messages.error(request, str(refusal))
    else:
        name = reader.name if reader else ""
        messages.success(request, _("Withdrawing the report from %(name)s…") % {"name": name})
    return redirect("assessments:subject", org.slug, pk, subject_pk)


def _begins(day: date) -> datetime:
    """Now, or the beginning of a later day."""
    now = timezone.now().replace(microsecond=0)
    return max(now, _midnight(day))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
