"""Prints a reader's report once; after that the PDF comes from the encrypted store.

Reserve a row (commit) --> read figures and rights --> print --> encrypt into the row, if it still exists.
Every change of figures or rights deletes stored PDFs and reserved rows, see `people.stored_reports`. So a PDF is stored
only if nothing has changed since its figures were read.
"""

import logging
from collections.abc import Callable
from contextlib import suppress

from django.db import DatabaseError, connections, transaction

from qxportal.engine.models import Brand, Participant, Person, StoredReport
from qxportal.engine.people.stored_reports import opened, sealed
from qxportal.engine.reports.fingerprint import rendering_key
from qxportal.engine.reports.printing import print_aside
from qxportal.engine.reports.results import ReportData
from qxportal.security.errors import SealingError

log = logging.getLogger(__name__)

HOLD = (  # locks out concurrent changes of either
    f"SELECT brand.id FROM {Participant._meta.db_table} AS subject, {Brand._meta.db_table} AS brand"  # noqa: S608
    " WHERE subject.id = %s AND brand.id = %s FOR SHARE"
)


def pdf_for(
    subject: Participant, reader: Person, report: ReportData, read: Callable[[], ReportData], *, brand: int
) -> tuple[ReportData, bytes]:
    """A subject's report for a reader, and its PDF; raises BusyError if the PDF is not ready in time.

    `report`: the one that the reader may have; `read` rereads it as it is now, or raises if the reader may no longer
    have it.
    """
    if (stored := _stored(subject, reader, report)) is not None:
        return report, stored
    place = _reserve(brand, subject, reader)
    try:
        report = read()
        pdf = print_aside(report)
    except BaseException:
        if place:
            StoredReport.objects.filter(pk=place.pk).delete()
        raise
    if place:
        _keep(place, rendering_key(report), pdf)
    return report, pdf


def _stored(subject: Participant, reader: Person, report: ReportData) -> bytes | None:
    row = StoredReport.objects.filter(
        subject=subject, person=reader, key=rendering_key(report), content__isnull=False
    ).first()
    if row is None:
        return None
    try:
        return opened(row)
    except (SealingError, OSError) as problem:  # its key is on another machine, or lost: print again
        log.warning("A stored report cannot be opened: %s", problem)
        return None


def _reserve(brand: int, subject: Participant, reader: Person) -> StoredReport | None:
    """Reserve a row for the PDF that is printed next; None if no PDF can be stored."""
    try:
        with transaction.atomic(using="engine"):
            _hold(subject.pk, brand)
            return StoredReport.objects.create(brand_id=brand, subject=subject, person=reader)
    except DatabaseError as problem:
        log.warning("No place for a printed report: %s", type(problem).__name__)
        return None


def _keep(place: StoredReport, key: str, pdf: bytes) -> None:
    """Encrypt a PDF into its row, replacing the reader's earlier PDF; errors never keep the PDF from the reader."""
    place.key = key
    mine = StoredReport.objects.filter(pk=place.pk)
    try:
        content = sealed(place, pdf)
        with transaction.atomic(using="engine"):
            _hold(place.subject_id, place.brand_id)
            same = StoredReport.objects.filter(subject=place.subject_id, person=place.person_id)
            same.exclude(content=None).delete()
            mine.update(key=key, content=content)
    except (DatabaseError, SealingError, OSError) as problem:  # another printing was faster, the disk is full
        log.warning("A printed report was not stored: %s", type(problem).__name__)
        with suppress(DatabaseError):
            mine.delete()


def _hold(subject: int, brand: int) -> None:
    """Lock the rows that deletions of stored PDFs lock, until the transaction ends."""
    with connections["engine"].cursor() as cursor:
        cursor.execute(HOLD, [subject, brand])
