"""Headers of all responses of the site."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

Handler = Callable[[HttpRequest], HttpResponse]


def page_defaults(get_response: Handler) -> Handler:
    """Middleware that forbids caching and limits Referer headers, as a page's URL may be a personal link."""

    def handle(request: HttpRequest) -> HttpResponse:
        answer = get_response(request)
        answer.headers["Referrer-Policy"] = "no-referrer" if request.path.startswith("/l/") else "same-origin"
        answer.headers.setdefault("Cache-Control", "no-store, private")
        answer.headers["X-Robots-Tag"] = "noindex, nofollow"
        return answer

    return handle
