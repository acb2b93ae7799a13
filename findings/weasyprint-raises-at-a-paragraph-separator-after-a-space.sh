#!/bin/sh
# Guess: a text may hold any character of Unicode that HTML allows; U+2029, which word processors put between paragraphs
# that are pasted into a form, ends a line (UAX 14, class BK) or is passed over.
# Seen with WeasyPrint 70.0: after a letter it ends a line; after a space, printing the whole document ends with an
# AssertionError, unless white space is kept (pre-wrap). U+2028 and U+0085 print in both places.
# Output seen:
#   U+0085 after a letter: printed
#   U+0085 after a space: printed
#   U+2028 after a letter: printed
#   U+2028 after a space: printed
#   U+2029 after a letter: printed
#   U+2029 after a space: AssertionError
#   U+2029 after a space, pre-wrap: printed
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check weasyprint==70.0
said=$("$folder/venv/bin/python" -c '
from weasyprint import HTML

def outcome(text, style="normal"):
    try:
        HTML(string=f"<p style=\"white-space: {style}\">{text}</p>").write_pdf()
    except Exception as problem:
        return type(problem).__name__
    return "printed"

for mark in "\x85\u2028\u2029":
    print(f"U+{ord(mark):04X} after a letter:", outcome(f"Dear Ann,{mark}welcome"))
    print(f"U+{ord(mark):04X} after a space:", outcome(f"Dear Ann, {mark}welcome"))
print("U+2029 after a space, pre-wrap:", outcome("Dear Ann, \u2029welcome", "pre-wrap"))
')
printf '%s\n' "$said"
[ "$said" = "U+0085 after a letter: printed
U+0085 after a space: printed
U+2028 after a letter: printed
U+2028 after a space: printed
U+2029 after a letter: printed
U+2029 after a space: AssertionError
U+2029 after a space, pre-wrap: printed" ] || { echo "This has changed."; exit 1; }
