"""Moving sealed credentials from one key to the next."""

from collections import Counter

from qxportal.accounts.credentials import PURPOSE
from qxportal.accounts.models import Credential
from qxportal.accounts.sealing import SealingError, key_of, newest_key, rewrap, unseal


def count_by_key() -> Counter[str]:
    """How many credentials each key seals."""
    return Counter(key_of(bytes(c.sealed_token or b"")) for c in _sealed())


def rotate() -> int:
    """Put every credential under the newest key, row by row; safe to repeat, to stop, and to run twice at once."""
    newest, moved = newest_key(), 0
    for credential in _sealed():
        blob = bytes(credential.sealed_token or b"")
        if key_of(blob) == newest:
            continue
        fresh = rewrap(blob, org_id=credential.org_id, purpose=PURPOSE, record_id=str(credential.pk))
        moved += Credential.objects.filter(pk=credential.pk, sealed_token=blob).update(sealed_token=fresh)
    return moved


def verify() -> tuple[int, list[str]]:
    """How many credentials open, and what is wrong with the others."""
    good, problems = 0, []
    for credential in _sealed():
        blob = bytes(credential.sealed_token or b"")
        try:
            unseal(blob, org_id=credential.org_id, purpose=PURPOSE, record_id=str(credential.pk))
        except SealingError as problem:
            problems.append(f"{credential.org.slug}: {problem}")
        else:
            good += 1
    return good, problems


def _sealed() -> list[Credential]:
    return list(Credential.objects.exclude(sealed_token=None).select_related("org").order_by("pk"))
