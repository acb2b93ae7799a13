"""Libraries: contents, uploads of images, and deletion of images and messages."""

import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from qxportal.accounts.credentials import client_for
from qxportal.accounts.models import Member, Organisation
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.jobs.limits import TooManyJobs
from qxportal.ledger.jobs.registry import job
from qxportal.ledger.jobs.run import start
from qxportal.ledger.models import Change, Job
from qxportal.ledger.outbox.handlers import ChangeHandler
from qxportal.ledger.outbox.intents import Intent, marked
from qxportal.ledger.outbox.record import record
from qxportal.threesixty.calls.base import Call
from qxportal.threesixty.calls.library import (
    DeleteLibraryGraphic,
    DeleteLibraryMessage,
    GetLibraryObjectIDs,
    UploadLibraryGraphic,
)
from qxportal.threesixty.records import LibraryObjects
from qxportal.ui.stored_messages import Message, gettext_stored
from surveys.job_kinds import READ_LIBRARY
from surveys.models import LibraryContent

KNOWN_KINDS = ("messages", "images", "graphics")
GROUP = "GR_"  # prefix of ids of user groups


def library_content(org: Organisation, library_id: str) -> LibraryContent | None:
    """A library's contents at its last refresh."""
    return LibraryContent.objects.filter(org=org, library_id=library_id).first()


def libraries_of_groups(org: Organisation) -> QuerySet[LibraryContent]:
    """Libraries of user groups that were read; no request lists others."""
    return LibraryContent.objects.filter(org=org, library_id__startswith=GROUP)


def groups_read(org: Organisation) -> list[str]:
    """User groups whose libraries were read, the latest first."""
    rows = libraries_of_groups(org).order_by("-seen_at", "library_id")
    return list(rows.values_list("library_id", flat=True))


def refresh_library(org: Organisation, library_id: str, *, by: Member | None, afresh: bool = False) -> Job:
    """Start a refresh of a library."""
    title = gettext_stored("Refresh of the library %(id)s", id=library_id)
    return start(org, READ_LIBRARY, by=by, target=library_id, title=title, afresh=afresh)


@job(READ_LIBRARY)
def read_library(job: Job) -> Message:
    """Mirror a library's contents (getLibraryObjectIDs); handler of its job."""
    as_of = timezone.now()
    with client_for(job.org) as threesixty:
        found = threesixty.call(GetLibraryObjectIDs(library_id=job.target))
    _keep(job.org, job.target, found, as_of)
    return gettext_stored("The library is up to date.")


def _keep(org: Organisation, library_id: str, found: LibraryObjects, as_of: datetime) -> None:
    facts: dict[str, Any] = {
        "graphics": dict(found.graphics),
        "messages": dict(found.messages),
        "others": {
            str(kind): {str(key): str(name) for key, name in held.items()}
            for kind, held in found.raw.items()
            if str(kind).lower() not in KNOWN_KINDS and isinstance(held, Mapping) and held
        },
    }
    with transaction.atomic():
        row, made = LibraryContent.objects.select_for_update().get_or_create(
            org=org, library_id=library_id, defaults={"seen_at": as_of, **facts}
        )
        if not made and row.seen_at <= as_of:
            LibraryContent.objects.filter(pk=row.pk).update(seen_at=as_of, **facts)


def upload_graphic(
    org: Organisation, library_id: str, *, by: Member, name: str, content: bytes, intent: uuid.UUID | None = None
) -> Change:
    """Upload an image to a library (uploadLibraryGraphic); a code at the end of its name identifies it on read-back."""
    try:
        call = UploadLibraryGraphic(library_id=library_id, description=name, file_contents=content)
    except ValueError:
        raise ActionRefused(_("Choose a PNG, JPEG, GIF or WebP image of at most 8 MB.")) from None
    title = gettext_stored("Upload the image “%(name)s”", name=name)
    return _record(org, call, f"library:{library_id}:{name}", title, by, intent)


def delete_object(
    org: Organisation, library_id: str, *, by: Member, kind: str, key: str, name: str, intent: uuid.UUID | None = None
) -> Change:
    """Delete an image or a message of a library permanently."""
    call: Call[None] = (
        DeleteLibraryGraphic(library_id=library_id, graphic_id=key)
        if kind == "graphics"
        else DeleteLibraryMessage(library_id=library_id, message_id=key)
    )
    title = (
        gettext_stored("Delete the image “%(name)s”", name=name or key)
        if kind == "graphics"
        else gettext_stored("Delete the message “%(name)s”", name=name or key)
    )
    return _record(org, call, f"library:{library_id}:{key}", title, by, intent)


def _record(
    org: Organisation, call: Call[Any], target: str, title: Message, by: Member, intent: uuid.UUID | None
) -> Change:
    intent = intent or uuid.uuid4()
    return record(org, Intent(id=intent, call=marked(call, intent), target=target[:200], title=title), by=by)


def _mirror(change: Change, as_of: datetime) -> None:
    with suppress(TooManyJobs):
        refresh_library(change.org, str(change.parameters["library_id"]), by=None, afresh=True)


LIBRARY_HANDLERS: dict[str, ChangeHandler] = {
    name: ChangeHandler(mirror=_mirror)
    for name in ("uploadLibraryGraphic", "deleteLibraryGraphic", "deleteLibraryMessage")
}
