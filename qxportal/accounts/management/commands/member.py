"""Members: `manage.py member add SLUG MAIL --role ROLE`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from qxportal.accounts.management.operating import add_link_arguments, in_words, tell
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.accounts.setting_up import set_up_member


class Command(BaseCommand):
    """Adds members where nobody is there to invite them."""

    help = "Add a member to an organisation, or invite one; safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whom to add, where, as what."""
        actions = parser.add_subparsers(dest="action", required=True)
        add = actions.add_parser("add", help=self.help)
        add.add_argument("organisation", metavar="SLUG", help="the organisation's slug")
        add.add_argument("email", metavar="MAIL")
        add.add_argument("--role", required=True, choices=[role.value for role in Role])
        add_link_arguments(add)

    def handle(self, *, organisation: str, email: str, role: str, **options: Any) -> None:
        """Add them and say what was done."""
        with in_words():
            org = Organisation.objects.filter(slug=organisation).first()
            if org is None:
                known = ", ".join(Organisation.objects.order_by("slug").values_list("slug", flat=True)[:20])
                raise CommandError(f"Unknown organisation {organisation}. Known: {known or 'none'}.")
            outcome = set_up_member(org, email, Role(role), by_hand=options["print_link"], again=options["again"])
        tell(self, outcome)
