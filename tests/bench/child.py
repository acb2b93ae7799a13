"""One work in a program of its own, so that its memory is its own; Django is set up by who starts it."""

import json
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from django.conf import settings

from tests.bench.env import Env


def main(name: str, persons: int) -> None:
    """Measure, and write each row as a line of JSON."""
    env = Env(persons, Path(settings.VAR))
    for row in import_module(f"tests.bench.{name}").measure(env):
        sys.stdout.write(json.dumps(asdict(row)) + "\n")
        sys.stdout.flush()
