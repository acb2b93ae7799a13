"""Signed-in devices: a signed cookie, set after the person typed the address that the link was mailed to, or the code
of a printed letter and a PIN."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from qxportal.engine.models import Person
from qxportal.engine.people.devices import TEST, mark_in
from qxportal.engine.people.personal_links import LinkEndedError, person_of

P = ParamSpec("P")
SALT = "qxportal.engine.site.device"
LASTS = timedelta(days=30)


@dataclass(frozen=True)
class Visitor:
    """A person at a device."""

    brand_id: int
    person_id: int
    generation: int
    device: str

    @property
    def mark(self) -> str:
        """How the device signed in, if answers of other devices are hidden from it; else empty (people/devices.py)."""
        return mark_in(self.device)

    @property
    def saw_others(self) -> bool:
        """Whether others may know the device's credential: the code of a letter, or the link of a test mail."""
        return self.mark == TEST or self.mark.startswith("L")

    def person(self) -> Person:
        """The person; raises LinkEndedError if access has ended."""
        return person_of(self.person_id, self.generation, brand=self.brand_id)


class SiteRequest(HttpRequest):
    """A request from a signed-in device."""

    visitor: Visitor
    person: Person


View = Callable[Concatenate[SiteRequest, P], HttpResponse]


def visitor_of(request: HttpRequest) -> Visitor | None:
    """The visitor of the cookie, without checking in the database that access is still valid."""
    try:
        brand, person, generation, device = signing.loads(
            request.COOKIES.get(settings.SITE_COOKIE, ""), salt=SALT, max_age=LASTS
        )
    except (signing.BadSignature, ValueError):
        return None
    return Visitor(brand, person, generation, device)


def let_in(response: HttpResponse, person: Person, generation: int, device: str, *, lasts: bool = True) -> None:
    """Sign the device in under its name; without `lasts` for the browser session."""
    response.set_cookie(
        settings.SITE_COOKIE,
        signing.dumps([person.org_structure.brand_id, person.pk, generation, device], salt=SALT),
        max_age=LASTS if lasts else None,
        httponly=True,
        secure=settings.SITE_HTTPS,
        samesite="Lax",
    )


def known(view: View[P]) -> Callable[..., HttpResponse]:
    """Decorator for signed-in devices; redirects others to the front page."""

    @wraps(view)
    def gate(request: SiteRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        visitor = visitor_of(request)
        try:
            if visitor is None:
                return redirect("site:front")
            request.visitor, request.person = visitor, visitor.person()
        except LinkEndedError:
            gone = redirect("site:front")
            gone.delete_cookie(settings.SITE_COOKIE, samesite="Lax")
            return gone
        timezone.activate(request.person.org_structure.brand.zone)
        return view(request, *args, **kwargs)

    return gate
