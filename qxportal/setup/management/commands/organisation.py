"""Organisations: `manage.py organisation create|connect|list|rename|archive|unarchive`."""

import getpass
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qxportal.accounts.management.operating import add_link_arguments, in_words, tell
from qxportal.accounts.models import Organisation
from qxportal.accounts.setting_up import (
    archive_organisation,
    find_organisation,
    rename_organisation,
    unarchive_organisation,
)
from qxportal.core.commands import SpokenCommand
from qxportal.setup.connecting import HERE, rename_brand
from qxportal.setup.opening import connect_organisation, open_organisation


class Command(SpokenCommand):
    """Opens organisations, each with its first owner and, with an engine of ours, ready to work."""

    help = "Create, connect, list, rename, archive and unarchive organisations; safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do with which organisation."""
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="create an organisation with its first owner")
        create.add_argument("name", help="the name that pages show")
        create.add_argument("--slug", required=True, help="its part of the URL: /o/SLUG/")
        create.add_argument("--owner", required=True, metavar="MAIL", help="the e-mail address of its first owner")
        create.add_argument("--time-zone", default="UTC", help="such as Europe/Vienna")
        create.add_argument(
            "--language", default="en", choices=[code for code, _name in settings.LANGUAGES], help="of its e-mails"
        )
        create.add_argument(
            "--engine",
            nargs="?",
            const=HERE,
            default="",
            metavar="ADDRESS",
            help=f"connect it to an engine of ours: one on this machine ({HERE}), or https://NAME of QXP_ENGINE_HOSTS",
        )
        add_link_arguments(create)
        connect = actions.add_parser(
            "connect", help="connect an organisation without a credential to an engine of ours"
        )
        connect.add_argument("slug")
        connect.add_argument("engine", nargs="?", default=HERE, metavar="ADDRESS", help="as with create --engine")
        actions.add_parser("list", help="list all organisations")
        rename = actions.add_parser("rename", help="give an organisation another name")
        rename.add_argument("slug")
        rename.add_argument("name")
        for action, words in (
            ("archive", "close an organisation: nobody enters, nothing is read or sent, nothing is deleted"),
            ("unarchive", "open an archived organisation again"),
        ):
            actions.add_parser(action, help=words).add_argument("slug")

    def handle(self, *, action: str, **options: Any) -> None:
        """Do it and say what was done."""
        with in_words():
            getattr(self, f"_{action}")(**options)

    def _create(
        self,
        *,
        name: str,
        slug: str,
        owner: str,
        time_zone: str,
        language: str,
        engine: str,
        print_link: bool,
        again: bool,
        **options: Any,
    ) -> None:
        outcome = open_organisation(
            name,
            slug,
            owner,
            time_zone=time_zone,
            language=language,
            engine=engine,
            say=self.stdout.write,
            ask_token=self._ask_token,
            by_hand=print_link,
            again=again,
        )
        tell(self, outcome)
        root = settings.PORTAL_URL.rstrip("/")
        if not engine:
            words = _("Next, the owner enters the API token at %(address)s.")
            self.stdout.write(words % {"address": f"{root}/o/{slug}/settings/credential/"})

    def _connect(self, *, slug: str, engine: str, **options: Any) -> None:
        org = find_organisation(slug)
        connect_organisation(org, engine=engine, say=self.stdout.write, ask_token=self._ask_token)

    def _list(self, **options: Any) -> None:
        rows = Organisation.objects.select_related("credential").annotate(count=Count("members")).order_by("slug")
        for org in rows:
            credential = getattr(org, "credential", None)
            members = ngettext("%(n)d member", "%(n)d members", org.count) % {"n": org.count}
            state = _("archived") if org.archived_at else _("paused") if org.paused else _("open")
            self.stdout.write("\t".join((org.slug, org.name, state, members, str(credential or _("no credential")))))
        if not rows:
            self.stdout.write(_("There is no organisation. `organisation create` makes one."))

    def _rename(self, *, slug: str, name: str, **options: Any) -> None:
        org = find_organisation(slug)
        rename_brand(org, name)  # before the portal, which knows afterwards that it is done
        self.stdout.write(rename_organisation(org, name))

    def _archive(self, *, slug: str, **options: Any) -> None:
        self.stdout.write(archive_organisation(find_organisation(slug)))

    def _unarchive(self, *, slug: str, **options: Any) -> None:
        self.stdout.write(unarchive_organisation(find_organisation(slug)))

    def _ask_token(self) -> str:
        """The token, typed without being shown, or the first line of a pipe."""
        self.stdout.flush()
        return getpass.getpass("Token: ") if sys.stdin.isatty() else sys.stdin.readline()
