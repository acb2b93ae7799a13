"""Display labels of members, credentials and log entries."""

from django.utils.translation import gettext_lazy as _

from qxportal.accounts.models import Credential, Member, PortalMail
from qxportal.accounts.roles import Role
from qxportal.ui.labels import Labels

LABELS = Labels(
    verbs={
        "organisation.created": _("Organisation created"),
        "organisation.changed": _("Settings changed"),
        "organisation.renamed": _("Organisation renamed"),
        "organisation.archived": _("Organisation archived"),
        "organisation.unarchived": _("Archived organisation opened again"),
        "list.exported": _("List exported"),
        "calendar.made": _("Calendar password made"),
        "calendar.revoked": _("Calendar password revoked"),
        "view.shared": _("View of a list shared"),
        "view.changed": _("Shared view of a list changed"),
        "view.unshared": _("Shared view of a list made private"),
        "view.deleted": _("Shared view of a list deleted"),
        "credential.changed": _("Credential changed"),
        "credential.name-changed": _("Name of a request changed"),
        "member.added": _("Member added"),
        "member.invited": _("Member invited"),
        "member.invitation-revoked": _("Invitation revoked"),
        "member.joined": _("Member joined"),
        "member.role-changed": _("Role changed"),
        "member.removed": _("Member removed"),
    },
    own_label=[Role, Member.PersonState, Credential.Version, PortalMail.Why],
)
