#!/bin/sh
# Guess: a formatter of templates changes how they look, not what they show.
# Seen with djade 1.10.0 and Django 5.2.19: djade sorts the libraries in {% load %} and joins lines of them. Where two have
# a filter of the same name, Django takes that of the last one, so the sorted page shows the other filter's words. A
# library that is named after a firm, to say things its way, loses against one whose name comes later in the alphabet. A
# comment between two lines of {% load %} keeps djade from joining them. Its issue 102 asks for a way to turn sorting off.
# Output seen:
#   {% load i18n portal brand %}: feedback giver
#   {% load brand i18n portal %}: rater
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check djade==1.10.0 django==5.2.19
cd "$folder"
printf '%s' '{% load i18n portal %}
{% load brand %}
{{ "rater"|word }}
' >page.html
shown() {
  venv/bin/python -c '
import types, sys

import django
from django.conf import settings
from django.template import Context, Library, Template

for name, word in (("portal", "rater"), ("brand", "feedback giver")):
    module = sys.modules[name] = types.ModuleType(name)
    module.register = Library()
    module.register.filter("word", lambda _value, word=word: word)
options = {"libraries": {"portal": "portal", "brand": "brand"}}
settings.configure(TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "OPTIONS": options}])
django.setup()
with open("page.html") as file:
    source = file.read()
loads = " ".join(line.removeprefix("{% load ").removesuffix(" %}") for line in source.splitlines() if "load" in line)
print(f"{{% load {loads} %}}:", Template(source).render(Context()).strip())
'
}
said=$(
  shown
  venv/bin/djade --target-version 5.2 page.html 2>said.txt || true
  shown
)
printf '%s\n' "$said"
[ "$said" = "{% load i18n portal brand %}: feedback giver
{% load brand i18n portal %}: rater" ] || { echo "This has changed."; exit 1; }
