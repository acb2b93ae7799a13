#!/bin/sh
# Guess: a reader of DOCX files gives each sign that the page shows, the hyphen that Word keeps from breaking (Ctrl+Shift+
# Hyphen, <w:noBreakHyphen/>, ISO/IEC 29500-1, 17.3.3.18) among them. Questionnaires have it in scales and in "E-Mail".
# Seen with docx2python 3.7.1: it is left out, so that "1-5" is read as "15". python-docx 1.2.0 gives it as "-", but leaves
# out what stands in a content control (<w:sdt>), as the fields of forms and templates do, and what was added while changes
# were tracked, which the page shows, too. Neither gives the whole sentence.
# Output seen:
#   docx2python: Rate each colleague from 15 by Friday
#   python-docx: Rate from 1-5
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check docx2python==3.7.1 python-docx==1.2.0
cd "$folder"
said=$("$folder/venv/bin/python" -c '
from docx import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx2python import docx2python

SENTENCE = """<w:p {names}>
  <w:r><w:t xml:space="preserve">Rate </w:t></w:r>
  <w:sdt><w:sdtContent><w:r><w:t xml:space="preserve">each colleague </w:t></w:r></w:sdtContent></w:sdt>
  <w:r><w:t>from 1</w:t><w:noBreakHyphen/><w:t>5</w:t></w:r>
  <w:ins w:id="1" w:author="HR" w:date="2026-03-10T09:00:00Z">
    <w:r><w:t xml:space="preserve"> by Friday</w:t></w:r>
  </w:ins>
</w:p>"""
document = Document()
document.element.body.insert(0, parse_xml(SENTENCE.format(names=nsdecls("w"))))
document.save("questions.docx")
with docx2python("questions.docx") as read:
    print("docx2python:", read.text.strip())
print("python-docx:", Document("questions.docx").paragraphs[0].text.strip())
')
printf '%s\n' "$said"
[ "$said" = "docx2python: Rate each colleague from 15 by Friday
python-docx: Rate from 1-5" ] || { echo "This has changed."; exit 1; }
