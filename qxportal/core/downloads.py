"""Files that a view answers with; the middleware keeps them out of caches, as it keeps all pages."""

from django.http import HttpResponse

from qxportal.core.filenames import attachment

PDF = "application/pdf"


def as_download(content: bytes | str, name: str, kind: str = PDF) -> HttpResponse:
    """An answer that the browser saves under this name; `kind` is its content type."""
    answer = HttpResponse(content, content_type=kind)
    answer.headers["Content-Disposition"] = attachment(name)
    return answer
