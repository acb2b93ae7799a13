"""What every answer of the site says, and the language and zone in which its pages are."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

Handler = Callable[[HttpRequest], HttpResponse]


def page_defaults(get_response: Handler) -> Handler:
    """Keep pages out of caches and the address of a page, which may be a personal link, out of every Referer."""

    def handle(request: HttpRequest) -> HttpResponse:
        answer = get_response(request)
        answer.headers["Referrer-Policy"] = "no-referrer" if request.path.startswith("/l/") else "same-origin"
        answer.headers.setdefault("Cache-Control", "no-store, private")
        answer.headers["X-Robots-Tag"] = "noindex, nofollow"
        return answer

    return handle
