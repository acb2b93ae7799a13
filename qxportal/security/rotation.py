"""Moving what is sealed from one key to the next, opening all of it once, and retiring keys that nothing needs."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import BinaryField, F, Func

from qxportal.accounts.credentials import PURPOSE
from qxportal.accounts.models import Credential
from qxportal.accounts.second_factor import key_of_text, move, opened_text, rewrapped_text, texts_of
from qxportal.failpoints import failpoint
from qxportal.security.envelope import key_of, rewrap, unseal
from qxportal.security.errors import SealingError
from qxportal.security.key_ring import add_key, keys, newest_key
from qxportal.security.models import Sealed

HEAD = 256  # bytes of a sealed file that tell its key
RETIRE_AFTER = 15 * 60  # seconds: what began to seal with the older key has ended by then
REPORT = "report"  # the purpose of the files below REPORTS, each in the folder of its organisation

CREDENTIALS, FACTORS, CHANGES, REPORTS = "credentials", "second factors", "files of open changes", "reports"
Checked = tuple[int, list[str]]  # how many open, and what is wrong with the others


def count_by_key() -> Counter[str]:
    """How many credentials each key seals."""
    return Counter(key_of(bytes(c.sealed_token or b"")) for c in _credentials())


def count_factors_by_key() -> Counter[str]:
    """How many secrets of second factors each key seals; those under no key still lie in clear."""
    return Counter(key_of_text(text) for row in _factors() for text in texts_of(row.data))


def count_sealed_by_key() -> Counter[str]:
    """How many files and secrets of open changes each key seals."""
    head = Func(F("blob"), 1, HEAD, function="substring", output_field=BinaryField())
    return Counter(key_of(bytes(blob)) for blob in Sealed.objects.annotate(head=head).values_list("head", flat=True))


def count_reports_by_key() -> Counter[str]:
    """How many kept reports each key seals; their key stands at the head of each file."""
    counts: Counter[str] = Counter()
    for path in _report_files():
        with path.open("rb") as file:
            head = file.read(HEAD)
        try:
            counts[key_of(head)] += 1
        except SealingError:
            continue  # no key opens it, so none is needed for it
    return counts


COUNTS: dict[str, Callable[[], Counter[str]]] = {
    CREDENTIALS: count_by_key,
    FACTORS: count_factors_by_key,
    CHANGES: count_sealed_by_key,
    REPORTS: count_reports_by_key,
}
MOVED = (CREDENTIALS, FACTORS, CHANGES)  # by a rotation; reports keep their key


def key_to_rotate_to() -> tuple[str, bool]:
    """The key that everything goes under, and whether it was made just now.

    While something lies under older keys an earlier rotation was stopped, or a key was added: that one is finished.
    """
    newest = newest_key()
    if all(set(COUNTS[kind]()) <= {newest} for kind in MOVED):
        return add_key(), True
    return newest, False


def rotate() -> int:
    """Put all but reports under the newest key; gives how many were moved."""
    return sum(rotate_each().values())


def rotate_each() -> dict[str, int]:
    """Put all but reports under the newest key, row by row; safe to repeat, to stop, and to run twice at once.

    Gives how many of each kind were moved.
    """
    newest = newest_key()
    return {CREDENTIALS: _move_credentials(newest), FACTORS: _move_factors(), CHANGES: _move_sealed(newest)}


def verify() -> Checked:
    """How many credentials open, and what is wrong with the others."""
    return _open_each(
        (row.org.slug, lambda row=row: _open(row.sealed_token, row.org_id, PURPOSE, str(row.pk)))  # type: ignore[misc]
        for row in _credentials()
    )


def verify_everything() -> dict[str, Checked]:
    """The same for each kind of what is sealed."""
    return {CREDENTIALS: verify(), FACTORS: _verify_factors(), CHANGES: _verify_sealed(), REPORTS: _verify_reports()}


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
    for kind, count in COUNTS.items():
        if used := count()[name]:
            way = "Run `keys rotate` first." if kind in MOVED else "It has to stay until they are purged."
            raise SealingError(f"{name} still seals {used} {kind}. {way}")
    (Path(settings.KEYS) / name).unlink()


def _move_credentials(newest: str) -> int:
    moved = 0
    for credential in _credentials():
        blob = bytes(credential.sealed_token or b"")
        if key_of(blob) == newest:
            continue
        fresh = rewrap(blob, org_id=credential.org_id, purpose=PURPOSE, record_id=str(credential.pk))
        failpoint("rotation.rewrapped")
        moved += Credential.objects.filter(pk=credential.pk, sealed_token=blob).update(sealed_token=fresh)
        failpoint("rotation.moved")
    return moved


def _move_factors() -> int:
    return sum(move(Authenticator, row.pk, rewrapped_text) for row in _factors())


def _move_sealed(newest: str) -> int:
    moved = 0
    for row in _each_sealed():
        blob = bytes(row.blob)
        if key_of(blob) != newest:
            fresh = rewrap(blob, org_id=row.org_id, purpose=row.purpose, record_id=row.record)
            moved += Sealed.objects.filter(pk=row.pk, blob=blob).update(blob=fresh)
    return moved


def _verify_factors() -> Checked:
    return _open_each(
        (f"user {row.user_id}", lambda text=text: opened_text(text))  # type: ignore[misc]
        for row in _factors()
        for text in texts_of(row.data)
    )


def _verify_sealed() -> Checked:
    return _open_each(
        (f"{row.purpose} {row.record}", lambda row=row: _open(row.blob, row.org_id, row.purpose, row.record))  # type: ignore[misc]
        for row in _each_sealed()
    )


def _verify_reports() -> Checked:
    return _open_each(
        (str(path.relative_to(settings.REPORTS_ROOT)), lambda path=path: _open_report(path))  # type: ignore[misc]
        for path in _report_files()
    )


def _open_report(path: Path) -> None:
    folder = path.parent.name
    if not folder.isdecimal():
        raise SealingError("It lies in no organisation's folder.")
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise SealingError(f"It cannot be read: {problem.strerror}.") from None
    _open(content, int(folder), REPORT, path.name)


def _open(blob: bytes | None, org_id: int, purpose: str, record: str) -> None:
    unseal(bytes(blob or b""), org_id=org_id, purpose=purpose, record_id=record)


def _open_each(things: Iterator[tuple[str, Callable[[], object]]]) -> Checked:
    good, problems = 0, []
    for name, attempt in things:
        try:
            attempt()
        except (SealingError, ValueError) as problem:
            problems.append(f"{name}: {problem}")
        else:
            good += 1
    return good, problems


def _credentials() -> list[Credential]:
    return list(Credential.objects.exclude(sealed_token=None).select_related("org").order_by("pk"))


def _factors() -> list[Any]:
    return list(Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).order_by("pk"))


def _each_sealed() -> Iterator[Sealed]:
    """One after the other, since each may hold megabytes; one that was forgotten meanwhile is passed over."""
    for number in Sealed.objects.order_by("pk").values_list("pk", flat=True):
        row = Sealed.objects.filter(pk=number).first()
        if row is not None:
            yield row


def _report_files() -> Iterator[Path]:
    root = Path(settings.REPORTS_ROOT)
    yield from (path for path in sorted(root.rglob("*") if root.is_dir() else ()) if path.is_file())
