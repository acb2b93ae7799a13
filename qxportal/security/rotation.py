"""Moving what is sealed from one key to the next, opening all of it once, and retiring keys that nothing needs."""

import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from qxportal.security.errors import SealingError
from qxportal.security.key_ring import add_key, keys, newest_key
from qxportal.security.stores import STORES, Checked

RETIRE_AFTER = 15 * 60  # seconds: what began to seal with the older key has ended by then


def key_to_rotate_to() -> tuple[str, bool]:
    """The key that everything goes under, and whether it was made just now.

    While something lies under older keys an earlier rotation was stopped, or a key was added: that one is finished.
    """
    newest = newest_key()
    if all(set(STORES[name].count()) <= {newest} for name in _movable()):
        return add_key(), True
    return newest, False


def rotate() -> int:
    """Put all but what keeps its key under the newest key; gives how many things were moved."""
    return sum(rotate_each().values())


def rotate_each() -> dict[str, int]:
    """Put each store under the newest key, row by row; safe to repeat, to stop, and to run twice at once.

    Gives how many things of each store were moved; stores that keep their key are left out.
    """
    newest_key()  # an empty ring is said at once
    return {name: rewrap() for name, rewrap in _movable().items()}


def verify_everything() -> dict[str, Checked]:
    """What opens and what does not, for each store."""
    return {name: store.verify() for name, store in STORES.items()}


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
    for store in STORES.values():
        if used := store.count()[name]:
            way = "Run `keys rotate` first." if store.rewrap else "It has to stay until they are purged."
            raise SealingError(f"{name} still seals {store.name} ({used}). {way}")
    (Path(settings.KEYS) / name).unlink()


def _movable() -> dict[str, Callable[[], int]]:
    return {name: store.rewrap for name, store in STORES.items() if store.rewrap}
