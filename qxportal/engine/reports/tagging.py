"""Completes tagged PDFs of WeasyPrint: scopes of header cells, footers as artifacts, and languages of parts."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

LINE_BELOW = {"Type": "/Pagination"}


def name_languages() -> None:
    """Add the language of HTML elements to the PDF's structure; WeasyPrint sets only the document's.

    The library builds structure elements by one recursive function over boxes, which is wrapped here. `finish` cannot
    do this, because the boxes are gone by then.
    """
    import pydyf
    from weasyprint.pdf import tags

    build = tags._build_box_tree
    if getattr(build, "names_languages", False):
        return

    def build_with_language(box: Any, *rest: Any) -> Iterator[Any]:
        html = box.element if hasattr(box, "element") else None
        language = None if html is None or box.element_tag in ("html", "body") else html.attrib.get("lang")
        for element in build(box, *rest):
            if language and "Lang" not in element:
                element["Lang"] = pydyf.String(language)
            yield element

    build_with_language.names_languages = True  # type: ignore[attr-defined]
    tags._build_box_tree = build_with_language


def finish(_document: object, file: Any) -> None:
    """Complete a PDF just before it is written."""
    by_reference = {each.reference: each for each in file.objects if getattr(each, "reference", None)}
    elements = [each for each in file.objects if isinstance(each, dict) and each.get("Type") == "/StructElem"]
    _name_scopes(elements, by_reference)
    _take_out_footers(elements, by_reference, file)


def _name_scopes(elements: list[Any], by_reference: Mapping[Any, Any]) -> None:
    """Set the scope of each table header cell: column or row."""
    for each in elements:
        if each["S"] == "/TH":
            part = each
            while part["S"] not in ("/THead", "/TBody", "/Table"):
                part = by_reference[part["P"]]
            each["A"]["Scope"] = "/Column" if part["S"] == "/THead" else "/Row"


def _take_out_footers(elements: list[Any], by_reference: Mapping[Any, Any], file: Any) -> None:
    """Turn headers and footers into artifacts outside the structure tree, so that screen readers skip them."""
    inside = {kid for each in elements for kid in each["K"]}
    margins = [each for each in elements if each["S"] != "/Document" and each.reference not in inside]
    marks: defaultdict[Any, set[int]] = defaultdict(set)
    while margins:
        element = margins.pop()
        for kid in element["K"]:
            if isinstance(kid, int):
                marks[element["Pg"]].add(kid)
            else:
                margins.append(by_reference[kid])
        element.free = "f"
    root = by_reference[file.catalog["StructTreeRoot"]]
    numbers = by_reference[root["ParentTree"]]["Nums"]
    pages = {page: number for number, page in enumerate(file.page_references)}
    for page, found in marks.items():
        owners = numbers[2 * pages[page] + 1]
        for mark in found:
            owners[mark] = "null"
        content = by_reference[by_reference[page]["Contents"]].stream
        for place, token in enumerate(content):
            if isinstance(token, dict) and token.get("MCID") in found:
                content[place - 1] = "/Artifact"
                token.clear()
                token.update(LINE_BELOW)
