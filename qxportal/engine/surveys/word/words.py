"""The text that a reader of a DOCX paragraph sees.

What was struck out or moved away, hidden text and the codes of fields are none; signs and formulas are written on
the line.
"""

from collections.abc import Iterator
from xml.etree.ElementTree import Element  # a type; defusedxml reads

from qxportal.engine.surveys.word.formulas import formula
from qxportal.engine.surveys.word.names import MC, M, W, is_on, value
from qxportal.engine.surveys.word.styles import Styles
from qxportal.engine.surveys.word.symbols import symbol

LEFT_OUT = {
    f"{W}moveFrom",
    f"{W}del",
    f"{MC}Fallback",
    f"{W}footnoteReference",
    f"{W}endnoteReference",
    f"{W}instrText",
    f"{W}delInstrText",
    f"{W}delText",
    f"{W}softHyphen",
    f"{W}rt",
    f"{W}pPr",
    f"{W}rPr",
}
SIGNS = {f"{W}br": "\n", f"{W}cr": "\n", f"{W}tab": " ", f"{W}ptab": " ", f"{W}noBreakHyphen": "-"}
SOFT_HYPHEN = "\u00ad"


class Words:
    """Reads one paragraph."""

    def __init__(self, styles: Styles, paragraph_style: str) -> None:
        self.styles = styles
        self.hidden_paragraph = styles.hides(paragraph_style)
        self.codes: list[bool] = []  # for each field that is open: whether its code is being read, not its result

    def of(self, element: Element) -> Iterator[str]:
        """The text inside an element."""
        for child in element:
            if child.tag in LEFT_OUT or (child.tag == f"{W}r" and self._hidden(child)):
                continue
            if child.tag == f"{W}fldChar":
                self._field(child.get(f"{W}fldCharType", ""))
            elif child.tag not in SHOWN:
                yield from self.of(child)
            elif not any(self.codes):
                yield self._shown(child)

    def _shown(self, element: Element) -> str:
        if element.tag == f"{W}t":
            return (element.text or "").replace(SOFT_HYPHEN, "")
        if element.tag == f"{W}sym":
            return symbol(element.get(f"{W}font", ""), element.get(f"{W}char", ""))
        return formula(element) if element.tag == f"{M}oMath" else SIGNS[element.tag]

    def _hidden(self, run: Element) -> bool:
        """Whether a run is hidden by itself or by its styles, of which two undo each other."""
        own = is_on(run.find(f"{W}rPr/{W}vanish"))
        if own is not None:
            return own
        return self.hidden_paragraph != self.styles.hides(value(run.find(f"{W}rPr/{W}rStyle")))

    def _field(self, kind: str) -> None:
        if kind == "begin":
            self.codes.append(True)
        elif self.codes and kind == "separate":
            self.codes[-1] = False
        elif self.codes and kind == "end":
            self.codes.pop()


SHOWN = {f"{W}t", f"{W}sym", f"{M}oMath", *SIGNS}
