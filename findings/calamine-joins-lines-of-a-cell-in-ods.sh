#!/bin/sh
# Guess: a line break inside a cell separates what stands on its two sides, in every format that is read.
# Seen with python-calamine 0.9.1: in an ODS file a line break that is written as <text:line-break/> (OpenDocument 1.3,
# part 3, section 6.1.5) is left out, and the words on its two sides become one: two e-mail addresses in a cell are one
# that nobody has. A cell whose lines are paragraphs keeps them apart, and so does the same table as XLSX.
# Output seen:
#   ods, two paragraphs: 'ann@x.example\nbob@x.example'
#   ods, a line break: 'ann@x.examplebob@x.example'
#   xlsx, a line break: 'ann@x.example\nbob@x.example'
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check python-calamine==0.9.1 odfpy==1.4.1 openpyxl==3.1.5
cd "$folder"
said=$("$folder/venv/bin/python" -c '
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import LineBreak, P
from openpyxl import Workbook
from python_calamine import CalamineWorkbook

one, two = "ann@x.example", "bob@x.example"

def read(name):
    return CalamineWorkbook.from_path(name).get_sheet_by_index(0).to_python()[0][0]

def ods(*paragraphs):
    document, table, row, cell = OpenDocumentSpreadsheet(), Table(name="T"), TableRow(), TableCell(valuetype="string")
    for paragraph in paragraphs:
        cell.addElement(paragraph)
    row.addElement(cell)
    table.addElement(row)
    document.spreadsheet.addElement(table)
    document.save("cell.ods")
    return read("cell.ods")

broken = P(text=one)
broken.addElement(LineBreak())
broken.addText(two)
book = Workbook()
book.active["A1"] = f"{one}\n{two}"
book.save("cell.xlsx")
print("ods, two paragraphs:", repr(ods(P(text=one), P(text=two))))
print("ods, a line break:", repr(ods(broken)))
print("xlsx, a line break:", repr(read("cell.xlsx")))
')
printf '%s\n' "$said"
[ "$said" = "ods, two paragraphs: 'ann@x.example\nbob@x.example'
ods, a line break: 'ann@x.examplebob@x.example'
xlsx, a line break: 'ann@x.example\nbob@x.example'" ] || { echo "This has changed."; exit 1; }
