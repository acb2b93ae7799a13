"""Reports as files: complete and harmless, or refused."""

import base64
import re
from dataclasses import dataclass
from typing import Any

from qxportal.threesixty.errors import MalformedResponse

PDF_CAP = 50 * 1024 * 1024
WHITE = dict.fromkeys(map(ord, " \r\n\t"))


@dataclass(frozen=True)
class Link:
    """The PDF is at another URL; the client decides whether to fetch it.

    >>> pdf_in({"URL": "https://eu.qualtrics.com/report.pdf"})
    Link(url='https://eu.qualtrics.com/report.pdf')
    """

    url: str


def _spelled(name: str) -> str:
    """A pattern for a name in a PDF, where any character may be escaped: /J#61vaScript is /JavaScript."""
    return "".join(f"(?:{character}|#(?i:{ord(character):02x}))" for character in name)


ACTIVE = ("JavaScript", "Launch", "EmbeddedFile", "EmbeddedFiles")
FORBIDDEN = re.compile(rf"/(?:{'|'.join(map(_spelled, ACTIVE))})\b".encode())


def pdf_in(result: Any) -> bytes | Link:
    """The report in an envelope's Result: a link to it, or the file in Base64."""
    texts = [text for text in (result.values() if isinstance(result, dict) else [result]) if isinstance(text, str)]
    if link := next((text for text in texts if text.startswith(("http://", "https://"))), ""):
        return Link(link)
    content = max(texts, key=len, default="").translate(WHITE)
    if not content:
        raise MalformedResponse("The answer holds no report.")
    try:
        return check_pdf(base64.b64decode(content, validate=True))
    except ValueError:
        raise MalformedResponse("The answer holds a text that is no report.") from None


def check_pdf(body: bytes) -> bytes:
    """The same bytes if they are a complete and harmless PDF; raises MalformedResponse otherwise."""
    if len(body) > PDF_CAP:
        raise MalformedResponse("The report is larger than 50 MB.")
    if not body.startswith(b"%PDF-"):
        raise MalformedResponse("The report is no PDF.")
    if not body.rstrip(b"\r\n \t\x00").endswith(b"%%EOF"):
        raise MalformedResponse("The report is cut.")
    if FORBIDDEN.search(body):
        raise MalformedResponse("The report holds active content; it is not kept.")
    return body
