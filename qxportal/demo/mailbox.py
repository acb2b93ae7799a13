"""The demo's mailbox: what would have left by mail, newest first, for members who are signed in."""

import email
import email.policy
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

MOST = 200
BETWEEN = b"-" * 79


@dataclass(frozen=True)
class MailFile:
    """One mail in the folder."""

    at: datetime
    to: str
    sender: str
    subject: str
    text: str


@require_safe
@login_required
def mailbox(request: HttpRequest) -> HttpResponse:
    """All mail of portal and engine, with its links, which can be opened here."""
    mails = sorted(mails_in(Path(settings.EMAIL_FILE_PATH)), key=lambda one: one.at, reverse=True)
    return render(request, "demo/mailbox.html", {"mails": mails[:MOST], "count": len(mails)})


def mails_in(folder: Path) -> Iterator[MailFile]:
    """The mails that Django's file backend wrote into a folder: one file per connection."""
    for path in folder.glob("*.log") if folder.is_dir() else ():
        at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        for raw in path.read_bytes().split(BETWEEN):
            if raw.strip():
                yield _read(raw.strip(b"\n"), at)


def _read(raw: bytes, at: datetime) -> MailFile:
    mail = email.message_from_bytes(raw, _class=EmailMessage, policy=email.policy.default)
    body = mail.get_body(("plain", "html"))
    text = str(body.get_content()) if body else ""
    return MailFile(at, str(mail["To"] or ""), str(mail["From"] or ""), str(mail["Subject"] or ""), text.strip())
