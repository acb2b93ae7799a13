"""Keeping secrets and files sealed for as long as they are needed."""

from collections.abc import Collection, Mapping

from qxportal.accounts.models import Organisation
from qxportal.security.envelope import seal, unseal
from qxportal.security.errors import SealingError
from qxportal.security.models import Sealed


def keep(org: Organisation, purpose: str, contents: Mapping[str, bytes]) -> None:
    """Seal each content under its record's name."""
    Sealed.objects.bulk_create(
        Sealed(
            org=org,
            purpose=purpose,
            record=record,
            blob=seal(content, org_id=org.pk, purpose=purpose, record_id=record),
        )
        for record, content in contents.items()
    )


def opened(org_id: int, purpose: str, record: str) -> bytes:
    """What was kept; raises SealingError where it was forgotten or cannot be opened."""
    kept = Sealed.objects.filter(org=org_id, purpose=purpose, record=record).first()
    if kept is None:
        raise SealingError("It was kept for a while only and is gone.")
    return unseal(bytes(kept.blob), org_id=org_id, purpose=purpose, record_id=record)


def forget(org_id: int, purpose: str, records: Collection[str]) -> None:
    """Delete what was kept."""
    if records:
        Sealed.objects.filter(org=org_id, purpose=purpose, record__in=records).delete()
