"""Members: `manage.py member add|role|remove SLUG MAIL`."""

from typing import Any

from django.core.management.base import CommandParser

from qxportal.accounts.management.operating import add_link_arguments, in_words, tell
from qxportal.accounts.roles import Role
from qxportal.accounts.setting_up import change_role, find_organisation, remove_member, set_up_member
from qxportal.core.commands import SpokenCommand


class Command(SpokenCommand):
    """Adds, changes and removes members from the command line."""

    help = "Add a member to an organisation, or invite one; give another role; remove one. Safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the actions, the address and the role."""
        actions = parser.add_subparsers(dest="action", required=True)
        for action, words in (
            ("add", "add a member, or invite one"),
            ("role", "give a member, or an open invitation, another role"),
            ("remove", "end a membership or an open invitation; the account stays"),
        ):
            one = actions.add_parser(action, help=words)
            one.add_argument("organisation", metavar="SLUG", help="the organisation's slug")
            one.add_argument("email", metavar="MAIL")
            if action != "remove":
                one.add_argument("--role", required=True, choices=[role.value for role in Role])
            if action == "add":
                add_link_arguments(one)

    def handle(self, *, action: str, organisation: str, email: str, **options: Any) -> None:
        """Carry out the action and print its result."""
        with in_words():
            org = find_organisation(organisation)
            if action == "role":
                self.stdout.write(change_role(org, email, Role(options["role"])))
            elif action == "remove":
                self.stdout.write(remove_member(org, email))
            else:
                role = Role(options["role"])
                tell(self, set_up_member(org, email, role, by_hand=options["print_link"], again=options["again"]))
