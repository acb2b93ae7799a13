"""Moving sealed records from one key to the next, verifying that all open, and retiring unused keys."""

import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from qxportal.security.errors import SealingError
from qxportal.security.key_ring import add_key, keys, newest_key
from qxportal.security.stores import STORES, Checked

RETIRE_AFTER = 15 * 60  # seconds until work that began to seal with the older key has ended


def key_to_rotate_to() -> tuple[str, bool]:
    """The target key of a rotation, and whether it was just created.

    Records under older keys show that an earlier rotation was stopped, or a key was added: that rotation is completed.
    """
    newest = newest_key()
    if all(set(STORES[name].count()) <= {newest} for name in _movable()):
        return add_key(), True
    return newest, False


def rotate() -> int:
    """Move all records under the newest key, except in stores that keep their keys; returns their number."""
    return sum(rotate_each().values())


def rotate_each() -> dict[str, int]:
    """Move each store under the newest key, row by row; safe to repeat, to stop, and to run twice at once.

    Returns the number of moved records by store, without stores that keep their keys.
    """
    newest_key()  # fails at once on an empty ring
    return {name: rewrap() for name, rewrap in _movable().items()}


def verify_everything() -> dict[str, Checked]:
    """Records that open and records that do not, for each store."""
    return {name: store.verify() for name, store in STORES.items()}


def retire(name: str) -> None:
    """Delete a key that no record needs; raises SealingError with the reason while one does."""
    if name not in keys():
        raise SealingError("Name a key of the ring; `keys status` lists them.")
    if name == newest_key():
        raise SealingError("The newest key is in use. Make another one first: `keys rotate`.")
    age = time.time() - (Path(settings.KEYS) / newest_key()).stat().st_mtime
    if age < RETIRE_AFTER:
        minutes = int((RETIRE_AFTER - age) // 60) + 1
        raise SealingError(f"Something may still be sealing with {name}. Try again in {minutes} minutes.")
    for store in STORES.values():
        if used := store.count()[name]:
            way = "Run `keys rotate` first." if store.rewrap else "It has to stay until they are purged."
            raise SealingError(f"{name} still seals {store.name} ({used}). {way}")
    (Path(settings.KEYS) / name).unlink()


def _movable() -> dict[str, Callable[[], int]]:
    return {name: store.rewrap for name, store in STORES.items() if store.rewrap}
