"""The organisation's brand: appearance, texts, and mail."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from assessments.brand import MINIMUMS, BrandFacts, brand_of, logo_address, server_mails
from assessments.brand_commands import (
    redirect_mail,
    refresh_brand,
    remove_logo,
    send_test_mail,
    set_brand,
    set_logo,
    set_minimums,
    turn_mail_off,
    turn_mail_on,
)
from assessments.brand_forms import BrandForm, LogoForm, MailOnForm, MinimumsForm, TestMailForm
from assessments.job_kinds import SYNC_BRAND
from assessments.thresholds import Minimums, raised_by, server_thresholds
from assessments.views.home import refreshing
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of
from qxportal.ledger.selectors import changes, refresh_of, unsettled

REQUESTS = ("qxSetBrand", "qxSendTestMail")
STALE, TEST_TAKES = timedelta(minutes=2), timedelta(minutes=2)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.ADMIN)
def brand(request: MemberRequest, org: Organisation) -> HttpResponse:
    """The brand's appearance, texts and mail status."""
    known = brand_of(org)
    if known is None or request.method == "GET":
        return _page(request, org, known)
    form = BrandForm(request.POST, known=known)
    if form.is_valid():
        try:
            set_brand(org, by=request.member, values=form.values(), intent=intent_of(request.POST))
        except ActionRefused as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, _("Saving the brand…"))
            return redirect("assessments:brand", org.slug)
    return _page(request, org, known, form=form)


@require_POST
@member_of_org(Role.ADMIN)
def minimums(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Change minimum numbers of answers; after a page about the effects if running assessments are affected."""
    known = brand_of(org)
    form = MinimumsForm(request.POST)
    if known is None or not server_thresholds(org) or not form.is_valid():
        return _page(request, org, known, minimums_form=form)
    wanted = Minimums(**form.cleaned_data)
    raised = raised_by(request.member, wanted)
    if raised.assessments and "confirmed" not in request.POST:
        return render(request, "assessments/minimums_confirm.html", {"wanted": form.cleaned_data, "raised": raised})
    try:
        set_minimums(org, by=request.member, wanted=wanted, intent=intent_of(request.POST))
    except ActionRefused as problem:
        form.add_error(None, str(problem))
        return _page(request, org, known, minimums_form=form)
    messages.success(request, _("Saving how many answers reports need…"))
    return redirect("assessments:brand", org.slug)


@require_POST
@member_of_org(Role.ADMIN)
def logo(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Show a logo in place of the name, or the name again."""
    known, removes, problem = brand_of(org), "remove" in request.POST, ""
    form = LogoForm() if removes else LogoForm(request.POST, request.FILES)
    if known is not None and (removes or form.is_valid()):
        intent = intent_of(request.POST)
        try:
            if removes:
                remove_logo(org, by=request.member, intent=intent)
            else:
                set_logo(org, by=request.member, file=form.cleaned_data["logo"], intent=intent)
        except ActionRefused as refusal:
            problem = str(refusal)
        else:
            messages.success(request, _("Removing the logo…") if removes else _("Saving the logo…"))
            return redirect("assessments:brand", org.slug)
    return _page(request, org, known, logo_form=form, logo_problem=problem)


@require_POST
@member_of_org(Role.ADMIN)
def test(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Have a test mail sent."""
    known = brand_of(org)
    form = TestMailForm(request.POST)
    if known is not None and form.is_valid():
        try:
            send_test_mail(org, by=request.member, intent=intent_of(request.POST), **form.cleaned_data)
        except ActionRefused as problem:
            form.add_error("address", str(problem))
        else:
            messages.success(request, _("Sending the test mail…"))
            return redirect("assessments:brand", org.slug)
    return _page(request, org, known, test_form=form)


@require_POST
@member_of_org(Role.ADMIN)
def turn_on(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Turn mail on, for all people or for the test address alone."""
    known = brand_of(org)
    if known is None:
        return _page(request, org, known)
    form = MailOnForm(request.POST, known=known)
    if form.is_valid():
        change = turn_mail_on if form.cleaned_data["mode"] == "on" else redirect_mail
        try:
            change(org, by=request.member, code=form.cleaned_data["code"], intent=intent_of(request.POST))
        except ActionRefused as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, _("Turning mail on…"))
            return redirect("assessments:brand", org.slug)
    return _page(request, org, known, on_form=form)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.ADMIN)
def turn_off(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Switch mail off, after a page about the effects."""
    problem = ""
    if request.method == "POST":
        try:
            turn_mail_off(org, by=request.member, intent=intent_of(request.POST))
        except ActionRefused as refusal:
            problem = str(refusal)
        else:
            messages.success(request, _("Turning mail off…"))
            return redirect("assessments:brand", org.slug)
    context = {"brand": brand_of(org), "problem": problem}
    return render(request, "assessments/mail_off.html", context, status=422 if problem else 200)


@require_POST
@member_of_org(Role.ADMIN)
def refresh(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Ask the server again, as a job."""
    return refreshing(request, org, lambda: refresh_brand(org, by=request.member))


def _rereads(org: Organisation, known: BrandFacts | None) -> str:
    """When the page reloads the facts by itself: soon during a test mail, now for old facts; empty: never."""
    now = timezone.now()
    waiting = [one for one in known.tests if one.state in ("queued", "sending")] if known else []
    if any(one.created_at and one.created_at > now - TEST_TAKES for one in waiting):
        return "soon"
    return "now" if server_mails(org) and (known is None or known.seen_at < now - STALE) else ""


def _page(
    request: MemberRequest,
    org: Organisation,
    known: BrandFacts | None,
    *,
    form: BrandForm | None = None,
    minimums_form: MinimumsForm | None = None,
    test_form: TestMailForm | None = None,
    on_form: MailOnForm | None = None,
    logo_form: LogoForm | None = None,
    logo_problem: str = "",
) -> HttpResponse:
    job = refresh_of(org, SYNC_BRAND)
    context: dict[str, Any] = {
        "brand": known,
        "sync": known,
        "offered": server_mails(org),
        "job": job,
        "rereads": "" if job or request.method == "POST" else _rereads(org, known),
        "open_changes": unsettled(changes(request.member).filter(request__in=REQUESTS)),
    }
    if known is not None:
        context |= {
            "form": form or BrandForm(known=known),
            "minimums_form": minimums_form or MinimumsForm(initial={name: getattr(known, name) for name in MINIMUMS}),
            "anonymous": server_thresholds(org),
            "test_form": test_form or TestMailForm(initial={"address": request.member.user.email}),
            "on_form": on_form or MailOnForm(known=known),
            "logo_form": logo_form or LogoForm(),
            "logo": logo_address(org),
            "logo_problem": logo_problem,
        }
    return render(request, "assessments/brand.html", context, status=422 if request.method == "POST" else 200)
