#!/bin/sh
# Guess: pyphen carries the hyphenation dictionaries of LibreOffice, so it breaks a word where libhyphen, for which they are
# made, breaks it.
# Seen with pyphen 0.18.1 against PyHyphen 4.0.4 (libhyphen) on pyphen's own hyph_de_DE.dic: the dictionary has two levels,
# compounds before NEXTLEVEL and their parts after it, which pyphen reads as one list; and of the patterns that end at a
# letter libhyphen takes the longest that may still come, pyphen all ("forts-" inside "fort-schritt"). The German words for
# employee, cooperation and progress get breaks that no German spelling knows, and WeasyPrint 70.0 prints them. Pyphen's
# issue 24 has the symptom.
# Output seen:
#   pyphen: mit-a-r-bei-ter, libhyphen: mit-ar-bei-ter
#   pyphen: zu-sam-me-n-a-r-beit, libhyphen: zu-sam-men-ar-beit
#   pyphen: fort-s-chritt, libhyphen: fort-schritt
#   WeasyPrint: Zusamme- / narbeit
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check weasyprint==70.0 pyphen==0.18.1 PyHyphen==4.0.4
said=$("$folder/venv/bin/python" -c '
from pathlib import Path

import pyphen
from hyphen import hnj
from weasyprint import HTML

ours = pyphen.Pyphen(lang="de_DE")
theirs = hnj.hyphenator_(str(Path(pyphen.__file__).parent / "dictionaries" / "hyph_de_DE.dic"), 2, 2, 2, 2)
for word in ("mitarbeiter", "zusammenarbeit", "fortschritt"):
    print(f"pyphen: {ours.inserted(word)}, libhyphen: {theirs.apply(word, 0)}".replace("=", "-"))

def lines(box):
    if type(box).__name__ == "LineBox":
        return [text(box)]
    return [line for child in getattr(box, "children", ()) for line in lines(child)]

def text(box):
    return getattr(box, "text", "") + "".join(text(child) for child in getattr(box, "children", ()))

# Whatever the font is: as wide as the longest part that may stand alone on a line, which is measured first.
style = "<style>@page { size: 500mm } p { float: left; hyphens: auto; hyphenate-character: \"-\" }</style>"
page = f"<html lang=de>{style}<p id=part>Zusamme-</p>"
width = next(box for box in HTML(string=page).render().pages[0]._page_box.descendants() if box.element_tag == "p").width
page = f"<html lang=de>{style}<p style=\"width: {width + 1}px\">Zusammenarbeit"
print("WeasyPrint:", " / ".join(lines(HTML(string=page).render().pages[0]._page_box)))
')
printf '%s\n' "$said"
[ "$said" = "pyphen: mit-a-r-bei-ter, libhyphen: mit-ar-bei-ter
pyphen: zu-sam-me-n-a-r-beit, libhyphen: zu-sam-men-ar-beit
pyphen: fort-s-chritt, libhyphen: fort-schritt
WeasyPrint: Zusamme- / narbeit" ] || { echo "This has changed."; exit 1; }
