#!/bin/sh
# Guess: `pip install pyqualtrics` makes one package importable, pyqualtrics.
# Seen with pyqualtrics 0.6.7, the newest release (a source distribution) of a client for the Qualtrics API:
# it makes a second top-level package importable, its own tests. Any project whose tests are a package named `tests`
# gets the library's instead, wherever site-packages comes before the project's folder on sys.path, as with
# `python -P` or a script that is run from elsewhere.
# Output seen:
#   top level: pyqualtrics tests
#   tests comes from site-packages/tests/__init__.py
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check --no-deps pyqualtrics==0.6.7
mkdir "$folder/elsewhere"
cd "$folder/elsewhere"
said=$("$folder/venv/bin/python" -c '
import importlib.metadata, importlib.util, pathlib
names = importlib.metadata.distribution("pyqualtrics").read_text("top_level.txt").split()
print("top level:", *sorted(names))
print("tests comes from", "/".join(pathlib.Path(importlib.util.find_spec("tests").origin).parts[-3:]))
')
printf '%s\n' "$said"
[ "$said" = "top level: pyqualtrics tests
tests comes from site-packages/tests/__init__.py" ] || { echo "This has changed."; exit 1; }
