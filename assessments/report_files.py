"""The sealed files of reports: below REPORTS, each in the folder of its organisation, under a random name."""

import os
import secrets
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from django.conf import settings

from assessments.models import Report
from qxportal.security.envelope import HEAD_BYTES, key_of, seal, unseal
from qxportal.security.errors import SealingError
from qxportal.security.stores import Checked, SealedStore, open_each

PURPOSE = "report"


def write_file(org_id: int, content: bytes) -> str:
    """Seal a PDF into a new file; returns its name."""
    name = secrets.token_hex(16)
    path = path_of(org_id, name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    sealed = seal(content, org_id=org_id, purpose=PURPOSE, record_id=name)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(sealed)
    except OSError:  # a full disk took half of it
        path.unlink(missing_ok=True)
        raise
    return name


def read_file(org_id: int, name: str) -> bytes:
    """The PDF in a file; raises OSError if the file is missing, SealingError if it cannot be opened."""
    return unseal(path_of(org_id, name).read_bytes(), org_id=org_id, purpose=PURPOSE, record_id=name)


def path_of(org_id: int, name: str) -> Path:
    """Path of a file."""
    return Path(settings.REPORTS_ROOT) / str(org_id) / name


# -- as a sealed store: the files keep their key until they are purged


def _count() -> Counter[str]:
    """Number of files per key; the key's id is at the head of each file."""
    counts: Counter[str] = Counter()
    for path in _files():
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
        try:
            counts[key_of(head)] += 1
        except SealingError:
            continue  # no key opens it, so none is needed for it
    return counts


def _verify() -> Checked:
    """Verifies that files open; a missing file counts as a failure."""
    root = Path(settings.REPORTS_ROOT)
    good, problems = open_each((str(path.relative_to(root)), partial(_open, path)) for path in _files())
    return good, [*problems, *_missing()]


def _open(path: Path) -> None:
    folder = path.parent.name
    if not folder.isdecimal():
        raise SealingError("It lies in no organisation's folder.")
    try:
        read_file(int(folder), path.name)
    except OSError as problem:
        raise SealingError(f"It cannot be read: {problem.strerror}.") from None


def _missing() -> Iterator[str]:
    """Rows whose file is missing; files purged meanwhile are left out."""
    rows = Report.objects.order_by("pk").values_list("pk", "org_id", "org__slug", "version", "file")
    for pk, org_id, slug, version, name in rows.iterator():
        if not path_of(org_id, name).is_file() and Report.objects.filter(pk=pk, file=name).exists():
            yield f"report {pk} of {slug}, version {version}: Its file {org_id}/{name} is missing."


def _files() -> Iterator[Path]:
    root = Path(settings.REPORTS_ROOT)
    yield from (path for path in sorted(root.rglob("*") if root.is_dir() else ()) if path.is_file())


REPORTS = SealedStore("reports", _count, _verify)
