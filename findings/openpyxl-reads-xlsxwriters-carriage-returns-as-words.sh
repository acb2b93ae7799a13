#!/bin/sh
# Guess: a text that one library writes into a workbook is the text that another one reads from it.
# Seen with XlsxWriter 3.3.1 and openpyxl 3.1.5: a carriage return, which the format escapes as _x000D_ (ISO/IEC 29500-1,
# section 22.4.2.4, bstr), comes back from openpyxl as these seven characters. A cell of two lines that end as on Windows
# reads as one with "_x000D_" in its middle; python-calamine gives the text as it was.
# Output seen:
#   openpyxl: 'one_x000D_\ntwo'
#   calamine: 'one\r\ntwo'
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check xlsxwriter==3.3.1 openpyxl==3.1.5 python-calamine==0.9.1
cd "$folder"
said=$("$folder/venv/bin/python" -c '
import openpyxl
import xlsxwriter
from python_calamine import CalamineWorkbook

book = xlsxwriter.Workbook("lines.xlsx")
book.add_worksheet().write_string("A1", "one\r\ntwo")
book.close()
print("openpyxl:", repr(openpyxl.load_workbook("lines.xlsx").active["A1"].value))
print("calamine:", repr(CalamineWorkbook.from_path("lines.xlsx").get_sheet_by_index(0).to_python()[0][0]))
')
printf '%s\n' "$said"
[ "$said" = "openpyxl: 'one_x000D_\ntwo'
calamine: 'one\r\ntwo'" ] || { echo "This has changed."; exit 1; }
