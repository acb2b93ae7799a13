"""Moving sealed credentials from one key to the next, and retiring keys that nothing needs."""

import time
from collections import Counter
from pathlib import Path

from django.conf import settings
from django.db.models import BinaryField, F, Func

from qxportal.accounts.credentials import PURPOSE
from qxportal.accounts.models import Credential, Sealed
from qxportal.accounts.sealing import SealingError, add_key, key_of, keys, newest_key, rewrap, unseal
from qxportal.failpoints import failpoint

HEAD = 256  # bytes of a sealed file that tell its key
RETIRE_AFTER = 15 * 60  # seconds: what began to seal with the older key has ended by then


def count_by_key() -> Counter[str]:
    """How many credentials each key seals."""
    return Counter(key_of(bytes(c.sealed_token or b"")) for c in _sealed())


def count_reports_by_key() -> Counter[str]:
    """How many kept reports each key seals; their key stands at the head of each file."""
    counts: Counter[str] = Counter()
    root = Path(settings.REPORTS_ROOT)
    for path in root.rglob("*") if root.is_dir() else ():
        if path.is_file():
            with path.open("rb") as file:
                head = file.read(HEAD)
            try:
                counts[key_of(head)] += 1
            except SealingError:
                continue  # no key opens it, so none is needed for it
    return counts


def count_sealed_by_key() -> Counter[str]:
    """How many files and secrets of open changes each key seals."""
    head = Func(F("blob"), 1, HEAD, function="substring", output_field=BinaryField())
    return Counter(key_of(bytes(blob)) for blob in Sealed.objects.annotate(head=head).values_list("head", flat=True))


def key_to_rotate_to() -> tuple[str, bool]:
    """The key that everything goes under, and whether it was made just now.

    While credentials lie under older keys an earlier rotation was stopped, or a key was added: that one is finished.
    """
    newest = newest_key()
    if set(count_by_key()) <= {newest}:
        return add_key(), True
    return newest, False


def rotate() -> int:
    """Put every credential under the newest key, row by row; safe to repeat, to stop, and to run twice at once."""
    newest, moved = newest_key(), 0
    for credential in _sealed():
        blob = bytes(credential.sealed_token or b"")
        if key_of(blob) == newest:
            continue
        fresh = rewrap(blob, org_id=credential.org_id, purpose=PURPOSE, record_id=str(credential.pk))
        failpoint("rotation.rewrapped")
        moved += Credential.objects.filter(pk=credential.pk, sealed_token=blob).update(sealed_token=fresh)
        failpoint("rotation.moved")
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


def retire(name: str) -> None:
    """Delete a key that nothing needs any more; raises SealingError, with the reason, while something does."""
    if name not in keys():
        raise SealingError("Name a key of the ring; `keys status` lists them.")
    if name == newest_key():
        raise SealingError("The newest key is in use. Make another one first: `keys rotate`.")
    age = time.time() - (Path(settings.KEYS) / newest_key()).stat().st_mtime
    if age < RETIRE_AFTER:
        minutes = int((RETIRE_AFTER - age) // 60) + 1
        raise SealingError(f"Something may still be sealing with {name}. Try again in {minutes} minutes.")
    if used := count_by_key()[name]:
        raise SealingError(f"{name} still seals {used} credentials. Run `keys rotate` first.")
    if used := count_sealed_by_key()[name]:
        raise SealingError(f"{name} still seals files of {used} open changes; try again once they have settled.")
    if used := count_reports_by_key()[name]:
        raise SealingError(f"{name} still seals {used} reports; it has to stay until they are purged.")
    (Path(settings.KEYS) / name).unlink()


def _sealed() -> list[Credential]:
    return list(Credential.objects.exclude(sealed_token=None).select_related("org").order_by("pk"))
