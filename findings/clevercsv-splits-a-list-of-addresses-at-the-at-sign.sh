#!/bin/sh
# Guess: a list with one column, as HR systems export the addresses of a group, has no separator, and a sniffer that looks
# at what the cells hold says so or names one that does not occur. It knows addresses as a kind of cell.
# Seen with CleverCSV 0.8.5: the addresses are split at "@" into names and domains, times at the colon, and double names at
# the space. csv.Sniffer of Python 3.11 raises an error for each of them. With a second column both name the comma.
# Output seen:
#   addresses: '@', first row ['E-Mail'], second ['ann.lee', 'firm.example']; csv: Error
#   times: ':', first row ['Time'], second ['09', '30']; csv: Error
#   names: ' ', first row ['Name'], second ['Anna-Maria', 'Lee']; csv: Error
#   addresses and numbers: ',', first row ['E-Mail', 'Number'], second ['ann.lee@firm.example', '00042']; csv: ','
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check clevercsv==0.8.5
said=$("$folder/venv/bin/python" -c '
import csv

import clevercsv

LISTS = {
    "addresses": "E-Mail\nann.lee@firm.example\nbob.may@firm.example\ncy.kim@firm.example\n",
    "times": "Time\n09:30\n10:45\n",
    "names": "Name\nAnna-Maria Lee\nKarl-Heinz May\nHans-Peter Kim\n",
    "addresses and numbers": "E-Mail,Number\nann.lee@firm.example,00042\nbob.may@firm.example,00043\n",
}
for name, text in LISTS.items():
    dialect = clevercsv.Sniffer().sniff(text)
    first, second, *_ = clevercsv.reader(text.splitlines(keepends=True), dialect)
    try:
        other = repr(csv.Sniffer().sniff(text).delimiter)
    except csv.Error as problem:
        other = type(problem).__name__
    print(f"{name}: {dialect.delimiter!r}, first row {first}, second {second}; csv: {other}")
')
printf '%s\n' "$said"
[ "$said" = "addresses: '@', first row ['E-Mail'], second ['ann.lee', 'firm.example']; csv: Error
times: ':', first row ['Time'], second ['09', '30']; csv: Error
names: ' ', first row ['Name'], second ['Anna-Maria', 'Lee']; csv: Error
addresses and numbers: ',', first row ['E-Mail', 'Number'], second ['ann.lee@firm.example', '00042']; csv: ','" ] ||
  { echo "This has changed."; exit 1; }
