#!/bin/sh
# Guess: one table that SheetJS, the library behind most "export" buttons of web pages, writes in three formats is the same
# table for a reader that knows the three.
# Seen with SheetJS 0.18.5 (xlsx on npm) and python-calamine 0.9.1: the XLSX is. The ODS is refused as a whole for the white
# space between its cells, which means nothing there. Of the XLSB only the first column is read, without a word: SheetJS writes
# the other cells as the short records of MS-XLSB (BrtShortBlank to BrtShortIsst, 12 to 18), which have no column of their
# own; calamine passes over them. pyxlsb 1.0.10 finds no value there at all. SheetJS reads all three back.
# Output seen:
#   xlsx: SheetJS [["Name","Number"],["Ann","00042"]], calamine [['Name', 'Number'], ['Ann', '00042']]
#   ods: SheetJS [["Name","Number"],["Ann","00042"]], calamine CalamineError
#   xlsb: SheetJS [["Name","Number"],["Ann","00042"]], calamine [['Name'], ['Ann']]
#   xlsb, pyxlsb: [[None, None], [None, None]]
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check python-calamine==0.9.1 pyxlsb==1.0.10
cd "$folder"
npm install --silent --no-audit --no-fund --prefix . xlsx@0.18.5 >/dev/null
said=$(
  for format in xlsx ods xlsb; do
    node -e '
const sheets = require("xlsx"), name = `table.${process.argv[1]}`;
const book = sheets.utils.book_new();
sheets.utils.book_append_sheet(book, sheets.utils.aoa_to_sheet([["Name", "Number"], ["Ann", "00042"]]), "People");
sheets.writeFile(book, name);
const read = sheets.utils.sheet_to_json(sheets.readFile(name).Sheets.People, {header: 1});
process.stdout.write(`${process.argv[1]}: SheetJS ${JSON.stringify(read)}, `);
' "$format"
    venv/bin/python -c '
import sys

from python_calamine import CalamineError, CalamineWorkbook

try:
    print("calamine", CalamineWorkbook.from_path(sys.argv[1]).get_sheet_by_index(0).to_python())
except CalamineError as problem:
    print("calamine", type(problem).__name__)
' "table.$format"
  done
  venv/bin/python -c '
from pyxlsb import open_workbook

with open_workbook("table.xlsb") as book, book.get_sheet(1) as sheet:
    print("xlsb, pyxlsb:", [[cell.v for cell in row] for row in sheet.rows()])
'
)
printf '%s\n' "$said"
[ "$said" = 'xlsx: SheetJS [["Name","Number"],["Ann","00042"]], calamine [['"'Name', 'Number'], ['Ann', '00042'"']]
ods: SheetJS [["Name","Number"],["Ann","00042"]], calamine CalamineError
xlsb: SheetJS [["Name","Number"],["Ann","00042"]], calamine [['"'Name'], ['Ann'"']]
xlsb, pyxlsb: [[None, None], [None, None]]' ] || { echo "This has changed."; exit 1; }
