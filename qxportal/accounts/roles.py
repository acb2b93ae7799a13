"""The roles of members and their rights."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """A member's role in one organisation."""

    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Admin")
    EDITOR = "editor", _("Editor")
    AUDITOR = "auditor", _("Auditor")
    READER = "reader", _("Reader")
    COACH = "coach", _("Coach")
    SUBJECT = "subject", _("Subject")

    @property
    def rank(self) -> int:
        """Position in the order of roles; a page requires a minimum rank."""
        return RANKS[self]

    def reaches(self, least: "Role") -> bool:
        """Whether this role includes the rights of `least`."""
        return self.rank >= least.rank


RANKS = {
    Role.OWNER: 50,
    Role.ADMIN: 40,
    Role.EDITOR: 30,
    Role.AUDITOR: 20,
    Role.READER: 10,
    Role.COACH: 0,
    Role.SUBJECT: 0,
}
EXPLANATIONS = {
    Role.OWNER: _("Can do everything, including managing the credential, members and other owners."),
    Role.ADMIN: _("Can run assessments, open reports, and manage members and the credential."),
    Role.EDITOR: _("Can run assessments, and open reports in the subjects' version."),
    Role.AUDITOR: _("Can view everything except reports, including the audit log."),
    Role.READER: _("Can view assessments and people, but no reports."),
    Role.COACH: _("Can only open reports that were released to them."),
    Role.SUBJECT: _("Can only open their own released reports."),
}
