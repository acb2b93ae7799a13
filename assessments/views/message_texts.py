"""Writing the texts that mailings of an assessment send."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments.audience import audience_of
from assessments.brand import brand_of, server_mails
from assessments.fence import is_assessed_in
from assessments.mail_preview import preview
from assessments.mailing_forms import TextForm
from assessments.mailings import REMINDER
from assessments.message_texts import create_text, kind_of, set_text, shared_by, shown_name, texts_of
from assessments.models import Assessment, MessageText
from assessments.views.context import find
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of
from qxportal.mail.merge import KNOWN, LINK


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def new(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Write a new text."""
    assessment = find(request.member, pk)
    form = TextForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and "preview" not in request.POST and form.is_valid():
        wanted = {name: form.cleaned_data[name] for name in ("kind", "name", "texts")}
        try:
            create_text(assessment, by=request.member, intent=intent_of(request.POST), **wanted)
        except ActionRefused as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, _("Saving the text…"))
            return redirect("assessments:messages", org.slug, pk)
    context = {
        "assessment": assessment,
        "form": form,
        "fields": KNOWN,
        "link": LINK,
        "offered": server_mails(org),
        **_previewed(request, assessment, form, request.POST.get("kind", "")),
    }
    return render(request, "assessments/message_text.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def edit(request: MemberRequest, org: Organisation, pk: int, text_pk: int) -> HttpResponse:
    """Change a text."""
    assessment = find(request.member, pk)
    text = get_object_or_404(texts_of(assessment).select_related("assessment__org"), pk=text_pk)
    form = TextForm(request.POST if request.method == "POST" else None, known=text)
    if request.method == "POST" and "preview" not in request.POST and form.is_valid():
        texts = form.cleaned_data["texts"]
        try:
            set_text(text, by=request.member, texts=texts, intent=intent_of(request.POST))
        except ActionRefused as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, _("Saving the text…"))
            return redirect("assessments:messages", org.slug, pk)
    context = {
        "assessment": assessment,
        "form": form,
        "text": text,
        "name": shown_name(text),
        "shared": shared_by(text),
        "fields": KNOWN,
        "link": LINK,
        "offered": server_mails(org),
        **_previewed(request, assessment, form, kind_of(text) or REMINDER),
    }
    return render(request, "assessments/message_text.html", context, status=422 if form.errors else 200)


def _previewed(request: MemberRequest, assessment: Assessment, form: TextForm, kind: str) -> dict[str, Any]:
    """A preview of the text in the form, with the values of the first present recipient."""
    if "preview" not in request.POST or not form.is_valid():
        return {}
    brand, hidden = brand_of(assessment.org), is_assessed_in(request.member, assessment)
    seen = None if hidden else next(iter(audience_of(request.member, assessment, kind).reached), None)
    if seen is None or brand is None:
        return {"no_preview": True}
    text = MessageText(texts=form.cleaned_data["texts"])
    return {"preview": preview(request.member, assessment, kind, seen, brand, text)}
