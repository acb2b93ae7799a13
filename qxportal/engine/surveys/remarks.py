"""Remarks on parts of a file that an import did not understand or may have misinterpreted."""

from dataclasses import dataclass, field

MOST = 100  # reported one by one


@dataclass(frozen=True, order=True)
class Remark:
    """A place in the file, and what the import did with it."""

    where: str
    what: str


@dataclass
class Remarks:
    """All distinct remarks on a file, in order."""

    found: dict[Remark, None] = field(default_factory=dict)

    def add(self, where: str, what: str) -> None:
        """Add a remark."""
        self.found.setdefault(Remark(where[:120], what[:200]))

    def told(self) -> list[Remark]:
        """The first remarks, and the number of further ones."""
        listed = list(self.found)
        if len(listed) <= MOST:
            return listed
        return [*listed[:MOST], Remark("The file", f"there are {len(listed) - MOST} more remarks.")]
