"""Uploaded files: sealed in pieces while they wait, one for each member and import, deleted after a day."""

import hashlib
import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import BinaryIO

import msgspec
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from directory.models import Upload
from qxportal.accounts.models import Member, Organisation
from qxportal.core.tables.describe import describe
from qxportal.core.tables.reading import Description, Reading
from qxportal.security.sealed import forget, forget_older, keep, opened

PURPOSE = "upload"
KEPT = timedelta(days=1)
PIECE = 1024 * 1024
PIECES_HELD = 3  # decrypted pieces of one file kept in memory
ABOUT = "about"  # record of the file's description
NAME_LENGTH = 200


def store(
    org: Organisation, file: BinaryIO, name: str, *, by: Member, kind: str, target: str = "", pasted: bool = False
) -> tuple[Upload, Description]:
    """Seal a file, replacing the member’s earlier one for the import; raises TableProblem if it is no table."""
    found = describe(file, name)
    digest = hashlib.sha256()
    with transaction.atomic():
        for earlier in Upload.objects.filter(member=by, kind=kind, target=target):
            remove(earlier)
        name = name.replace("\x00", "")[:NAME_LENGTH]
        upload = Upload(org=org, member=by, kind=kind, target=target, name=name, pasted=pasted, size=0)
        for number, piece in enumerate(_pieces(file)):
            keep(org.pk, PURPOSE, {_record(upload, str(number)): piece})
            digest.update(piece)
            upload.size += len(piece)
        upload.sha256 = digest.hexdigest()
        upload.save()
        _keep_description(upload, found)
    return upload, found


def described(upload: Upload) -> Description:
    """The stored description of the file."""
    return msgspec.json.decode(opened(upload.org_id, PURPOSE, _record(upload, ABOUT)), type=Description)


def describe_again(upload: Upload, reading: Reading) -> Description:
    """Read the file again with the chosen encoding, sheet and header; store the description; raises TableProblem."""
    found = describe(open_upload(upload), upload.name, reading)
    with transaction.atomic():
        forget(upload.org_id, PURPOSE, [_record(upload, ABOUT)])
        _keep_description(upload, found)
    return found


def open_upload(upload: Upload) -> BinaryIO:
    """The file, decrypted piece by piece."""
    return io.BufferedReader(_Sealed(upload), PIECE // 4)


def waiting(member: Member, kind: str, target: str = "") -> QuerySet[Upload]:
    """The member’s waiting file for an import, unless it has expired."""
    return Upload.objects.select_related("org").filter(member=member, kind=kind, target=target, made_at__gt=_oldest())


def waits_for(upload: Upload, member: Member) -> bool:
    """Whether the file is the member's and has not expired."""
    return upload.member_id == member.pk and upload.made_at > _oldest()


def remove(upload: Upload) -> None:
    """Delete a file and its description."""
    records = [_record(upload, str(number)) for number in range(-(-upload.size // PIECE))]
    forget(upload.org_id, PURPOSE, [*records, _record(upload, ABOUT)])
    upload.delete()


def purge_uploads() -> int:
    """Delete expired files; returns their number."""
    number, _rows = Upload.objects.filter(made_at__lte=_oldest()).delete()
    forget_older(PURPOSE, _oldest())  # including those of deleted members and organisations
    return number


def _oldest() -> datetime:
    return timezone.now() - KEPT


def _keep_description(upload: Upload, found: Description) -> None:
    """Seal the description like the file, as its sample rows contain personal data."""
    keep(upload.org_id, PURPOSE, {_record(upload, ABOUT): msgspec.json.encode(found)})


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(PIECE):
        yield piece


def _record(upload: Upload, part: str) -> str:
    return f"{upload.pk}:{part}"


class _Sealed(io.RawIOBase):
    """A seekable reader of a sealed file, with few pieces decrypted at a time."""

    def __init__(self, upload: Upload) -> None:
        self.upload, self.place = upload, 0
        self.piece = lru_cache(PIECES_HELD)(self._piece)

    def _piece(self, number: int) -> bytes:
        return opened(self.upload.org_id, PURPOSE, _record(self.upload, str(number)))

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.place, io.SEEK_END: self.upload.size}[whence]
        self.place = max(base + offset, 0)
        return self.place

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        if self.place >= self.upload.size:
            return 0
        number, start = divmod(self.place, PIECE)
        read = self.piece(number)[start : start + len(buffer)]
        buffer[: len(read)] = read
        self.place += len(read)
        return len(read)
