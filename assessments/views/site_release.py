"""Releasing a subject's report on the server's site: readers, first and last day, and withdrawal."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from assessments.editions import facts_of_one
from assessments.fence import is_own
from assessments.forms import PeoplePickerForm
from assessments.gate import why_not_released
from assessments.report_access import has_site, site_readers
from assessments.report_access_commands import (
    candidates,
    candidates_among,
    editions_of,
    reader_of,
    release_on_site,
    withdraw_on_site,
)
from assessments.views.context import own_page
from assessments.views.subjects import find_subject
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of
from qxportal.ledger.history.as_of import start_of

MOST_NAMED = 30  # addresses that a refusal lists


class SiteReleaseForm(PeoplePickerForm):
    """Readers besides subject and manager, edition, first and last day; no last day: open-ended."""

    edition = forms.TypedChoiceField(label=gettext_lazy("Edition"), required=False, coerce=int, empty_value=None)
    first = forms.DateField()
    last = forms.DateField(required=False)

    def __init__(self, posted: QueryDict, *, org: Organisation, editions: Iterable[int]) -> None:
        super().__init__(posted, org=org)
        self.fields["addresses"].label = _("Other people")
        self.fields["addresses"].widget.attrs["rows"] = 2
        self.fields["addresses"].help_text = _(
            "E-mail addresses of people of the directory, such as a coach. They read the whole report, and the subject "
            "sees that they can."
        )
        named = [(str(number), _("Edition %(n)s") % {"n": number}) for number in editions]
        self.fields["edition"].choices = [("", _("The latest one, whenever they open it")), *named]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Each address is that of one person."""
        cleaned = super().clean()
        if self.unknown:
            words = ngettext(
                "No unique match for %(n)s address: %(addresses)s. Correct or remove it.",
                "No unique match for %(n)s addresses: %(addresses)s. Correct or remove them.",
                len(self.unknown),
            )
            self.add_error(
                "addresses", words % {"n": len(self.unknown), "addresses": ", ".join(self.unknown[:MOST_NAMED])}
            )
        return cleaned


@require_http_methods(["GET", "POST"])
@member_of_org(Role.ADMIN)
def release(request: MemberRequest, org: Organisation, pk: int, subject_pk: int) -> HttpResponse:
    """Choose readers and dates of a release, with a preview of the report."""
    subject = find_subject(org, pk, subject_pk)
    if is_own(request.member, subject):
        return own_page(request, subject, status=403)
    found = candidates(subject)
    ticked = [one for one in found if one.key in request.POST.getlist("reader")]
    form, problem = SiteReleaseForm(request.POST, org=org, editions=editions_of(subject)), ""
    if request.method == "POST" and form.is_valid():
        first, last = form.cleaned_data["first"], form.cleaned_data["last"]
        chosen = [*ticked, *candidates_among(subject, form.cleaned_data["people"])]
        try:
            release_on_site(
                subject,
                chosen,
                by=request.member,
                from_at=_begins(first),
                until_at=start_of(last + timedelta(days=1)) if last else None,
                unfinished=request.POST.get("unfinished") == "on",
                edition=form.cleaned_data["edition"],
                intent=intent_of(request.POST),
            )
        except ActionRefused as refusal:
            problem = str(refusal)
        else:
            names = ", ".join(dict.fromkeys(one.name for one in chosen))
            messages.success(request, _("Releasing the report to %(names)s…") % {"names": names})
            return redirect("assessments:subject", org.slug, pk, subject_pk)
    context = {
        "assessment": subject.assessment,
        "subject": subject,
        "form": form,
        "first": request.POST.get("first") or timezone.localdate().isoformat(),
        "has_site": has_site(subject.assessment),
        "candidates": found,
        "chosen": [one.key for one in ticked],
        "readers": site_readers(subject),
        "facts": facts_of_one(subject),
        "done": subject.status == subject.Status.DONE,
        "lacking": why_not_released(subject),
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
    return max(now, start_of(day))
