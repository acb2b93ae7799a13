"""Screen labels for letters with codes and for ending personal links."""

from django.utils.translation import gettext_lazy as _

from qxportal.ui.badges import Badge
from qxportal.ui.labels import Labels

WHYS = {  # why no mail reaches a person
    "none": _("No e-mail address"),
    "address": _("No mail can go to this address"),
    "refused": _("The mail server refused this address"),
    "no-such-address": _("Mail to this address came back"),
    "no-such-domain": _("Mail to this address came back"),
    "mailbox-disabled": _("Mail to this address came back"),
    "returned": _("Mail to this address came back"),
}

LETTER_LABELS = Labels(
    states={
        "letters": {
            "ready": Badge("busy", "download", _("Ready to print"), _("The letters can be downloaded once.")),
            "printed": Badge(
                "good", "circle-check", _("Printed"), _("The letters were downloaded. Their codes are not kept here.")
            ),
            "lost": Badge(
                "bad", "alert-triangle", _("Codes lost"), _("The codes did not arrive. Print these letters again.")
            ),
            "forgotten": Badge(
                "warn", "ghost-2", _("Not downloaded in time"), _("The codes were deleted. Print these letters again.")
            ),
        },
    },
    verbs={
        "links.ended": _("Personal links ended"),
        "letters.printed": _("Letters with codes printed"),
        "letters.downloaded": _("Letters with codes downloaded"),
    },
    requests={"qxEndLinks": _("End personal links"), "qxPrintLetters": _("Print letters with codes")},
    parameters={"person_ids": _("People")},
)
