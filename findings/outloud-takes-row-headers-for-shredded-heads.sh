#!/bin/sh
# Guess: TBL-010 of outloud ("header cells look shredded") finds column heads that were cut into a cell for each line, so a
# small table with a head for each column and for each row, as HTML and PDF/UA ask for, passes.
# Seen with outloud 0.2.1 and WeasyPrint 70.0: it compares the number of all header cells with that of the data cells.
# Two rows of two figures with their heads have five header cells and four data cells, which is an error and exit status
# 1; a third row of the same table makes it pass.
# Output seen:
#   2 rows: exit status 1, TBL-010
#   3 rows: exit status 0
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check weasyprint==70.0 outloud==0.2.1
said=$(
  for rows in 2 3; do
    "$folder/venv/bin/python" -c '
import sys

from weasyprint import HTML

rows = "".join(f"<tr><th scope=row>Statement {n}<td>4.{n}<td>split</tr>" for n in range(int(sys.argv[2])))
heads = "".join(f"<th scope=col>{name}" for name in ("Statement", "Average", "Spread"))
table = f"<table><thead><tr>{heads}</thead><tbody>{rows}</tbody></table>"
page = f"<html lang=en><title>Report</title><h1>Report</h1><p>Averages of others.</p>{table}</html>"
HTML(string=page).write_pdf(sys.argv[1], pdf_variant="pdf/ua-1")
' "$folder/$rows.pdf" "$rows"
    status=0
    "$folder/venv/bin/outloud" --only TBL-010 "$folder/$rows.pdf" >"$folder/said.txt" 2>&1 || status=$?
    found=$(grep -oE 'TBL-010' "$folder/said.txt" | head -n 1 || true)
    echo "$rows rows: exit status $status${found:+, $found}"
  done
)
printf '%s\n' "$said"
[ "$said" = "2 rows: exit status 1, TBL-010
3 rows: exit status 0" ]
