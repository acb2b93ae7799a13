"""The key ring: `manage.py keys init|status|add|rotate|verify|retire KEY`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from qxportal.accounts import rotation, sealing


class Command(BaseCommand):
    """Looks after the keys that seal credentials and reports."""

    help = "Looks after the key ring that seals credentials and reports."

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do, and with which key."""
        parser.add_argument("action", choices=["init", "status", "add", "rotate", "verify", "retire"])
        parser.add_argument("key", nargs="?", default="", help="the key to retire")

    def handle(self, *, action: str, key: str, **options: Any) -> None:
        """Do it and say what was done."""
        try:
            getattr(self, f"_{action}")(*([key] if action == "retire" else []))
        except sealing.SealingError as problem:
            raise CommandError(str(problem)) from None
        except OSError as problem:
            raise CommandError(f"{problem.filename}: {problem.strerror}.") from None

    def _init(self) -> None:
        if ring := sealing.keys():
            self.stdout.write(f"The key ring has {len(ring)} keys.")
        else:
            self.stdout.write(f"Made the first key, {sealing.add_key()}.")

    def _add(self) -> None:
        self.stdout.write(f"Made {sealing.add_key()}; everything new is sealed with it.")

    def _status(self) -> None:
        newest, ring = sealing.newest_key(), sealing.keys()
        credentials, reports = rotation.count_by_key(), rotation.count_reports_by_key()
        for name in [*ring, *sorted((set(credentials) | set(reports)) - set(ring))]:
            mark = " (newest)" if name == newest else "" if name in ring else " (missing!)"
            self.stdout.write(f"{name}{mark}: {credentials[name]} credentials, {reports[name]} reports")

    def _rotate(self) -> None:
        name, made = rotation.key_to_rotate_to()
        self.stdout.write(f"Made {name}." if made else f"Going on to {name}.")
        moved = rotation.rotate()
        self.stdout.write(f"Put {moved} credentials under it. Reports keep their key; new ones use this one.")

    def _verify(self) -> None:
        good, problems = rotation.verify()
        for problem in problems:
            self.stderr.write(problem)
        self.stdout.write(f"{good} credentials open, {len(problems)} do not.")
        if problems:
            raise CommandError("Some credentials cannot be opened.")

    def _retire(self, key: str) -> None:
        rotation.retire(key)
        self.stdout.write(f"{key} is gone.")
