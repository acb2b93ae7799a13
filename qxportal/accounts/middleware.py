"""Middleware for every page: request limits, session expiry, the member’s language and time zone; no caching."""

import time
from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation

from qxportal.core.zones import known_zones
from qxportal.ui.terms import service_called

Handler = Callable[[HttpRequest], HttpResponse]
NOTE_EVERY = 60  # seconds between two updates of the last use, so that not every request writes the session


def body_size(get_response: Handler) -> Handler:
    """Refuse requests larger than any allowed file before reading a byte."""

    def handle(request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or int(length) > settings.BODY_MAX:
            return render(request, "413.html", {"most": settings.BODY_MAX // 1024**2}, status=413)
        return get_response(request)

    return handle


def page_defaults(get_response: Handler) -> Handler:
    """End sessions that are too old or idle, activate the user's language and zone, and keep pages out of caches."""
    zones = known_zones()

    def handle(request: HttpRequest) -> HttpResponse:
        if SESSION_KEY in request.session:
            _end_when_old(request)
        if language := getattr(request.user, "language", ""):
            translation.activate(language)
            request.LANGUAGE_CODE = language
        zone = getattr(request.user, "time_zone", "UTC")
        with service_called(""), timezone.override(ZoneInfo(zone if zone in zones else "UTC")):
            answer = get_response(request)
        if "Cache-Control" not in answer.headers:
            answer.headers["Cache-Control"] = "no-store, private"
        return answer

    return handle


def _end_when_old(request: HttpRequest) -> None:
    """Sign out users whose session is too old or was idle too long."""
    now, session = int(time.time()), request.session
    began, used = session.setdefault("began", now), session.setdefault("used", now)
    if max(began, used) > now + NOTE_EVERY:  # the clock was put back since: count from now on
        session["began"], session["used"] = min(began, now), min(used, now)
    if now - began > settings.SESSION_COOKIE_AGE or now - used > settings.SESSION_IDLE.total_seconds():
        logout(request)
    elif now - used > NOTE_EVERY:
        session["used"] = now
