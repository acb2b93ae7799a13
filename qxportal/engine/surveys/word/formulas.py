"""Formulas of a document (m:oMath), written on one line: (a+b)/c, x^2, √(x)."""

from xml.etree.ElementTree import Element  # a type; defusedxml reads

from qxportal.engine.surveys.word.names import M

PROPERTIES = "Pr"


def formula(element: Element) -> str:
    """The formula as a reader would type it."""
    return "".join(_written(child) for child in element)


def _written(element: Element) -> str:
    name = element.tag.removeprefix(M)
    if name == "t":
        return element.text or ""
    if not element.tag.startswith(M) or name.endswith(PROPERTIES):
        return ""
    if name == "f":
        return f"{_group(element, 'num')}/{_group(element, 'den')}"
    if name in ("sSup", "sSub", "sSubSup"):
        low, high = (_group(element, part) for part in ("sub", "sup"))
        return _group(element, "e") + (f"_{low}" if low else "") + (f"^{high}" if high else "")
    if name == "rad":
        return f"{_part(element, 'deg')}√({_part(element, 'e')})"
    if name == "d":
        begin, end = (_sign(element, f"dPr/{M}{part}", usual) for part, usual in (("begChr", "("), ("endChr", ")")))
        inside = _sign(element, f"dPr/{M}sepChr", "|").join(formula(part) for part in element.iterfind(f"{M}e"))
        return f"{begin}{inside}{end}"
    if name == "nary":
        low, high = (_group(element, part) for part in ("sub", "sup"))
        sign = _sign(element, f"naryPr/{M}chr", "∫")
        return sign + (f"_{low}" if low else "") + (f"^{high}" if high else "") + f" {_part(element, 'e')}"
    return formula(element)


def _part(element: Element, name: str) -> str:
    found = element.find(f"{M}{name}")
    return "" if found is None else formula(found)


def _group(element: Element, name: str) -> str:
    """A part, in brackets where it is longer than one sign or number."""
    text = _part(element, name)
    return text if len(text) < 2 or text.isalnum() else f"({text})"


def _sign(element: Element, path: str, usual: str) -> str:
    found = element.find(f"{M}{path}")
    return usual if found is None else found.get(f"{M}val", "")
