#!/bin/sh
# Guess: k-anonymity is the size of the smallest group of people who look alike, so each column more can only lower it.
# Seen with pycanon 1.3.6 and pandas 2.3.3: a person whose department is not given is in no group where the department is the
# only column, and in one of her own where a column stands beside it, although that is the same for everyone. The one
# figure says that five people look alike, the other that one stands alone; with a word for "not given" both say so.
# pandas leaves missing keys out of groups, but lists them for two keys.
# Output seen:
#   department: k = 5
#   department and city: k = 1
#   department, missing ones named: k = 1
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check pycanon==1.3.6 pandas==2.3.3
said=$("$folder/venv/bin/python" -c '
import pandas
from pycanon.anonymity import k_anonymity

people = pandas.DataFrame({"department": ["Sales"] * 5 + ["IT"] * 5 + [None], "city": ["Berlin"] * 11})
print("department: k =", k_anonymity(people, ["department"]))
print("department and city: k =", k_anonymity(people, ["department", "city"]))
print("department, missing ones named: k =", k_anonymity(people.fillna("not given"), ["department"]))
')
printf '%s\n' "$said"
[ "$said" = "department: k = 5
department and city: k = 1
department, missing ones named: k = 1" ] || { echo "This has changed."; exit 1; }
