"""What screens call jobs, changes, versions and requests."""

from django.utils.translation import gettext_lazy as _

from qxportal.ledger.models import Change, Job, Version
from qxportal.ui.badges import Badge
from qxportal.ui.labels import Labels

LABELS = Labels(
    states={
        "name": {
            "documented": Badge("good", "circle-check", _("Documented")),
            "sibling-api": Badge("quiet", "info-circle", _("From a sibling API")),
            "inferred": Badge("warn", "help-circle", _("Inferred")),
        },
        "heard": {
            "answered": Badge("good", "circle-check", _("Answered")),
            "refused": Badge("warn", "alert-triangle", _("Known, but refused")),
            "unknown": Badge("bad", "circle-x", _("Unknown name")),
            "unreadable": Badge("bad", "alert-circle", _("Unreadable answer")),
            "untried": Badge("quiet", "circle-dashed", _("Untried")),
            "old": Badge("quiet", "ban", _("Not in this version")),
        },
        "job": {
            "waiting": Badge("quiet", "clock", _("Waiting")),
            "running": Badge("busy", "loader-2", _("Running")),
            "done": Badge("good", "circle-check", _("Done")),
            "partly": Badge("warn", "alert-triangle", _("Done in part")),
            "failed": Badge("bad", "circle-x", _("Failed")),
            "parked": Badge("warn", "alert-triangle", _("Parked")),
            "paused": Badge("quiet", "player-pause", _("Paused")),
            "cancelled": Badge("quiet", "ban", _("Cancelled")),
        },
        "change": {
            "pending": Badge("quiet", "clock", _("Pending")),
            "sending": Badge("busy", "send", _("Sending")),
            "done": Badge("good", "circle-check", _("Done")),
            "partly": Badge("warn", "alert-triangle", _("Done in part")),
            "refused": Badge("bad", "circle-x", _("Refused")),
            "unknown": Badge("warn", "help-circle", _("Unknown")),
            "person": Badge("warn", "user-question", _("Needs a person")),
            "held": Badge("warn", "lock", _("Held")),
        },
        "event": {
            "added": Badge("good", "circle-plus", _("Added")),
            "changed": Badge("quiet", "pencil", _("Changed")),
            "gone": Badge("warn", "ghost-2", _("No longer listed")),
            "back": Badge("good", "refresh", _("Listed again")),
        },
        "item": {
            "ok": Badge("good", "check", _("Done")),
            "partly": Badge("warn", "alert-triangle", _("In part")),
            "failed": Badge("bad", "circle-x", _("Failed")),
        },
    },
    verbs={
        "mirror.removal-confirmed": _("Disappearance confirmed"),
        "changes.exported": _("Changes exported"),
        "mirror.alarm-acknowledged": _("Change at the vendor acknowledged"),
        "change.look": _("Change: looked at again"),
        "change.again": _("Change: sent again"),
        "change.done": _("Change: confirmed as carried out"),
        "job.paused": _("Job paused"),
        "job.resumed": _("Job resumed"),
        "job.cancelled": _("Job cancelled"),
        "change.drop": _("Change: given up"),
        "change.looked-after": _("Change: looked after"),
    },
    shown_as={Job.State: "job", Change.State: "change", Version.Event: "event"},
    own_label=[Version.Source],
)
