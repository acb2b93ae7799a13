"""File responses; the middleware keeps them out of caches, like all pages."""

from django.http import HttpResponse

from qxportal.core.filenames import attachment

PDF = "application/pdf"


def as_download(content: bytes | str, name: str, kind: str = PDF) -> HttpResponse:
    """A response that the browser saves under `name`; `kind` is its content type."""
    answer = HttpResponse(content, content_type=kind)
    answer.headers["Content-Disposition"] = attachment(name)
    return answer
