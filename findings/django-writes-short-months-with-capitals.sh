#!/bin/sh
# Guess: a language that writes the names of months with small letters writes their short forms so, too, and date_format
# shortens them as its catalogue of that language does.
# Seen with Django 5.2.19: in French and Spanish F gives "décembre" and "diciembre", M "Déc" and "Dic". The format N of the
# Associated Press has small letters and full stops in French; in Spanish it begins January and February with a capital
# and August with a small letter. M shortens June and July of French to "Jui" and "Juil".
# Output seen:
#   fr: février Fév fév. | juin Jui juin | août Aoû août
#   es: febrero Feb Feb. | junio Jun junio | agosto Ago ago.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check Django==5.2.19
said=$("$folder/venv/bin/python" -c '
from datetime import date

import django
from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format

settings.configure(USE_I18N=True)
django.setup()
for language in ("fr", "es"):
    with translation.override(language):
        found = [date_format(date(2026, month, 2), "F M N") for month in (2, 6, 8)]
        print(f"{language}:", " | ".join(found))
')
printf '%s\n' "$said"
[ "$said" = "fr: février Fév fév. | juin Jui juin | août Aoû août
es: febrero Feb Feb. | junio Jun junio | agosto Ago ago." ] || { echo "This has changed."; exit 1; }
