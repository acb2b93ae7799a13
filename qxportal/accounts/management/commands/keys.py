"""The key ring: `manage.py keys init|status|add|rotate|verify|retire KEY`."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from qxportal.accounts import rotation, sealing
from qxportal.accounts.sealing import keys as ring


class Command(BaseCommand):
    """Looks after the keys that seal credentials and reports."""

    help = "Looks after the key ring that seals credentials and reports."

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do, and with which key."""
        parser.add_argument("action", choices=["init", "status", "add", "rotate", "verify", "retire"])
        parser.add_argument("key", nargs="?", help="the key to retire")

    def handle(self, *, action: str, key: str | None, **options: Any) -> None:
        """Do it and say what was done."""
        try:
            getattr(self, f"_{action}")(*([key] if action == "retire" else []))
        except sealing.SealingError as problem:
            raise CommandError(str(problem)) from None

    def _init(self) -> None:
        if ring():
            self.stdout.write(f"The key ring has {len(ring())} keys.")
        else:
            self.stdout.write(f"Made the first key, {sealing.add_key()}.")

    def _add(self) -> None:
        self.stdout.write(f"Made {sealing.add_key()}; everything new is sealed with it.")

    def _status(self) -> None:
        counts = rotation.count_by_key()
        for name in ring():
            newest = " (newest)" if name == sealing.newest_key() else ""
            self.stdout.write(f"{name}{newest}: {counts.pop(name, 0)} credentials")
        for name, count in counts.items():
            self.stdout.write(f"{name} (missing!): {count} credentials")

    def _rotate(self) -> None:
        name = sealing.add_key()
        moved = rotation.rotate()
        self.stdout.write(
            f"Made {name} and put {moved} credentials under it. Reports keep their key; new ones use this one."
        )

    def _verify(self) -> None:
        good, problems = rotation.verify()
        for problem in problems:
            self.stderr.write(problem)
        self.stdout.write(f"{good} credentials open, {len(problems)} do not.")
        if problems:
            raise CommandError("Some credentials cannot be opened.")

    def _retire(self, key: str | None) -> None:
        if key not in ring():
            raise CommandError("Name a key of the ring; `keys status` lists them.")
        if key == sealing.newest_key():
            raise CommandError("The newest key is in use. Make another one first: `keys rotate`.")
        if used := rotation.count_by_key()[key]:
            raise CommandError(f"{key} still seals {used} credentials. Run `keys rotate` first.")
        if used := self._reports_under(key):
            raise CommandError(f"{key} still seals {used} reports; it has to stay until they are purged.")
        (Path(settings.KEYS) / key).unlink()
        self.stdout.write(f"{key} is gone.")

    def _reports_under(self, key: str) -> int:
        """Reports lie in files: their key stands at the head of each."""
        root = Path(settings.REPORTS_ROOT)
        files = root.rglob("*") if root.is_dir() else []
        return sum(path.is_file() and sealing.key_of(path.read_bytes()) == key for path in files)
