"""`manage.py translations`: update the message catalogues, or check that they are current."""

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.core.management.commands import makemessages

LANGUAGES = ("de",)  # all messages
READERS = ("fr", "es")  # further messages for people outside HR
FOR_READERS = (  # the files with these messages, and folders of such files
    "qxportal/engine/",
    "qxportal/mail/",
    "qxportal/ui/dates.py",
    "assessments/mail_preview.py",
    "assessments/unit_names.py",
    "assessments/unit_pdf.py",
    "assessments/unit_tables.py",
    "templates/400.html",
    "templates/403.html",
    "templates/403_csrf.html",
    "templates/404.html",
    "templates/500.html",
    "templates/bare.html",
    "templates/assessments/_unit_cell.html",
    "templates/assessments/_unit_pdf_table.html",
    "templates/assessments/letter_page.html",
    "templates/assessments/letter_pages.html",
    "templates/assessments/unit_report_pdf.html",
)
LEFT_OUT = ("tests/*", "findings/*", "deploy/*", "var/*", ".venv/*", "docs/*")
SORTED = ["--sort-output", "--no-location", "--no-wrap"]


class Command(makemessages.Command):
    """Extract messages with GNU gettext, merge them into each catalogue and compile it."""

    help = "Update and compile the catalogues of messages; with --check only say whether that is to be done."

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = ["--keyword=gettext_stored:1", "--keyword=ngettext_stored:1,2"]
        self.xgettext_options = [*self.xgettext_options, *stored, *SORTED]
        self.msguniq_options = [*self.msguniq_options, *SORTED]
        self.msgmerge_options = [*self.msgmerge_options, "--no-fuzzy-matching", *SORTED]
        self.msgattrib_options = [*self.msgattrib_options, *SORTED]
        self.for_readers = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the switch `--check`; languages and folders are fixed."""
        parser.add_argument("--check", action="store_true", help="change nothing; fail where something is to be done")

    def handle(self, *args: Any, check: bool, verbosity: int, **options: Any) -> None:
        """Update the catalogues; with `--check` restore them and report what would change."""
        for tool in ("xgettext", "msgmerge", "msgfmt"):
            if shutil.which(tool) is None:
                raise CommandError(f"{tool} is missing. Install GNU gettext (Debian: apt-get install gettext).")
        with tempfile.TemporaryDirectory() as folder:
            before = _copies(Path(folder)) if check else {}
            try:
                self._update(verbosity)
                problems = [
                    problem for path in _catalogues() for problem in _problems(path, before.get(path), check=check)
                ]
            finally:
                for path, copy in before.items():
                    for suffix in (".po", ".mo"):
                        shutil.copyfile(copy.with_suffix(suffix), path.with_suffix(suffix))
        if problems:
            raise CommandError("\n".join(problems))
        self.stdout.write("The catalogues are complete." if check else "The catalogues are up to date and complete.")

    def find_files(self, root: str) -> list[Any]:
        """Files to search for messages: all, or those for people outside HR."""
        found: list[Any] = super().find_files(root)
        if not self.for_readers:
            return found
        return [one for one in found if one.path.removeprefix("./").startswith(FOR_READERS)]

    def _update(self, verbosity: int) -> None:
        for self.for_readers, languages in ((False, LANGUAGES), (True, READERS)):
            self._collect(languages, verbosity)
        for path in _catalogues():
            lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
            path.write_text("".join(line for line in lines if "-Date:" not in line), encoding="utf-8")
            subprocess.run(["msgfmt", "--check", "-o", path.with_suffix(".mo"), path], check=True)

    def _collect(self, languages: Sequence[str], verbosity: int) -> None:
        super().handle(
            locale=list(languages),
            exclude=[],
            domain="django",
            all=False,
            extensions=["html", "txt", "py"],
            symlinks=False,
            ignore_patterns=list(LEFT_OUT),
            use_default_ignore_patterns=True,
            no_wrap=True,
            no_location=True,
            add_location=None,
            no_obsolete=True,
            keep_pot=False,
            verbosity=max(0, verbosity - 1),
        )


def _catalogues() -> list[Path]:
    return sorted((settings.BASE_DIR / "qxportal").glob("**/locale/*/LC_MESSAGES/django.po"))


def _copies(folder: Path) -> dict[Path, Path]:
    copies = {}
    for number, path in enumerate(_catalogues()):
        copies[path] = folder / f"{number}.po"
        for suffix in (".po", ".mo"):
            shutil.copyfile(path.with_suffix(suffix), copies[path].with_suffix(suffix))
    return copies


def _problems(path: Path, before: Path | None, *, check: bool) -> list[str]:
    """Problems of a catalogue: missing translations, messages missing from it, or an outdated compiled form."""
    name = path.relative_to(settings.BASE_DIR)
    untranslated = _messages(path, "--untranslated") + _messages(path, "--only-fuzzy")
    found = [f"{name}: {untranslated} messages are not translated."] if untranslated else []
    if check and before is not None:
        if before.read_bytes() != path.read_bytes():
            found.append(f"{name} is not up to date: run ./portal manage translations.")
        elif before.with_suffix(".mo").read_bytes() != path.with_suffix(".mo").read_bytes():
            found.append(f"{name.with_suffix('.mo')} is not what {name.name} says: run ./portal manage translations.")
    return found


def _messages(path: Path, which: str) -> int:
    """Number of such messages in the catalogue."""
    chosen = subprocess.run(["msgattrib", which, "--no-obsolete", path], capture_output=True, text=True, check=True)
    return max(0, chosen.stdout.count("\nmsgid ") + chosen.stdout.startswith("msgid ") - 1) if chosen.stdout else 0
