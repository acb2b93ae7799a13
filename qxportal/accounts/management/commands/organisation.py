"""Organisations: `manage.py organisation create NAME --slug S --owner MAIL`."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from qxportal.accounts.management.operating import add_link_arguments, in_words, tell
from qxportal.accounts.setting_up import set_up_organisation


class Command(BaseCommand):
    """Makes organisations, each with its first owner."""

    help = "Create an organisation with its first owner; safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        """What to make."""
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help=self.help)
        create.add_argument("name", help="the name that pages show")
        create.add_argument("--slug", required=True, help="its part of the URL: /o/SLUG/")
        create.add_argument("--owner", required=True, metavar="MAIL", help="the e-mail address of its first owner")
        create.add_argument("--time-zone", default="UTC", help="such as Europe/Vienna")
        add_link_arguments(create)

    def handle(self, *, name: str, slug: str, owner: str, time_zone: str, **options: Any) -> None:
        """Make it and say what was done."""
        with in_words():
            outcome = set_up_organisation(
                name, slug, owner, time_zone=time_zone, by_hand=options["print_link"], again=options["again"]
            )
        tell(self, outcome)
        root = settings.PORTAL_URL.rstrip("/")
        self.stdout.write(f"Next, the owner enters the API token at {root}/o/{slug}/settings/credential/.")
