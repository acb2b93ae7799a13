#!/bin/sh
# Guess: white space at the end of a block changes nothing, since CSS removes it (CSS Text 3, section 4.1.2).
# Seen with WeasyPrint 70.0: where a box is as wide as its content (a table cell, a float), a space or line feed at the
# end of the text makes the text break after its first word, although the page has room for the whole of it. Templates
# that put `</td>` on a line of its own get tables whose short words stand one below the other.
# The same text without the space stays on one line.
# Output seen:
#   cell: comments only
#   cell, space at the end: comments / only
#   float: not counted separately
#   float, space at the end: not / counted separately
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check weasyprint==70.0
said=$("$folder/venv/bin/python" -c '
from weasyprint import HTML

def lines(box):
    if type(box).__name__ == "LineBox":
        return [text(box).strip()]
    return [line for child in getattr(box, "children", ()) for line in lines(child)]

def text(box):
    return getattr(box, "text", "") + "".join(text(child) for child in getattr(box, "children", ()))

def shown(html):
    page = HTML(string=f"<html lang=en><style>@page {{ size: 200mm }}</style>{html}").render().pages[0]
    return " / ".join(lines(page._page_box))

for name, around, words in (
    ("cell", "<table><tr><td>%s</td></tr></table>", "comments only"),
    ("float", "<div style=\"float: left\">%s</div>", "not counted separately"),
):
    print(f"{name}: {shown(around % words)}")
    print(f"{name}, space at the end: {shown(around % (words + chr(32)))}")
')
printf '%s\n' "$said"
[ "$said" = "cell: comments only
cell, space at the end: comments / only
float: not counted separately
float, space at the end: not / counted separately" ] || { echo "This has changed."; exit 1; }
