"""Stored report PDFs, encrypted per reader: deletion, and the store for key rotation.

Every change of a report's contents or readers deletes its PDFs in the same transaction. Printing reserves a row before
it reads any figure (`editions.stored_reports`), so a PDF that became outdated meanwhile is not stored.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import BinaryField, Exists, F, Func, OuterRef, Q

from qxportal.engine.models import Brand, Participant, Person, ReportAccess, StoredReport
from qxportal.security.envelope import HEAD_BYTES, key_of, rewrap, seal, unseal
from qxportal.security.key_ring import add_key, keys, newest_key
from qxportal.security.stores import Checked, SealedStore, open_each

PURPOSE = "printed-report"
KEEP = timedelta(days=30)
PRINTING = timedelta(minutes=15)  # longer than any printing


def forget(subjects: Q, readers: Q | None = None) -> None:
    """Delete the stored PDFs about these subjects (`readers`: only of these readers) in the caller's transaction.

    Locks the subjects' rows, so that printing that starts now reserves its row and reads after the caller's commit.
    """
    with transaction.atomic(using="engine"):
        persons = Participant.objects.filter(subjects).values("person")  # a later round's report compares with this one
        held = Participant.objects.select_for_update(no_key=True).filter(person__in=persons).order_by("pk")
        numbers = list(held.values_list("pk", flat=True))
        StoredReport.objects.filter(readers or Q(), subject__in=numbers).delete()


def forget_readers(people: Q) -> None:
    """Delete stored PDFs received by these people or about them; `people` filters persons."""
    found = Person.objects.filter(people).values("pk")
    subjects = Participant.objects.filter(
        Q(person__in=found) | Q(report_accesses__person__in=found) | Q(evaluations__evaluator__in=found)
    )
    forget(Q(pk__in=subjects.values("pk")), Q(person__in=found) | Q(subject__person__in=found))


def forget_brand(brand: Brand) -> None:
    """Delete all stored PDFs of a brand; the caller has locked the brand's row, so that printing waits."""
    StoredReport.objects.filter(brand=brand).delete()


def purge(now: datetime) -> None:
    """Delete old PDFs, abandoned reservations, and PDFs of readers whose access has ended."""
    ended = ReportAccess.objects.filter(subject=OuterRef("subject"), person=OuterRef("person"), until_at__lte=now)
    left = Q(content=None, reserved_at__lte=now - PRINTING)
    StoredReport.objects.filter(left | Q(reserved_at__lte=now - KEEP) | Q(Exists(ended))).delete()


def sealed(row: StoredReport, pdf: bytes) -> bytes:
    """The PDF encrypted with the newest key; creates the first key of an empty key ring."""
    if not keys():
        add_key()
    return seal(pdf, org_id=row.brand_id, purpose=PURPOSE, record_id=_bound(row))


def opened(row: StoredReport) -> bytes:
    """The decrypted PDF; raises SealingError."""
    return unseal(bytes(row.content or b""), org_id=row.brand_id, purpose=PURPOSE, record_id=_bound(row))


def _bound(row: StoredReport) -> str:
    """The associated data of an encrypted PDF, which binds the PDF to its row and reader."""
    return f"{row.pk}|{row.subject_id}|{row.person_id}|{row.key}"


# -- as a sealed store


def _count() -> Counter[str]:
    head = Func(F("content"), 1, HEAD_BYTES, function="substring", output_field=BinaryField())
    heads = StoredReport.objects.exclude(content=None).annotate(head=head).values_list("head", flat=True)
    return Counter(key_of(bytes(each)) for each in heads)


def _verify() -> Checked:
    return open_each((f"report {row.pk}", partial(opened, row)) for row in _each())


def _rewrap() -> int:
    newest, moved = newest_key(), 0
    for row in _each():
        blob = bytes(row.content or b"")
        if key_of(blob) != newest:
            fresh = rewrap(blob, org_id=row.brand_id, purpose=PURPOSE, record_id=_bound(row))
            moved += StoredReport.objects.filter(pk=row.pk, content=blob).update(content=fresh)
    return moved


def _each() -> Iterator[StoredReport]:
    """The PDFs one by one, to save memory; skips those deleted meanwhile."""
    for number in StoredReport.objects.exclude(content=None).order_by("pk").values_list("pk", flat=True):
        row = StoredReport.objects.filter(pk=number).first()
        if row is not None:
            yield row


STORE = SealedStore("printed reports", _count, _verify, _rewrap, always_named=True)
