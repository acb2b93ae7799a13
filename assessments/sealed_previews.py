"""Previews of reports as a sealed store: each is sealed in its row, and deleted with its assessment."""

from collections import Counter
from collections.abc import Iterator
from functools import partial

from django.db.models import BinaryField, F, Func

from assessments.models import ReportPreview
from qxportal.security.envelope import HEAD_BYTES, key_of, rewrap, seal, unseal
from qxportal.security.key_ring import newest_key
from qxportal.security.stores import Checked, SealedStore, open_each

PURPOSE = "report-preview"


def sealed_preview(org_id: int, assessment_id: int, pdf: bytes) -> bytes:
    """A preview's PDF as its row keeps it."""
    return seal(pdf, org_id=org_id, purpose=PURPOSE, record_id=str(assessment_id))


def opened_preview(row: ReportPreview) -> bytes:
    """The PDF; raises SealingError if it cannot be opened."""
    return unseal(bytes(row.content), org_id=row.org_id, purpose=PURPOSE, record_id=str(row.assessment_id))


def _count() -> Counter[str]:
    head = Func(F("content"), 1, HEAD_BYTES, function="substring", output_field=BinaryField())
    heads = ReportPreview.objects.annotate(head=head).values_list("head", flat=True)
    return Counter(key_of(bytes(each)) for each in heads)


def _verify() -> Checked:
    return open_each((f"preview of assessment {row.assessment_id}", partial(opened_preview, row)) for row in _each())


def _rewrap() -> int:
    newest, moved = newest_key(), 0
    for row in _each():
        blob = bytes(row.content)
        if key_of(blob) != newest:
            fresh = rewrap(blob, org_id=row.org_id, purpose=PURPOSE, record_id=str(row.assessment_id))
            moved += ReportPreview.objects.filter(pk=row.pk, content=blob).update(content=fresh)
    return moved


def _each() -> Iterator[ReportPreview]:
    """Each preview in turn; one that was replaced meanwhile is read as it is, a deleted one is skipped."""
    for number in ReportPreview.objects.order_by("pk").values_list("pk", flat=True):
        row = ReportPreview.objects.filter(pk=number).first()
        if row is not None:
            yield row


PREVIEWS = SealedStore("report previews", _count, _verify, _rewrap)
