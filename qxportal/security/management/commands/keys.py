"""The key ring: `manage.py keys init|status|add|rotate|verify|retire KEY`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from qxportal.security import key_ring, rotation
from qxportal.security.errors import SealingError

ALWAYS = (rotation.CREDENTIALS, rotation.REPORTS)  # are counted in words even where there are none


class Command(BaseCommand):
    """Looks after the keys that seal credentials, second factors, files and reports."""

    help = "Looks after the key ring that seals credentials and reports."

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do, and with which key."""
        parser.add_argument("action", choices=["init", "status", "add", "rotate", "verify", "retire"])
        parser.add_argument("key", nargs="?", default="", help="the key to retire")

    def handle(self, *, action: str, key: str, **options: Any) -> None:
        """Do it and say what was done."""
        try:
            getattr(self, f"_{action}")(*([key] if action == "retire" else []))
        except SealingError as problem:
            raise CommandError(str(problem)) from None
        except OSError as problem:
            raise CommandError(f"{problem.filename}: {problem.strerror}.") from None

    def _init(self) -> None:
        if ring := key_ring.keys():
            self.stdout.write(f"The key ring has {len(ring)} keys.")
        else:
            self.stdout.write(f"Made the first key, {key_ring.add_key()}.")

    def _add(self) -> None:
        self.stdout.write(f"Made {key_ring.add_key()}; everything new is sealed with it.")

    def _status(self) -> None:
        newest, ring = key_ring.newest_key(), key_ring.keys()
        counts = {kind: count() for kind, count in rotation.COUNTS.items()}
        missing = {name for count in counts.values() for name in count if name} - set(ring)
        for name in [*ring, *sorted(missing)]:
            mark = " (newest)" if name == newest else "" if name in ring else " (missing!)"
            said = [f"{counts[kind][name]} {kind}" for kind in counts if kind in ALWAYS or counts[kind][name]]
            self.stdout.write(f"{name}{mark}: {', '.join(said)}")
        if clear := counts[rotation.FACTORS][""]:
            self.stdout.write(
                f"{clear} {rotation.FACTORS} lie in clear from an earlier release; `keys rotate` seals them."
            )

    def _rotate(self) -> None:
        name, made = rotation.key_to_rotate_to()
        self.stdout.write(f"Made {name}." if made else f"Going on to {name}.")
        moved = rotation.rotate_each()
        said = [f"{moved[kind]} {kind}" for kind in moved if kind == rotation.CREDENTIALS or moved[kind]]
        self.stdout.write(f"Put {', '.join(said)} under it. Reports keep their key; new ones use this one.")

    def _verify(self) -> None:
        bad = []
        for kind, (good, problems) in rotation.verify_everything().items():
            for problem in problems:
                self.stderr.write(f"{kind}, {problem}")
            if good or problems or kind == rotation.CREDENTIALS:
                self.stdout.write(f"{good} {kind} open, {len(problems)} do not.")
            bad += [kind] if problems else []
        if bad:
            raise CommandError(f"Some {', '.join(bad)} cannot be opened.")

    def _retire(self, key: str) -> None:
        rotation.retire(key)
        self.stdout.write(f"{key} is gone.")
