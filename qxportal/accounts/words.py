"""The words of the screens: one vocabulary of statuses, and the nouns that an organisation may rename."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _gettext
from django.utils.translation import gettext_lazy as _

Words = str | Promise


@dataclass(frozen=True)
class Look:
    """How a status appears: tone (quiet, busy, good, warn, bad), icon and words."""

    tone: str
    icon: str
    words: Words


STATES: dict[str, dict[str, Look]] = {
    "name": {
        "documented": Look("good", "circle-check", _("Documented")),
        "sibling-api": Look("quiet", "info-circle", _("From a sibling API")),
        "inferred": Look("warn", "help-circle", _("Inferred")),
    },
    "heard": {
        "answered": Look("good", "circle-check", _("Answered")),
        "refused": Look("warn", "alert-triangle", _("Known, but refused")),
        "unknown": Look("bad", "circle-x", _("Unknown name")),
        "unreadable": Look("bad", "alert-circle", _("Unreadable answer")),
        "untried": Look("quiet", "circle-dashed", _("Untried")),
        "old": Look("quiet", "ban", _("Not in this version")),
    },
    "assessment": {
        "Draft": Look("quiet", "pencil", _("Draft")),
        "Active": Look("busy", "player-play", _("Active")),
        "Closed": Look("quiet", "archive", _("Closed")),
    },
    "subject": {
        "NotStarted": Look("quiet", "circle-dashed", _("Not started")),
        "Collecting": Look("busy", "circle-half-2", _("Collecting")),
        "Thin": Look("warn", "alert-triangle", _("Thin")),
        "Ready": Look("good", "flag-3", _("Ready")),
        "Done": Look("good", "circle-check", _("Done")),
        "Waiting": Look("quiet", "clock", _("Waiting")),
        "Gone": Look("quiet", "ghost-2", _("Removed")),
        "Own": Look("quiet", "lock", _("About you")),
    },
    "readiness": {
        "empty": Look("warn", "circle-dashed", _("No evaluators")),
        "open": Look("warn", "circle-half-2", _("Waiting for answers")),
        "thin": Look("warn", "alert-triangle", _("Too few answers")),
    },
    "compared": {
        "added": Look("good", "user-plus", _("Added")),
        "gone": Look("warn", "ghost-2", _("Gone")),
        "changed": Look("busy", "pencil", _("Changed")),
    },
    "evaluation": {
        "NotStarted": Look("quiet", "circle-dashed", _("Not started")),
        "InProgress": Look("busy", "circle-half-2", _("In progress")),
        "Completed": Look("good", "circle-check", _("Finished")),
        "Declined": Look("warn", "ban", _("Declined")),
    },
    "job": {
        "waiting": Look("quiet", "clock", _("Waiting")),
        "running": Look("busy", "loader-2", _("Running")),
        "done": Look("good", "circle-check", _("Done")),
        "partly": Look("warn", "alert-triangle", _("Done in part")),
        "failed": Look("bad", "circle-x", _("Failed")),
        "parked": Look("warn", "alert-triangle", _("Parked")),
        "paused": Look("quiet", "player-pause", _("Paused")),
        "cancelled": Look("quiet", "ban", _("Cancelled")),
    },
    "change": {
        "pending": Look("quiet", "clock", _("Pending")),
        "sending": Look("busy", "send", _("Sending")),
        "done": Look("good", "circle-check", _("Done")),
        "partly": Look("warn", "alert-triangle", _("Done in part")),
        "refused": Look("bad", "circle-x", _("Refused")),
        "unknown": Look("warn", "help-circle", _("Unknown")),
        "person": Look("warn", "user-question", _("Needs a person")),
        "held": Look("warn", "lock", _("Held")),
    },
    "event": {
        "added": Look("good", "circle-plus", _("Added")),
        "changed": Look("quiet", "pencil", _("Changed")),
        "gone": Look("warn", "ghost-2", _("No longer listed")),
        "back": Look("good", "refresh", _("Listed again")),
    },
    "item": {
        "ok": Look("good", "check", _("Done")),
        "partly": Look("warn", "alert-triangle", _("In part")),
        "failed": Look("bad", "circle-x", _("Failed")),
    },
    "report": {
        "Ready": Look("good", "file-text", _("Ready")),
        "NotReady": Look("quiet", "circle-dashed", _("Not ready")),
    },
}

RELATIONSHIPS: dict[str, Words] = {
    "Self": _("Self"),
    "Manager": _("Manager"),
    "Peer": _("Peer"),
    "DirectReport": _("Direct report"),
}

VERBS: dict[str, Words] = {
    "organisation.created": _("Organisation created"),
    "organisation.changed": _("Organisation settings changed"),
    "credential.changed": _("Credential changed"),
    "member.added": _("Member added"),
    "member.invited": _("Member invited"),
    "member.invitation-revoked": _("Invitation withdrawn"),
    "member.joined": _("Member joined"),
    "member.role-changed": _("Role changed"),
    "member.removed": _("Member removed"),
    "member.person-claimed": _("Member said which person he or she is"),
    "member.person-nobody-claimed": _("Member said that he or she is not in the directory"),
    "member.person-proven": _("Member joined with a person by the address"),
    "member.person-confirmed": _("Member joined with a person"),
    "member.person-nobody": _("Member confirmed as not in the directory"),
    "report.fetched": _("Report fetched"),
    "report.opened": _("Report opened"),
    "report.released": _("Report released"),
    "report.release-withdrawn": _("Release withdrawn"),
    "manager.confirmed": _("Manager confirmed"),
    "report.line-hidden": _("Line of a report hidden for good"),
    "report.answers-taken-out": _("Answers taken out of a report"),
    "mirror.removal-confirmed": _("Disappearance confirmed"),
    "changes.exported": _("Changes exported"),
    "comparison.exported": _("Comparison exported"),
    "mirror.alarm-acknowledged": _("Change at the vendor acknowledged"),
    "change.look": _("Change: looked at again"),
    "change.again": _("Change: sent again"),
    "change.done": _("Change: confirmed as carried out"),
    "rows.purged": _("Rows forgotten"),
    "job.paused": _("Job paused"),
    "job.resumed": _("Job resumed"),
    "job.cancelled": _("Job cancelled"),
    "change.drop": _("Change: given up"),
    "change.looked-after": _("Change: looked after"),
}

REQUESTS: dict[str, Words] = {
    "activateAssessment": _("Activate an assessment"),
    "activateSurvey": _("Switch a survey on"),
    "addPerson": _("Add somebody to an assessment"),
    "changeUserName": _("Change a user name"),
    "closeAssessment": _("Close an assessment"),
    "createAssessment": _("Create an assessment"),
    "createDivision": _("Create a division"),
    "createLibraryMessage": _("Create a message"),
    "createPerson": _("Add somebody to the directory"),
    "createThreeSixty": _("Create an assessment (classic)"),
    "createUser": _("Create a user"),
    "deactivateSurvey": _("Switch a survey off"),
    "deleteAssessment": _("Delete an assessment"),
    "deleteLibraryGraphic": _("Delete an image"),
    "deleteLibraryMessage": _("Delete a message"),
    "deleteUser": _("Delete a user"),
    "importPersons": _("Import people"),
    "importResponses": _("Import responses"),
    "importSurvey": _("Import a survey"),
    "importSurveyTranslations": _("Import translations of a survey"),
    "qxConfirmManager": _("Confirm a subject's manager"),
    "qxHideReportLine": _("Hide a line of a report for good"),
    "qxTakeOutAnswers": _("Take an evaluator's answers out of a report"),
    "removePerson": _("Remove somebody"),
    "reopenAssessment": _("Reopen an assessment"),
    "setCustomRelationships": _("Set the relationships"),
    "setLibraryMessage": _("Change a message"),
    "setPredefinedData": _("Set figures to compare with"),
    "setSubjectStatus": _("Set a subject's status"),
    "setSurveyOptions": _("Set a survey's options"),
    "setUserDataFields": _("Set the user data fields"),
    "transferSurveyOwnership": _("Give a survey to somebody else"),
    "updateAssessment": _("Change an assessment's options"),
    "updatePerson": _("Change a person"),
    "updateUser": _("Change a user"),
    "uploadLibraryGraphic": _("Upload an image"),
}

# The columns of what is mirrored, as history names them. What is not here is made of others and never shown.
FIELDS: dict[str, dict[str, Words]] = {
    "person": {
        "first_name": _("First name"),
        "last_name": _("Last name"),
        "email": _("E-mail address"),
        "user_name": _("User name"),
        "user_id": _("Vendor user"),
        "external": _("External"),
        "department": _("Department"),
        "title": _("Title"),
        "location": _("Location"),
        "manager_email": _("Manager’s address"),
        "metadata": _("Further data"),
    },
    "survey": {"name": _("Name"), "status": _("Status"), "owner_id": _("Owner")},
    "assessment": {
        "name": _("Name"),
        "type": _("Type"),
        "status": _("Status"),
        "owner_id": _("Owner"),
        "survey_id": _("Form"),
        "org_structure_id": _("Directory"),
        "workflow_options": _("Options"),
        "relationships": _("Relationships"),
        "created_at": _("Created"),
        "activated_at": _("Activated"),
        "closed_at": _("Closed"),
    },
    "subject": {
        "first_name": _("First name"),
        "last_name": _("Last name"),
        "email": _("E-mail address"),
        "status": _("Status"),
        "received": _("Evaluations asked for"),
        "completed": _("Evaluations finished"),
        "report_status": _("Report"),
    },
    "evaluation": {
        "evaluator_first_name": _("Evaluator’s first name"),
        "evaluator_last_name": _("Evaluator’s last name"),
        "evaluator_email": _("Evaluator’s address"),
        "relationship": _("Relationship"),
        "unsolicited": _("Given without being asked"),
        "status": _("Status"),
        "started_at": _("Begun"),
        "finished_at": _("Finished"),
    },
}

ALARMS: dict[str, Words] = {
    "assessment-closed": _("Closed"),
    "assessment-reopened": _("Reopened"),
    "assessment-gone": _("No longer listed"),
    "subject-reopened": _("Back to Waiting"),
    "subject-gone": _("No longer a subject"),
}

TERMS: dict[str, Words] = {
    "Assessment": _("Assessment"),
    "Assessments": _("Assessments"),
    "Subject": _("Subject"),
    "Subjects": _("Subjects"),
    "Evaluator": _("Evaluator"),
    "Evaluators": _("Evaluators"),
    "Evaluation": _("Evaluation"),
    "Evaluations": _("Evaluations"),
    "Relationship": _("Relationship"),
    "Relationships": _("Relationships"),
    "Report": _("Report"),
    "Reports": _("Reports"),
}


def term_of(org: Any, word: str) -> str:
    """The organisation's own word for a noun of the API, or ours."""
    own = getattr(org, "terms", None) or {}
    return str(own.get(word) or TERMS.get(word) or _gettext(word))
