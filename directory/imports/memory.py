"""Remembered mapping of columns to fields, by column name."""

import hashlib
from collections.abc import Mapping, Sequence

from django.utils import timezone

from directory.imports.fields import squeezed
from directory.models import ColumnMemory
from qxportal.accounts.models import Organisation

MOST = 200  # limit of remembered headers per organisation


def remembered(org: Organisation, kind: str, header: Sequence[str]) -> dict[int, str] | None:
    """Fields chosen for such columns before."""
    found = ColumnMemory.objects.filter(org=org, kind=kind, signature=_signature(header)).first()
    return {int(place): field for place, field in found.columns.items()} if found else None


def remember(org: Organisation, kind: str, header: Sequence[str], columns: Mapping[int, str]) -> None:
    """Remember the mapping for the next file with the same columns."""
    kept = {"columns": {str(place): field for place, field in columns.items()}, "used_at": timezone.now()}
    ColumnMemory.objects.update_or_create(org=org, kind=kind, signature=_signature(header), defaults=kept)
    every = ColumnMemory.objects.filter(org=org).order_by("-used_at").values_list("pk", flat=True)
    ColumnMemory.objects.filter(pk__in=list(every[MOST : MOST + 50])).delete()


def _signature(header: Sequence[str]) -> str:
    return hashlib.sha256("\x1f".join(map(squeezed, header)).encode()).hexdigest()
