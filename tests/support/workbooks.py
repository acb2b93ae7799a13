"""Small workbooks, written part by part: what spreadsheet programs write, and what nobody should send."""

import io
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts count="1">'
    '<numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd hh:mm"/></numFmts>'
    '<cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/>'
    '<xf numFmtId="164" applyNumberFormat="1"/></cellXfs></styleSheet>'
)
ODS = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0">'
    "<office:body><office:spreadsheet>%s</office:spreadsheet></office:body></office:document-content>"
)


def text(reference: str, words: str) -> str:
    """A cell of text."""
    return f'<c r="{reference}" t="inlineStr"><is><t xml:space="preserve">{escape(words)}</t></is></c>'


def row(number: int, *cells: str | float, attributes: str = "") -> str:
    """A row of cells from column A on: texts, numbers, and what begins with "<" as it is."""
    made = []
    for place, cell in enumerate(cells):
        reference = f"{chr(ord('A') + place)}{number}"
        if isinstance(cell, str):
            made.append(cell.replace("HERE", reference) if cell.startswith("<") else text(reference, cell))
        else:
            made.append(f'<c r="{reference}"><v>{cell}</v></c>')
    return f'<row r="{number}" {attributes}>{"".join(made)}</row>'


def xlsx(
    sheets: Mapping[str, str] | str, *, hidden: tuple[str, ...] = (), parts: Mapping[str, str] | None = None
) -> bytes:
    """A workbook with those rows in each sheet; `<cols>` may stand before them; `parts` are added or replace ours."""
    sheets = {"People": sheets} if isinstance(sheets, str) else sheets
    listed, links, made = [], [], {}
    for number, (name, rows) in enumerate(sheets.items(), start=1):
        state = ' state="hidden"' if name in hidden else ""
        listed.append(f'<sheet name={quoteattr(name)} sheetId="{number}"{state} r:id="rId{number}"/>')
        links.append(
            f'<Relationship Id="rId{number}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        )
        columns, rows = rows.split("</cols>") if "</cols>" in rows else ("", rows)
        columns += "</cols>" if columns else ""
        made[f"xl/worksheets/sheet{number}.xml"] = (
            f'<worksheet xmlns="{MAIN}">{columns}<sheetData>{rows}</sheetData></worksheet>'
        )
    links.append(f'<Relationship Id="rIdS" Type="{OFFICE}/styles" Target="styles.xml"/>')
    made["_rels/.rels"] = (
        f'<Relationships xmlns="{PACKAGE}">'
        f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
        "</Relationships>"
    )
    made["xl/workbook.xml"] = (
        f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{"".join(listed)}</sheets></workbook>'
    )
    made["xl/_rels/workbook.xml.rels"] = f'<Relationships xmlns="{PACKAGE}">{"".join(links)}</Relationships>'
    made["xl/styles.xml"] = STYLES
    return archive({**made, **(parts or {})})


def ods(sheets: Mapping[str, str] | str, *, manifest: str = "<manifest/>") -> bytes:
    """A workbook with those rows in each table."""
    sheets = {"People": sheets} if isinstance(sheets, str) else sheets
    tables = [f"<table:table table:name={quoteattr(name)}>{rows}</table:table>" for name, rows in sheets.items()]
    return archive(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": ODS % "".join(tables),
            "META-INF/manifest.xml": manifest,
        }
    )


def ods_row(*cells: str | float, attributes: str = "") -> str:
    """A row of an ODS table: texts, numbers, and what begins with "<" as it is."""
    made = []
    for cell in cells:
        if not isinstance(cell, str):
            made.append(f'<table:table-cell office:value-type="float" office:value="{cell}"/>')
        elif cell.startswith("<"):
            made.append(cell)
        else:
            made.append(
                f'<table:table-cell office:value-type="string"><text:p>{escape(cell)}</text:p></table:table-cell>'
            )
    return f"<table:table-row {attributes}>{''.join(made)}</table:table-row>"


def archive(parts: Mapping[str, str | bytes]) -> bytes:
    """A ZIP file of those parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return out.getvalue()
