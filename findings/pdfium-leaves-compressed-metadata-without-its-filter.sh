#!/bin/sh
# Guess: opening a PDF in PDFium and saving it without a change keeps what the file says of itself.
# Seen with pypdfium2 5.15.2 and WeasyPrint 70.0, read with pypdf 7.1.0: the metadata, which WeasyPrint compresses (a filter
# is allowed there: ISO 32000-1, 14.3.2, note 1), keep their compressed bytes and lose the /Filter that says so. No reader
# finds the title or the mark of PDF/UA in them, although tags, text and the title of the information dictionary are kept.
# Metadata that are not compressed come through, so the damage depends on who wrote the file.
# Output seen:
#   WeasyPrint: /Filter /FlateDecode, says PDF/UA: True
#   saved by PDFium: /Filter None, says PDF/UA: False
#   read as metadata: PdfReadError
#   the same bytes, decompressed: says PDF/UA: True
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check weasyprint==70.0 pypdfium2==5.15.2 pypdf==7.1.0
said=$("$folder/venv/bin/python" -c '
import io, zlib

from pypdf import PdfReader
from pypdfium2 import PdfDocument
from weasyprint import HTML

page = "<html lang=en><title>Report</title><h1>Report</h1><p>Two people have answered.</p></html>"
written = HTML(string=page).write_pdf(pdf_variant="pdf/ua-1")
saved = io.BytesIO()
PdfDocument(written).save(saved)

def stream(file):
    return PdfReader(file).trailer["/Root"]["/Metadata"]

for name, metadata in (("WeasyPrint", stream(io.BytesIO(written))), ("saved by PDFium", stream(saved))):
    filter_ = metadata.get("/Filter")
    print(f"{name}: /Filter {filter_}, says PDF/UA:", b"pdfuaid:part" in metadata.get_data())
try:
    print("read as metadata:", PdfReader(saved).xmp_metadata)
except Exception as problem:
    print("read as metadata:", type(problem).__name__)
print("the same bytes, decompressed: says PDF/UA:", b"pdfuaid:part" in zlib.decompress(stream(saved).get_data()))
')
printf '%s\n' "$said"
[ "$said" = "WeasyPrint: /Filter /FlateDecode, says PDF/UA: True
saved by PDFium: /Filter None, says PDF/UA: False
read as metadata: PdfReadError
the same bytes, decompressed: says PDF/UA: True" ] || { echo "This has changed."; exit 1; }
