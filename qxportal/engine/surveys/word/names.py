"""Names of elements in a DOCX document, which a strict document spells in another way."""

from xml.etree.ElementTree import Element  # a type; defusedxml reads

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
STRICT = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
STRICT_M = "{http://purl.oclc.org/ooxml/officeDocument/math}"
OFF = ("0", "false", "off")


def value(element: Element | None) -> str:
    """What an element is set to."""
    return "" if element is None else element.get(f"{W}val", "")


def is_on(element: Element | None) -> bool | None:
    """Whether a switch is on; None where it is not there."""
    return None if element is None else value(element) not in OFF


def plain_names(element: Element) -> None:
    """Write the names of a strict document like those of any other."""
    for one in element.iter():
        one.tag = one.tag.replace(STRICT, W).replace(STRICT_M, M)
        for name in [name for name in one.attrib if name.startswith((STRICT, STRICT_M))]:
            one.set(name.replace(STRICT, W).replace(STRICT_M, M), one.attrib.pop(name))
