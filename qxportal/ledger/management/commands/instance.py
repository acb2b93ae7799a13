"""Whether this database is an installation or a copy of one: `manage.py instance status|resume|join`."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from qxportal.core.commands import SpokenCommand
from qxportal.ledger.models import Change
from qxportal.ledger.outbox import fencing
from qxportal.security import instance
from qxportal.security.instance import InstanceCheck, Standing

WORDS = {
    Standing.NEW: gettext_lazy("New: the first start adopts this database."),
    Standing.OWN: gettext_lazy("This installation's own database: calls go out."),
    Standing.STRANGER: gettext_lazy(
        "This machine has no instance file, so nothing is sent from here. `instance join` if it is one more machine\n"
        "of the installation that works on this database; `instance resume` if database and machine were copied."
    ),
    Standing.COPY: gettext_lazy(
        "A copy, or restored: nothing is sent. `instance resume` makes it an installation of its own. Do that only\n"
        "where the original does not run any more, or where the credentials here are others."
    ),
}


class Command(SpokenCommand):
    """Shows this machine's relation to its database, and resumes a copy."""

    help = "Tells whether this database is a copy, which sends nothing, and lets it go on."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the actions."""
        parser.add_argument("action", choices=["status", "resume", "join"])

    def handle(self, *, action: str, **options: Any) -> None:
        """Carry out the action and print its result."""
        getattr(self, f"_{action}")(instance.check())

    def _status(self, found: InstanceCheck) -> None:
        self.stdout.write(str(WORDS[found.standing]))
        for reason in _reasons(found):
            self.stdout.write(f"  {reason}")
        states = dict.fromkeys(Change.OPEN, 0)
        for state in Change.objects.filter(state__in=Change.OPEN).values_list("state", flat=True):
            states[Change.State(state)] += 1
        told = ", ".join(f"{count} {str(state.label).lower()}" for state, count in states.items() if count)
        self.stdout.write(_("Open changes: %(counts)s.") % {"counts": told} if told else _("Open changes: none."))

    def _resume(self, found: InstanceCheck) -> None:
        if found.may_call:
            raise CommandError(_("Nothing is held here."))
        count = fencing.resume()
        words = ngettext(
            "Resumed as an installation of its own. %(n)d change is read back before anything is sent.",
            "Resumed as an installation of its own. %(n)d changes are read back before anything is sent.",
            count,
        )
        self.stdout.write(words % {"n": count})

    def _join(self, found: InstanceCheck) -> None:
        if found.standing is Standing.NEW:
            raise CommandError(_("There is nothing to join: the first start adopts this database."))
        if not instance.join():
            raise CommandError(_("This database is a copy, or was restored: `instance resume` lets it go on."))
        self.stdout.write(_("This machine belongs to the installation now."))


def _reasons(found: InstanceCheck) -> list[str]:
    """Evidence that the database is a copy."""
    row = found.row
    if row is None:
        return []
    if row.held_at:
        return [_("Held since %(at)s UTC.") % {"at": f"{row.held_at:%Y-%m-%d %H:%M}"}]
    reasons = {
        _("The database is another one than where its installation began, or was restored."): not found.same_place,
        _("The database is at an earlier state than this machine has seen."): found.set_back,
        _("The instance file here belongs to another installation."): found.foreign,
    }
    return [reason for reason, holds in reasons.items() if holds]
