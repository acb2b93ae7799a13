"""What an import did not understand, or took otherwise than the file may mean it."""

from dataclasses import dataclass, field

MOST = 100  # that are told one by one


@dataclass(frozen=True, order=True)
class Remark:
    """A place in the file, and what became of what stands there."""

    where: str
    what: str


@dataclass
class Remarks:
    """All that there is to say about a file, each once, in the order of reading."""

    found: dict[Remark, None] = field(default_factory=dict)

    def add(self, where: str, what: str) -> None:
        """Note one."""
        self.found.setdefault(Remark(where[:120], what[:200]))

    def told(self) -> list[Remark]:
        """The first of them, and how many more there are."""
        listed = list(self.found)
        if len(listed) <= MOST:
            return listed
        return [*listed[:MOST], Remark("The file", f"there are {len(listed) - MOST} more remarks.")]
