"""What the styles of a DOCX document say: to which list a paragraph belongs, and whether its text is hidden."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from xml.etree.ElementTree import Element  # a type; defusedxml reads

from qxportal.engine.surveys.word.archive import Archive
from qxportal.engine.surveys.word.names import STRICT, W, is_on, plain_names, value

STYLES = "word/styles.xml"
DEEPEST = 20
T = TypeVar("T")


@dataclass
class Styles:
    """The styles by their ids; one says what the style that it is based on says, unless it says something else."""

    lists: dict[str, str] = field(default_factory=dict)
    switches: dict[str, bool] = field(default_factory=dict)
    based_on: dict[str, str] = field(default_factory=dict)

    def list(self, style: str) -> str:
        """The number of its list; empty where it has none."""
        return _inherited(style, self.lists, self.based_on) or ""

    def hides(self, style: str) -> bool:
        """Whether text of this style is hidden."""
        return bool(_inherited(style, self.switches, self.based_on))

    def take(self, element: Element) -> None:
        """Read one style."""
        plain_names(element)
        id = element.get(f"{W}styleId", "")
        number = element.find(f"{W}pPr/{W}numPr/{W}numId")
        if number is not None:
            self.lists[id] = value(number)
        hidden = is_on(element.find(f"{W}rPr/{W}vanish"))
        if hidden is not None:
            self.switches[id] = hidden
        self.based_on[id] = value(element.find(f"{W}basedOn"))


def _inherited(style: str, said: Mapping[str, T], based_on: Mapping[str, str]) -> T | None:
    for _ in range(DEEPEST):
        if style in said:
            return said[style]
        style = based_on.get(style, "")
    return None


def read(archive: Archive) -> Styles:
    """The styles of a document, which may have none."""
    found = Styles()
    if archive.has(STYLES):
        archive.gather(STYLES, frozenset({f"{W}style", f"{STRICT}style"}), found.take)
    return found
