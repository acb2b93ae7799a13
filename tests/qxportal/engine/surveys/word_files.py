"""Makes DOCX documents for tests: paragraphs, lists and whatever else is in the archive."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>'
    '<Override PartName="/word/numbering.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.numbering+xml"/></Types>'
)
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="r1" Type="{OFFICE}/%s" Target="%s"/></Relationships>'
)
NUMBERED, BULLET = (1, 0), (2, 0)  # list, level
Paragraph = str | tuple[str, tuple[int, int]]


def docx(paragraphs: Sequence[Paragraph], *, parts: Mapping[str, str] | None = None, namespace: str = W) -> bytes:
    """A document; a paragraph in a list comes with the list and its level."""
    body = "".join(_paragraph(one) for one in paragraphs)
    levels = "".join(
        f'<w:abstractNum w:abstractNumId="{number}"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="{kind}"/>'
        f'<w:lvlText w:val="{mark}"/></w:lvl><w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/>'
        '<w:lvlText w:val="%2)"/></w:lvl></w:abstractNum>'
        for number, (kind, mark) in enumerate((("decimal", "%1."), ("bullet", "•")), start=1)
    )
    numbers = "".join(f'<w:num w:numId="{n}"><w:abstractNumId w:val="{n}"/></w:num>' for n in (1, 2))
    return archive(
        {
            "[Content_Types].xml": TYPES,
            "_rels/.rels": RELATIONS % ("officeDocument", "word/document.xml"),
            "word/_rels/document.xml.rels": RELATIONS % ("numbering", "numbering.xml"),
            "word/document.xml": f'<w:document xmlns:w="{namespace}"><w:body>{body}</w:body></w:document>',
            "word/numbering.xml": f'<w:numbering xmlns:w="{namespace}">{levels}{numbers}</w:numbering>',
            **(parts or {}),
        }
    )


def archive(parts: Mapping[str, str | bytes]) -> bytes:
    """A ZIP file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return out.getvalue()


def _paragraph(paragraph: Paragraph) -> str:
    text, listed = (paragraph, None) if isinstance(paragraph, str) else paragraph
    properties = ""
    if listed:
        properties = f'<w:pPr><w:numPr><w:ilvl w:val="{listed[1]}"/><w:numId w:val="{listed[0]}"/></w:numPr></w:pPr>'
    words = text if text.startswith("<w:") else f'<w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'
    return f"<w:p>{properties}{words}</w:p>"
