"""Display labels of lists of evaluators that subjects and managers choose."""

from django.utils.translation import gettext_lazy as _

from qxportal.ui.badges import Badge
from qxportal.ui.labels import Labels

TURNS = {  # who acts next
    "Subject": _("Subject"),
    "Manager": _("Manager"),
    "HR": _("HR"),
}
NOMINATION_LABELS = Labels(
    states={
        "nominations": {
            "Open": Badge("quiet", "circle-dashed", _("Open"), _("The evaluators are being chosen.")),
            "SentBack": Badge(
                "warn",
                "alert-triangle",
                _("Sent back"),
                _("The list was sent back with a reason and has to be changed."),
            ),
            "Submitted": Badge(
                "busy",
                "clock",
                _("Waiting for approval"),
                _("The list was submitted. Its people are asked once it is approved."),
            ),
            "Approved": Badge("good", "circle-check", _("Approved"), _("Everybody on the list has been asked.")),
        },
    },
    requests={
        "qxDecideNominations": _("Submit, approve, send back or reopen nominations"),
        "qxSetNominations": _("Change a list of nominations"),
    },
    parameters={
        "nominees": _("Nominees"),
        "nominations_state": _("State of the nominations"),
        "reason": _("Reason"),
        "without_outside": _("External people taken off the list"),
    },
)
