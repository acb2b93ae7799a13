#!/bin/sh
# Guess: what is written as pdf/ua-1 keeps what the HTML says to those who listen: heads of tables have a scope, a part in
# another language has its language (ISO 14289-1, 7.5 and 7.2), and what stands in the margins of each page is an artifact
# (7.1), which no screen reader says.
# Seen with WeasyPrint 70.0, read with pypdf 7.1.0: the file says that it conforms to PDF/UA-1, but a TH has no Scope (also
# with scope="row" in the HTML), `lang` below the root is not in the structure, and a page's bottom line is marked as text
# like any other, whose element is not in the structure tree; /Artifact occurs nowhere.
# Output seen:
#   says PDF/UA: 1
#   scopes of heads: none
#   languages of parts: none
#   artifacts: 0
#   marked texts on page 1, and how many of them are in the tree: 5, 4
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check weasyprint==70.0 pypdf==7.1.0
said=$("$folder/venv/bin/python" -c '
import io, re
from pypdf import PdfReader
from weasyprint import HTML

page = """<html lang=en><title>Report</title><style>@page { @bottom-center { content: "Confidential" } }</style>
<p>Answers of five peers.<p lang=fr>Merci pour votre aide.
<table><tr><th scope=row>Peers</th><td>3.4</td></tr></table>"""
file = PdfReader(io.BytesIO(HTML(string=page).write_pdf(pdf_variant="pdf/ua-1")))

def elements(node):
    node = node.get_object()
    if isinstance(node, list):
        for child in node:
            yield from elements(child)
    elif isinstance(node, dict):
        yield node
        yield from elements(node["/K"]) if "/K" in node else ()
    else:
        yield node

found = list(elements(file.trailer["/Root"]["/StructTreeRoot"]))
named = [each for each in found if isinstance(each, dict)]
content = file.pages[0].get_contents().get_data().decode("latin-1")
metadata = file.trailer["/Root"]["/Metadata"].get_data().decode()
print("says PDF/UA:", re.search(r"pdfuaid:part=.?(\d)|<pdfuaid:part>(\d)", metadata).group(0)[-1])
print("scopes of heads:", [each["/A"].get("/Scope") for each in named if each.get("/S") == "/TH" and "/Scope" in each["/A"]] or "none")
print("languages of parts:", [each["/Lang"] for each in named if "/Lang" in each] or "none")
print("artifacts:", content.count("/Artifact"))
marked, inside = content.count("/MCID"), sum(isinstance(each, int) for each in found)
print(f"marked texts on page 1, and how many of them are in the tree: {marked}, {inside}")
')
printf '%s\n' "$said"
[ "$said" = "says PDF/UA: 1
scopes of heads: none
languages of parts: none
artifacts: 0
marked texts on page 1, and how many of them are in the tree: 5, 4" ] || { echo "This has changed."; exit 1; }
