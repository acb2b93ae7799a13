#!/bin/sh
# Guess: two tagged reports that are put into one file are read aloud one after the other, or a checker of PDF/UA objects.
# Seen with pikepdf 10.18.0 (pages.extend) and WeasyPrint 70.0: the structure tree stays the first report's, so the mark of
# PDF/UA and "Report of Ann" stay as well. Both pages name the same entry of the parent tree, so a reader that asks there
# finds Ann's elements for Bob's page. pdfua 0.1.3 and outloud 0.2.1 object to nothing: neither looks for a page that no
# element belongs to. ISO 14289-1, 7.1 asks that all content is tagged or an artifact.
# Output seen:
#   pages: 2, pages of elements: 1
#   entries of the parent tree: 0, 0
#   title: Report of Ann
#   pdfua: exit status 0
#   outloud: exit status 0
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check \
  weasyprint==70.0 pikepdf==10.18.0 pdfua==0.1.3 outloud==0.2.1
cd "$folder"
said=$(
  "$folder/venv/bin/python" -c '
import io

import pikepdf
from weasyprint import HTML

def report(name, language):
    page = f"<html lang={language}><title>Report of {name}</title><h1>Report of {name}</h1><p>Five people have answered."
    return pikepdf.open(io.BytesIO(HTML(string=page).write_pdf(pdf_variant="pdf/ua-1")))

def pages(element):
    if isinstance(element, pikepdf.Array):
        return {page for child in element for page in pages(child)}
    if not isinstance(element, pikepdf.Dictionary):
        return set()
    own = {element.Pg.objgen} if "/Pg" in element else set()
    return own | (pages(element.K) if "/K" in element else set())

both, second = report("Ann", "en"), report("Bob", "de")
both.pages.extend(second.pages)
both.save("both.pdf")
both = pikepdf.open("both.pdf")
print(f"pages: {len(both.pages)}, pages of elements: {len(pages(both.Root.StructTreeRoot))}")
print("entries of the parent tree:", ", ".join(str(page.StructParents) for page in both.pages))
with both.open_metadata() as metadata:
    print("title:", metadata["dc:title"])
'
  for checker in "pdfua check" outloud; do
    status=0
    # shellcheck disable=SC2086
    "$folder"/venv/bin/$checker both.pdf >checked.txt 2>&1 || status=$?
    echo "${checker%% *}: exit status $status"
  done
)
printf '%s\n' "$said"
[ "$said" = "pages: 2, pages of elements: 1
entries of the parent tree: 0, 0
title: Report of Ann
pdfua: exit status 0
outloud: exit status 0" ] || { echo "This has changed."; exit 1; }
