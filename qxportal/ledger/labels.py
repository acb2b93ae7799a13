"""Display labels of jobs, changes, versions and requests."""

from django.utils.translation import gettext_lazy as _

from qxportal.ledger.models import Action, Change, Job, Plan, PlanLine, Undoable, Version
from qxportal.ui.badges import Badge
from qxportal.ui.labels import Labels

LABELS = Labels(
    states={
        "name": {
            "documented": Badge("good", "circle-check", _("Documented"), _("The documentation gives this name.")),
            "sibling-api": Badge(
                "quiet", "info-circle", _("From a related API"), _("A related API has the request under this name.")
            ),
            "inferred": Badge(
                "warn", "help-circle", _("Inferred"), _("The documentation does not give the name; this one is likely.")
            ),
        },
        "heard": {
            "answered": Badge("good", "circle-check", _("Answered")),
            "refused": Badge("warn", "alert-triangle", _("Known, but rejected")),
            "unknown": Badge("bad", "circle-x", _("Unknown name")),
            "unreadable": Badge("bad", "alert-circle", _("Unreadable answer")),
            "untried": Badge("quiet", "circle-dashed", _("Not checked")),
            "old": Badge("quiet", "ban", _("Not in this version")),
        },
        "job": {
            "waiting": Badge("quiet", "clock", _("Waiting"), _("It starts as soon as a worker is free.")),
            "running": Badge("busy", "loader-2", _("Running"), _("It is in progress.")),
            "done": Badge("good", "circle-check", _("Done"), _("All of it succeeded.")),
            "partly": Badge(
                "warn", "alert-triangle", _("Partly done"), _("Some items failed or were skipped. The job says which.")
            ),
            "failed": Badge("bad", "circle-x", _("Failed"), _("It stopped because of an error. You can run it again.")),
            "parked": Badge(
                "warn",
                "alert-triangle",
                _("Gave up"),
                _("The worker crashed several times during this job. It only starts again if you run it again."),
            ),
            "paused": Badge("quiet", "player-pause", _("Paused"), _("It continues when someone resumes it.")),
            "cancelled": Badge("quiet", "ban", _("Cancelled"), _("Someone cancelled it. What was done before stays.")),
        },
        "change": {
            "pending": Badge("quiet", "clock", _("Waiting to be sent"), _("You can still withdraw it.")),
            "sending": Badge("busy", "send", _("Sending"), _("It was sent and the answer has not arrived.")),
            "done": Badge("good", "circle-check", _("Done"), _("The change was made.")),
            "partly": Badge(
                "warn", "alert-triangle", _("Partly done"), _("The change was made, but something of it is left to do.")
            ),
            "refused": Badge(
                "bad", "circle-x", _("Not done"), _("It was rejected, withdrawn or discarded. Nothing changed.")
            ),
            "unknown": Badge(
                "warn",
                "help-circle",
                _("Checking"),
                _("No clear answer arrived. The portal checks whether the change was made."),
            ),
            "person": Badge(
                "warn",
                "user-question",
                _("Needs a decision"),
                _("The portal cannot tell whether to send it. An editor has to decide."),
            ),
            "held": Badge(
                "warn",
                "lock",
                _("On hold"),
                _("This portal is a copy or was restored. Nothing is sent until an operator resumes it."),
            ),
        },
        "plan": {
            "draft": Badge("busy", "loader-2", _("Being prepared"), _("Its lines are being checked.")),
            "ready": Badge("quiet", "clipboard-list", _("Ready to apply"), _("Nothing has happened so far.")),
            "applying": Badge("busy", "send", _("Applying"), _("Its changes are being sent.")),
            "applied": Badge("good", "circle-check", _("Applied"), _("All of its changes have ended.")),
            "partly": Badge(
                "warn",
                "alert-triangle",
                _("Applied in part"),
                _("Some lines failed or were not sent. You can retry them."),
            ),
            "discarded": Badge("quiet", "ban", _("Discarded"), _("Someone put it away. Nothing happened.")),
        },
        "line-action": {
            "add": Badge("good", "circle-plus", _("Add")),
            "change": Badge("quiet", "pencil", _("Change")),
            "remove": Badge("warn", "trash", _("Remove")),
            "skip": Badge("quiet", "circle-dashed", _("Skip")),
            "refuse": Badge("bad", "circle-x", _("Cannot be done")),
        },
        "line": {
            "waiting": Badge("quiet", "clock", _("Not applied")),
            "sent": Badge("busy", "send", _("In progress")),
            "done": Badge("good", "circle-check", _("Done")),
            "failed": Badge("bad", "circle-x", _("Failed")),
            "not-sent": Badge("warn", "alert-triangle", _("Not sent")),
        },
        "undoable": {
            "yes": Badge("quiet", "history", _("Can be undone")),
            "partly": Badge("warn", "history", _("Can be undone in part")),
            "no": Badge("bad", "ban", _("Cannot be undone")),
        },
        "event": {
            "added": Badge("good", "circle-plus", _("Added")),
            "changed": Badge("quiet", "pencil", _("Changed")),
            "gone": Badge("warn", "ghost-2", _("No longer listed")),
            "back": Badge("good", "refresh", _("Listed again")),
        },
        "item": {
            "ok": Badge("good", "check", _("Done")),
            "partly": Badge("warn", "alert-triangle", _("Partly done or skipped")),
            "failed": Badge("bad", "circle-x", _("Failed")),
        },
    },
    verbs={
        "mirror.removal-confirmed": _("Removal confirmed"),
        "changes.exported": _("Changes exported"),
        "plan.made": _("Plan made"),
        "plan.applied": _("Plan applied"),
        "plan.discarded": _("Plan discarded"),
        "plan.shared": _("Plan shared"),
        "plan.exported": _("Plan exported"),
        "mirror.alarm-acknowledged": _("External change acknowledged"),
        "change.look": _("Change checked again"),
        "change.again": _("Change sent again"),
        "change.done": _("Change marked as done"),
        "job.paused": _("Job paused"),
        "job.resumed": _("Job resumed"),
        "job.cancelled": _("Job cancelled"),
        "change.drop": _("Change discarded"),
        "change.looked-after": _("Change marked as resolved"),
    },
    shown_as={
        Job.State: "job",
        Change.State: "change",
        Version.Event: "event",
        Plan.State: "plan",
        PlanLine.State: "line",
        Action: "line-action",
        Undoable: "undoable",
    },
    own_label=[Version.Source],
)
