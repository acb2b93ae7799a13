"""The registry of sealed stores: every kind of sealed thing, registered by its owner from `AppConfig.ready`.

Rotation, verification and retirement of keys walk it. What is sealed without a store would be lost with its key.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from qxportal.security.errors import SealingError

Checked = tuple[int, list[str]]  # how many open, and what is wrong with the others


@dataclass(frozen=True)
class SealedStore:
    """All sealed things of one kind, and what can be done with them."""

    name: str  # in the plural, as operators read it
    count: Callable[[], Counter[str]]  # things per key id; those under no key lie in clear
    verify: Callable[[], Checked]
    rewrap: Callable[[], int] | None = None  # puts them under the newest key; None where they keep their key
    always_named: bool = False  # reported even where there are none


STORES: dict[str, SealedStore] = {}


def register(store: SealedStore) -> None:
    """Enter a store under its name."""
    STORES[store.name] = store


def open_each(things: Iterable[tuple[str, Callable[[], object]]]) -> Checked:
    """Try to open named things one after the other; counts those that open and describes the others."""
    good, problems = 0, []
    for name, attempt in things:
        try:
            attempt()
        except (SealingError, ValueError) as problem:
            problems.append(f"{name}: {problem}")
        else:
            good += 1
    return good, problems
