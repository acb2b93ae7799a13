"""Backups: `manage.py backup make FOLDER` and `manage.py backup restore portal|engine FILE`."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qxportal.core.commands import SpokenCommand
from qxportal.engine.editions import fence
from qxportal.engine.models import Brand, Evaluation
from qxportal.setup.backups import ALIASES, BackupError, delete_old, make_backup, restore_backup


class Command(SpokenCommand):
    """Dumps the databases, and puts one back."""

    help = "Back up the databases of the portal and the engine, or put a backup into an empty database."

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do with which database."""
        actions = parser.add_subparsers(dest="action", required=True)
        make = actions.add_parser("make", help="dump both databases, each into a file of its own")
        make.add_argument("folder", type=Path)
        make.add_argument("--only", choices=tuple(ALIASES), default="", help="only this database")
        make.add_argument("--keep", type=int, default=0, metavar="DAYS", help="delete older backups, but the newest")
        restore = actions.add_parser("restore", help="put a backup into the empty database that the settings name")
        restore.add_argument("name", choices=tuple(ALIASES))
        restore.add_argument("file", type=Path)

    def handle(self, *, action: str, **options: Any) -> None:
        """Do it and say what was done."""
        try:
            getattr(self, f"_{action}")(**options)
        except BackupError as problem:
            raise CommandError(str(problem)) from None
        except DatabaseError as problem:
            raise CommandError(str(problem).strip().splitlines()[0]) from None
        except OSError as problem:
            raise CommandError(f"{problem.filename}: {problem.strerror}.") from None

    def _make(self, *, folder: Path, only: str, keep: int, **options: Any) -> None:
        failed = []
        for name in (only,) if only else ALIASES:
            try:
                file = make_backup(name, folder)
            except BackupError as problem:  # the other one is made all the same
                failed.append(_("%(name)s: no backup was made. %(problem)s") % {"name": name, "problem": problem})
                continue
            size = file.stat().st_size // 1024 + 1
            self.stdout.write(_("%(name)s: %(file)s, %(size)d kB") % {"name": name, "file": file, "size": size})
            if keep and (deleted := delete_old(name, folder, keep=timedelta(days=keep))):
                words = ngettext("%(n)d older backup deleted.", "%(n)d older backups deleted.", deleted)
                self.stdout.write(words % {"n": deleted})
        if failed:
            raise CommandError("\n".join(failed))

    def _restore(self, *, name: str, file: Path, **options: Any) -> None:
        restore_backup(name, file)
        self.stdout.write(_("Restored the database %(name)s from %(file)s.") % {"name": name, "file": file})
        if name == "portal":
            self.stdout.write(_("Next: manage.py migrate, keys verify, start, then instance resume."))
            return
        self.stdout.write(_("Next: manage.py migrate --database engine, then:"))
        self._tell_of_the_engine()
        self.stdout.write(_("  No mail leaves, and nothing opens or closes, until `engine resume`."))

    def _tell_of_the_engine(self) -> None:
        try:
            with transaction.atomic(using="engine"):
                brands = Brand.objects.count()
                finished = Evaluation.objects.filter(status=Evaluation.Status.COMPLETED).count()
                missing = fence.missing()
        except DatabaseError:  # of an earlier release
            self.stdout.write("  manage.py engine editions show")
            return
        held = ngettext("%(n)d finished evaluation", "%(n)d finished evaluations", finished) % {"n": finished}
        many = ngettext("%(n)d brand", "%(n)d brands", brands) % {"n": brands}
        self.stdout.write(f"  {many}, {held}")
        if missing:
            words = ngettext(
                "  %(n)d edition was given out since the backup. No new one is made until you have read "
                "`engine editions show` and given `engine editions confirm`.",
                "  %(n)d editions were given out since the backup. No new one is made until you have read "
                "`engine editions show` and given `engine editions confirm`.",
                missing,
            )
            self.stdout.write(words % {"n": missing})
        else:
            self.stdout.write(
                _("  No edition is known to be missing. That holds only where the file QXP_EDITIONS was kept.")
            )
