"""Shared parts of operators' commands: one sentence instead of a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, ProgrammingError
from django.utils.translation import gettext as _

from qxportal.accounts.setting_up import CannotSetUp, Outcome


def add_link_arguments(parser: CommandParser) -> None:
    """Add options for handing the link to an invited person without an account."""
    parser.add_argument("--print-link", action="store_true", help="print the link instead of e-mailing it")
    parser.add_argument("--again", action="store_true", help="replace the link of an open invitation")


@contextmanager
def in_words() -> Iterator[None]:
    """Turn expected errors into one sentence for the operator."""
    try:
        yield
    except CannotSetUp as problem:
        raise CommandError(str(problem)) from None
    except ProgrammingError:
        raise CommandError(_("The database lacks tables of this release. Run `manage.py migrate` first.")) from None
    except OperationalError as problem:
        words = _("The database cannot be reached: %(problem)s")
        raise CommandError(words % {"problem": str(problem).strip().splitlines()[0]}) from None


def tell(command: BaseCommand, outcome: Outcome) -> None:
    """Print the result; the link goes only to the terminal, never into a log."""
    for line in outcome.lines:
        command.stdout.write(line)
    if outcome.link:
        command.stdout.write(outcome.link)
    elif settings.EMAIL_URL["EMAIL_BACKEND"].endswith("filebased.EmailBackend") and outcome.mailed:
        words = _("QXP_EMAIL_URL is not set: the e-mail was written to %(folder)s.")
        command.stdout.write(words % {"folder": settings.EMAIL_FILE_PATH})
