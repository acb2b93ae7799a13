#!/bin/sh
# Guess: pdfua lists "Heading elements are not empty" (UA-14-001) among the rules that it checks, so "PASS" and exit
# status 0 say that no heading is empty.
# Seen with pdfua 0.1.3, pikepdf 10.18.0 and WeasyPrint 70.0: the rule is left out for every PDF that WeasyPrint tags,
# with "PASS (no findings)" and exit status 0. The content of its elements is an array, which pdfua asks for an attribute
# with a default, and pikepdf answers with a ValueError where getattr expects an AttributeError.
# Output seen:
#   result: PASS (no findings)
#   [skip ] UA-14-001  not evaluated: rule raised ValueError
#   exit status 0
#   getattr(pikepdf.Array([1]), "is_integer", False): ValueError
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check weasyprint==70.0 pdfua==0.1.3 pikepdf==10.18.0
said=$(
  "$folder/venv/bin/python" -c '
import sys

from weasyprint import HTML

words = "<html lang=en><title>Report</title><h1>Report</h1><p>Two people have answered.</p></html>"
HTML(string=words).write_pdf(sys.argv[1], pdf_variant="pdf/ua-1")
' "$folder/report.pdf"
  status=0
  "$folder/venv/bin/pdfua" check "$folder/report.pdf" >"$folder/said.txt" 2>&1 || status=$?
  grep -oE 'result: [A-Z]+ \([a-z ]+\)|\[skip \] .*rule raised [A-Za-z]+' "$folder/said.txt"
  echo "exit status $status"
  "$folder/venv/bin/python" -c '
import pikepdf

try:
    said = getattr(pikepdf.Array([1]), "is_integer", False)
except Exception as problem:
    said = type(problem).__name__
print("getattr(pikepdf.Array([1]), \"is_integer\", False):", said)
'
)
printf '%s\n' "$said"
[ "$said" = "result: PASS (no findings)
[skip ] UA-14-001  not evaluated: rule raised ValueError
exit status 0
getattr(pikepdf.Array([1]), \"is_integer\", False): ValueError" ]
