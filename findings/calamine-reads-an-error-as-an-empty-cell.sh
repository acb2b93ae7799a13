#!/bin/sh
# Guess: a cell that shows #N/A reads as something else than a cell that holds nothing.
# Seen with python-calamine 0.9.1: each of the seven errors that Excel knows is an empty text, as an empty cell is.
# A column of employee numbers that a failed VLOOKUP fills looks as if it had been left blank, and no call tells the two
# apart. openpyxl gives the error's name.
# Output seen:
#   calamine: '' and ''
#   openpyxl: '#N/A' and None
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check python-calamine==0.9.1 openpyxl==3.1.5
cd "$folder"
said=$("$folder/venv/bin/python" -c '
from openpyxl import Workbook, load_workbook
from python_calamine import CalamineWorkbook

book = Workbook()
book.active.append(["#N/A", None, "end"])
assert book.active["A1"].data_type == "e"
book.save("errors.xlsx")
error, empty, _end = CalamineWorkbook.from_path("errors.xlsx").get_sheet_by_index(0).to_python()[0]
print("calamine:", repr(error), "and", repr(empty))
error, empty, _end = (cell.value for cell in load_workbook("errors.xlsx").active[1])
print("openpyxl:", repr(error), "and", repr(empty))
')
printf '%s\n' "$said"
[ "$said" = "calamine: '' and ''
openpyxl: '#N/A' and None" ] || { echo "This has changed."; exit 1; }
