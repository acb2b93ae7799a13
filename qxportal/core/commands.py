"""Commands of operators, which speak the language of the installation, or that of `--language`."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import translation


class SpokenCommand(BaseCommand):
    """A command whose words are translated; its options and their help are not.

    `--language` stands before the action: `manage.py member --language de add …`.
    """

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Add the option `--language`."""
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        codes = [code for code, _name in settings.LANGUAGES]
        words = f"what the command speaks (as a rule {settings.LANGUAGE_CODE}, from QXP_LANGUAGE)"
        parser.add_argument("--language", dest="spoken", choices=codes, default=settings.LANGUAGE_CODE, help=words)
        return parser

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run the command in the chosen language."""
        with translation.override(options.pop("spoken", settings.LANGUAGE_CODE)):
            return super().execute(*args, **options)
