"""The registry of sealed stores: every kind of sealed record, registered by its owner from `AppConfig.ready`.

Key rotation, verification and retirement cover all stores. A record sealed without a store is lost with its key.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from qxportal.security.errors import SealingError

Checked = tuple[int, list[str]]  # number that open, and the problems of the others


@dataclass(frozen=True)
class SealedStore:
    """All sealed records of one kind, with the operations on them."""

    name: str  # plural name for operators
    count: Callable[[], Counter[str]]  # records per key id; an empty id counts records in the clear
    verify: Callable[[], Checked]
    rewrap: Callable[[], int] | None = None  # moves records under the newest key; None if they keep their keys
    always_named: bool = False  # reported even if empty


STORES: dict[str, SealedStore] = {}


def register(store: SealedStore) -> None:
    """Register a store under its name."""
    STORES[store.name] = store


def open_each(things: Iterable[tuple[str, Callable[[], object]]]) -> Checked:
    """Try to open named records in turn; counts those that open and describes the others' problems."""
    good, problems = 0, []
    for name, attempt in things:
        try:
            attempt()
        except (SealingError, ValueError) as problem:
            problems.append(f"{name}: {problem}")
        else:
            good += 1
    return good, problems
