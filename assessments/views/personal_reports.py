"""Pages for readers without an account: the personal link, the fields for the address and a code, and the report."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.models import ReportLink
from assessments.report_codes import ask_code, asks_code, takes_code
from assessments.report_links import enters, link_of, open_link, token_of
from qxportal.core.downloads import as_download
from qxportal.core.filenames import file_name
from qxportal.ledger.errors import ActionRefused

LINK, CODE, READER = "report-link", "report-code", "report-reader"  # cookies
SALT = "assessments.views.personal_reports"
CODE_SALT = f"{SALT}.code"
LINK_LASTS, CODE_LASTS, READER_LASTS = timedelta(hours=1), timedelta(minutes=30), timedelta(hours=12)
BROKEN = "-"  # token of an invalid link
WHOLE = re.compile(r"[\w:.-]{1,200}", re.ASCII)  # characters of a signed link


@require_safe
def link(request: HttpRequest, token: str) -> HttpResponse:
    """Store the token of a personal link in a cookie, so that no later URL contains the token."""
    answer = redirect("personal-report")
    _put(answer, LINK, token if WHOLE.fullmatch(token) else BROKEN, LINK_LASTS)
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """Ask once per device for the address that the link was mailed to, then offer the report; changes nothing."""
    followed = request.COOKIES.get(LINK)  # an ended link must not show the report of an earlier link
    found = link_of(followed) if followed else _entered(request)
    if found is None:
        return render(request, "assessments/personal_report_ended.html", status=410)
    with _words_of(found):
        return _asked(request, found)


def _asked(request: HttpRequest, found: ReportLink) -> HttpResponse:
    entered = _entered(request)
    if entered is not None and entered.pk == found.pk:
        return render(request, "assessments/personal_report.html", {"link": found})
    device = _device(request, found)
    if device:
        return _asked_for_code(request, found, device)
    typed, problem = request.POST.get("address", "").strip(), ""
    if request.method == "POST" and typed:
        try:
            if enters(found, typed):
                return _let_in(found, with_code=False) if not asks_code(found) else _send_code(found)
            problem = _("This is not the address that the mail was sent to. Check it and try again.")
        except ActionRefused as refusal:
            problem = str(refusal)
    context = {"link": found, "typed": typed, "problem": problem}
    return render(request, "assessments/personal_report_enter.html", context, status=422 if problem else 200)


def _asked_for_code(request: HttpRequest, found: ReportLink, device: str) -> HttpResponse:
    """Ask for the code mailed for this device; mail another one on request."""
    problem, sent = "", False
    try:
        if "again" in request.POST:
            ask_code(found, device)
            sent = True
        elif (typed := request.POST.get("code", "").strip()) and takes_code(found, device, typed):
            return _let_in(found, with_code=True)
        elif typed:
            problem = _("This is not the code. Check the newest mail and try again.")
    except ActionRefused as refusal:
        problem = str(refusal)
    context = {"link": found, "problem": problem, "sent": sent}
    return render(request, "assessments/personal_report_code.html", context, status=422 if problem else 200)


def _send_code(found: ReportLink) -> HttpResponse:
    """Mail a code for this device, which gets a cookie as its identity."""
    device = secrets.token_urlsafe(16)
    ask_code(found, device)
    answer = redirect("personal-report")
    _put(answer, CODE, signing.dumps([token_of(found), device], salt=CODE_SALT), CODE_LASTS)
    return answer


def _let_in(found: ReportLink, *, with_code: bool) -> HttpResponse:
    answer = redirect("personal-report")
    answer.delete_cookie(CODE, samesite="Lax")
    _put(answer, READER, signing.dumps([token_of(found), with_code], salt=SALT), READER_LASTS)
    return answer


def _device(request: HttpRequest, found: ReportLink) -> str:
    """The device's key, if this link's address was typed on it and a code is needed; otherwise empty."""
    try:
        token, device = signing.loads(request.COOKIES.get(CODE, ""), salt=CODE_SALT, max_age=CODE_LASTS)
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    known = link_of(token)
    return str(device) if known is not None and known.pk == found.pk and asks_code(found) else ""


@require_POST
def pdf(request: HttpRequest) -> HttpResponse:
    """The report, which counts as opened."""
    found = _entered(request)
    if found is None:
        return render(request, "assessments/personal_report_ended.html", status=410)
    with _words_of(found):
        try:
            content = open_link(found)
        except ActionRefused:
            problem = _("The report cannot be opened at the moment. Ask the sender of the link.")
            return render(request, "assessments/personal_report.html", {"link": found, "problem": problem}, status=409)
        name = file_name([_("Report"), found.report.assessment.name], "pdf")
    return as_download(content, name)


@contextmanager
def _words_of(link: ReportLink) -> Iterator[None]:
    """Activate the language and time zone of the organisation, as in its mails."""
    with translation.override(link.org.language), timezone.override(link.org.time_zone):
        yield


def _entered(request: HttpRequest) -> ReportLink | None:
    """The link whose address was recently typed on this device, and its code if one is needed."""
    try:
        token, with_code = signing.loads(request.COOKIES.get(READER, ""), salt=SALT, max_age=READER_LASTS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    found = link_of(token)
    return found if found is not None and (with_code or not asks_code(found)) else None


def _put(answer: HttpResponse, name: str, value: str, lasts: timedelta) -> None:
    answer.set_cookie(name, value, max_age=lasts, httponly=True, secure=settings.SESSION_COOKIE_SECURE, samesite="Lax")
