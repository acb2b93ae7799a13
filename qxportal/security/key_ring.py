"""The key ring: a folder with one file per key. The newest key seals; the others only open."""

import os
import re
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from qxportal.security.errors import SealingError

KEY_BYTES = 32
KEY_NAME = re.compile(r"k[0-9]{4}-[0-9a-f]{8}")


def add_key() -> str:
    """Create a key, which seals everything from now on; returns its id."""
    folder = Path(settings.KEYS)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    number = max((int(name[1:5]) for name in keys()), default=0) + 1
    name = f"k{number:04d}-{secrets.token_hex(4)}"
    draft = folder / f".{name}"  # a key appears complete or not at all
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(descriptor, "wb") as out:
        out.write(secrets.token_bytes(KEY_BYTES))
        out.flush()
        os.fsync(out.fileno())
    draft.rename(folder / name)
    return name


def keys() -> list[str]:
    """Ids of the ring's keys, oldest first."""
    folder = Path(settings.KEYS)
    return sorted(path.name for path in folder.iterdir() if KEY_NAME.fullmatch(path.name)) if folder.is_dir() else []


def newest_key() -> str:
    """Id of the sealing key; raises SealingError if the ring is empty."""
    ring = keys()
    if not ring:
        raise SealingError(f"The key ring {settings.KEYS} is empty. Make its first key with `manage.py keys init`.")
    return ring[-1]


def cipher_of(name: str) -> AESGCM:
    """Cipher of a key in the ring; raises SealingError if the key is missing or unusable."""
    path = Path(settings.KEYS) / name
    if not KEY_NAME.fullmatch(name) or not path.is_file():
        raise SealingError(f"The key {name} is not in the key ring {settings.KEYS}.")
    if path.stat().st_mode & 0o077:
        raise SealingError(f"The key file {path} can be read by others; set its mode to 0400.")
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise SealingError(f"The key file {path} cannot be read: {problem.strerror}.") from None
    if len(content) != KEY_BYTES:
        raise SealingError(f"The key file {path} does not hold {KEY_BYTES} bytes.")
    return AESGCM(content)
