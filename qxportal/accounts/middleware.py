"""What every page gets: the member's time zone, and no caching."""

from collections.abc import Callable
from zoneinfo import ZoneInfo, available_timezones

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

Handler = Callable[[HttpRequest], HttpResponse]


def page_defaults(get_response: Handler) -> Handler:
    """Show times in the user's zone and keep pages out of caches."""
    zones = available_timezones()

    def handle(request: HttpRequest) -> HttpResponse:
        zone = getattr(request.user, "time_zone", "UTC")
        with timezone.override(ZoneInfo(zone if zone in zones else "UTC")):
            answer = get_response(request)
        if "Cache-Control" not in answer.headers:
            answer.headers["Cache-Control"] = "no-store, private"
        return answer

    return handle
