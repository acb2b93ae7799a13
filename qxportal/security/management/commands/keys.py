"""The key ring: `manage.py keys init|status|add|rotate|verify|retire KEY`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from qxportal.security import key_ring, rotation
from qxportal.security.errors import SealingError
from qxportal.security.stores import STORES


class Command(BaseCommand):
    """Manages the keys that seal what is registered in `STORES`."""

    help = "Manages the key ring that seals credentials and reports."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the actions and the key."""
        parser.add_argument("action", choices=["init", "status", "add", "rotate", "verify", "retire"])
        parser.add_argument("key", nargs="?", default="", help="the key to retire")

    def handle(self, *, action: str, key: str, **options: Any) -> None:
        """Carry out the action and print its result."""
        try:
            getattr(self, f"_{action}")(*([key] if action == "retire" else []))
        except SealingError as problem:
            raise CommandError(str(problem)) from None
        except OSError as problem:
            raise CommandError(f"{problem.filename}: {problem.strerror}.") from None

    def _init(self) -> None:
        if ring := key_ring.keys():
            self.stdout.write(f"Keys in the ring: {len(ring)}.")
        else:
            self.stdout.write(f"Created the first key, {key_ring.add_key()}.")

    def _add(self) -> None:
        self.stdout.write(f"Created {key_ring.add_key()}. Everything new is sealed with it.")

    def _status(self) -> None:
        newest, ring = key_ring.newest_key(), key_ring.keys()
        counts = {store.name: store.count() for store in STORES.values()}
        missing = {name for count in counts.values() for name in count if name} - set(ring)
        named = {store.name for store in STORES.values() if store.always_named or store.rewrap is None}
        for name in [*ring, *sorted(missing)]:
            mark = " (newest)" if name == newest else "" if name in ring else " (missing!)"
            said = [f"{count[name]} {kind}" for kind, count in counts.items() if kind in named or count[name]]
            self.stdout.write(f"{name}{mark}: {', '.join(said)}")
        for kind, count in counts.items():
            if clear := count[""]:
                self.stdout.write(f"{kind}: {clear} stored unsealed by an earlier release. `keys rotate` seals them.")

    def _rotate(self) -> None:
        name, made = rotation.key_to_rotate_to()
        self.stdout.write(f"Created {name}." if made else f"Continuing with {name}.")
        moved = rotation.rotate_each()
        said = [f"{kind} ({count})" for kind, count in moved.items() if count or STORES[kind].always_named]
        kept = ", ".join(store.name for store in STORES.values() if store.rewrap is None)
        rest = f" {kept.capitalize()} keep their key; new ones use this one." if kept else ""
        self.stdout.write(f"Sealed again: {', '.join(said)}.{rest}")

    def _verify(self) -> None:
        bad = []
        for kind, (good, problems) in rotation.verify_everything().items():
            for problem in problems:
                self.stderr.write(f"{kind}, {problem}")
            if good or problems or STORES[kind].always_named:
                self.stdout.write(f"{kind}: {good} can be opened, {len(problems)} cannot.")
            bad += [kind] if problems else []
        if bad:
            raise CommandError(f"Some {', '.join(bad)} cannot be opened.")

    def _retire(self, key: str) -> None:
        rotation.retire(key)
        self.stdout.write(f"Removed {key}.")
