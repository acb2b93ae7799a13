"""Sealed secrets and files, kept as long as they are needed."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from functools import partial

from django.db.models import BinaryField, F, Func

from qxportal.security.envelope import HEAD_BYTES, key_of, rewrap, seal, unseal
from qxportal.security.errors import SealingError
from qxportal.security.key_ring import newest_key
from qxportal.security.models import Sealed
from qxportal.security.stores import Checked, SealedStore, open_each

PURPOSES: set[str] = set()  # purposes that have a store


def keep(org_id: int, purpose: str, contents: Mapping[str, bytes]) -> None:
    """Seal each content under its record's name; raises KeyError for a purpose without a store."""
    if purpose not in PURPOSES:
        raise KeyError(purpose)  # a rotation would miss it
    Sealed.objects.bulk_create(
        Sealed(
            org_id=org_id,
            purpose=purpose,
            record=record,
            blob=seal(content, org_id=org_id, purpose=purpose, record_id=record),
        )
        for record, content in contents.items()
    )


def opened(org_id: int, purpose: str, record: str) -> bytes:
    """The contents kept; raises SealingError if they were deleted or cannot be opened."""
    kept = Sealed.objects.filter(org_id=org_id, purpose=purpose, record=record).first()
    if kept is None:
        raise SealingError("It was kept for a while only and is gone.")
    return unseal(bytes(kept.blob), org_id=org_id, purpose=purpose, record_id=record)


def forget(org_id: int, purpose: str, records: Collection[str]) -> None:
    """Delete sealed records."""
    if records:
        Sealed.objects.filter(org_id=org_id, purpose=purpose, record__in=records).delete()


def forget_older(purpose: str, moment: datetime) -> None:
    """Delete records of a purpose stored before a time, in all organisations."""
    Sealed.objects.filter(purpose=purpose, created_at__lte=moment).delete()


def store_of(purpose: str, name: str) -> SealedStore:
    """The store of all records kept for a purpose."""
    PURPOSES.add(purpose)
    return SealedStore(name, partial(_count, purpose), partial(_verify, purpose), partial(_rewrap, purpose))


def _count(purpose: str) -> Counter[str]:
    head = Func(F("blob"), 1, HEAD_BYTES, function="substring", output_field=BinaryField())
    heads = Sealed.objects.filter(purpose=purpose).annotate(head=head).values_list("head", flat=True)
    return Counter(key_of(bytes(each)) for each in heads)


def _verify(purpose: str) -> Checked:
    return open_each((f"{row.purpose} {row.record}", partial(_open, row)) for row in _each(purpose))


def _rewrap(purpose: str) -> int:
    newest, moved = newest_key(), 0
    for row in _each(purpose):
        blob = bytes(row.blob)
        if key_of(blob) != newest:
            fresh = rewrap(blob, org_id=row.org_id, purpose=row.purpose, record_id=row.record)
            moved += Sealed.objects.filter(pk=row.pk, blob=blob).update(blob=fresh)
    return moved


def _open(row: Sealed) -> bytes:
    return unseal(bytes(row.blob), org_id=row.org_id, purpose=row.purpose, record_id=row.record)


def _each(purpose: str) -> Iterator[Sealed]:
    """Each record in turn, as each may hold megabytes; records deleted meanwhile are skipped."""
    for number in Sealed.objects.filter(purpose=purpose).order_by("pk").values_list("pk", flat=True):
        row = Sealed.objects.filter(pk=number).first()
        if row is not None:
            yield row
