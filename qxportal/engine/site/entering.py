"""Sign-in: front page, personal link and the address that it was mailed to; and sign-out."""

import re

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from qxportal.engine.models import BrandLogo, PersonalLink
from qxportal.engine.people import devices
from qxportal.engine.people.personal_links import Invited, LinkEndedError, invited
from qxportal.engine.reports import colors
from qxportal.engine.site import tries
from qxportal.engine.site.visitors import Visitor, let_in, visitor_of

WHOLE = re.compile(r"[\w:.-]+", re.ASCII)  # characters of a signed link
COLOR = re.compile("[0-9a-f]{6}")
LINK_MINUTES = 60  # lifetime of the link's cookie until the address is typed


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """The front page: redirects signed-in devices to their tasks, and tells others what to do."""
    return redirect("site:tasks") if visitor_of(request) else render(request, "site/front.html")


@require_safe
def link(request: HttpRequest, token: str) -> HttpResponse:
    """Open a personal link: move it to a cookie, so that no further URL contains it. Mail scanners open it, too."""
    response = redirect("site:enter")
    response.set_cookie(
        f"{settings.SITE_COOKIE}-link",
        token if WHOLE.fullmatch(token) else "",  # incomplete, so it opens nothing
        max_age=LINK_MINUTES * 60,
        httponly=True,
        secure=settings.SITE_HTTPS,
        samesite="Lax",
    )
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest) -> HttpResponse:
    """Ask once per device for the address that the link was mailed to; GET changes nothing."""
    try:
        guest = invited(request.COOKIES.get(f"{settings.SITE_COOKIE}-link", ""))
    except LinkEndedError:
        return render(request, "site/link_ended.html", status=410)
    if (visitor := visitor_of(request)) and _came_by_such_a_link(visitor, guest):
        return _to_task(guest.task)
    typed, problem = request.POST.get("address", "").strip(), ""
    if request.method == "POST" and typed:
        if wait := tries.wait(request, guest.person):
            words = ngettext(
                "Too many attempts. Try again in %(n)s minute.", "Too many attempts. Try again in %(n)s minutes.", wait
            )
            problem = words % {"n": wait}
        elif tries.is_address(guest.person, typed):
            response = _to_task(guest.task)
            epoch = PersonalLink.objects.get(person=guest.person).address_epoch
            let_in(response, guest.person, guest.generation, devices.by_mail(epoch, test=guest.test))
            response.delete_cookie(f"{settings.SITE_COOKIE}-link", samesite="Lax")
            return response
        else:
            tries.count(request, guest.person)
            problem = _("This is not the address that the invitation was sent to. Check it and try again.")
    brand = guest.person.org_structure.brand
    page = {"brand": brand, "first_name": guest.person.first_name, "typed": typed, "problem": problem}
    return render(request, "site/enter.html", page, status=422 if problem else 200)


@require_safe
def logo(request: HttpRequest, key: str) -> HttpResponse:
    """A brand's logo by its hash: the URL cannot be guessed and changes with the logo."""
    found = BrandLogo.objects.filter(brand__logo_key=key).first() if key else None
    if found is None:
        raise Http404
    answer = HttpResponse(bytes(found.content), content_type="image/png")
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer


@require_safe
def color(request: HttpRequest, color: str) -> HttpResponse:
    """A style sheet with a colour made readable on light and dark pages; the URL names no brand."""
    if COLOR.fullmatch(color) is None:
        raise Http404
    light, dark = (_style(colors.readable(f"#{color}", on)) for on in (colors.SITE_LIGHT, colors.SITE_DARK))
    answer = HttpResponse(
        f"{light}\n@media screen and (prefers-color-scheme: dark) {{\n{dark}\n}}\n", content_type="text/css"
    )
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Sign this device out."""
    response = redirect("site:front")
    response.delete_cookie(settings.SITE_COOKIE, samesite="Lax")
    return response


def _came_by_such_a_link(visitor: Visitor, guest: Invited) -> bool:
    """Whether this device signed in by a link of the same kind (test or not), and not by a letter."""
    if (visitor.person_id, visitor.generation) != (guest.person.pk, guest.generation):
        return False
    return visitor.mark == devices.TEST if guest.test else not visitor.saw_others


def _to_task(task: str) -> HttpResponse:
    if task.startswith("RA_"):
        return redirect("site:report", task)
    return redirect("site:task", task) if task else redirect("site:tasks")


def _style(accent: str) -> str:
    chosen = f"color-mix(in srgb, {accent} 12%, var(--paper))"
    return f":root {{ --accent: {accent}; --chosen: {chosen} }}\n.report h2, .report .accent {{ color: {accent} }}"
