"""Display labels of assessments."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from assessments.forms import LIMITS, SWITCHES, BasicsForm, CloseForm, RemoveForm
from assessments.models import Assessment, BatchFile, Evaluation, Subject, Timetable, TimetableRun
from assessments.schedule_forms import ScheduleForm
from qxportal.ui.badges import Badge
from qxportal.ui.labels import Labels

LABELS = Labels(
    states={
        "assessment": {
            "Draft": Badge("quiet", "pencil", _("Draft"), _("In preparation. Evaluators cannot answer.")),
            "Active": Badge("busy", "player-play", _("Active"), _("Evaluators can answer.")),
            "Closed": Badge("quiet", "archive", _("Closed"), _("Evaluators can no longer answer.")),
        },
        "subject": {
            "NotStarted": Badge("quiet", "circle-dashed", _("Not started"), _("No evaluation is finished.")),
            "Collecting": Badge(
                "busy",
                "circle-half-2",
                _("Waiting for answers"),
                _("Some evaluations are finished, others are still open."),
            ),
            "Thin": Badge(
                "warn",
                "alert-triangle",
                _("Too few answers"),
                _("All evaluations are finished, but in at least one group there are too few of them to be shown."),
            ),
            "Ready": Badge(
                "good",
                "flag-3",
                _("Ready"),
                _("All evaluations are finished, and every group has enough answers to be shown."),
            ),
            "Done": Badge(
                "good",
                "circle-check",
                pgettext_lazy("status of a subject", "Done"),
                _("No more answers are expected, and the report can be fetched."),
            ),
            "Waiting": Badge(
                "quiet",
                "clock",
                pgettext_lazy("status of a subject", "Waiting"),
                _("The subject is not done. Evaluators can answer."),
            ),
            "Gone": Badge("quiet", "ghost-2", _("Removed"), _("No longer a subject of the assessment.")),
            "Own": Badge(
                "quiet",
                "lock",
                _("About you"),
                _("You are this subject. How far it is and who answers are shown to other members only."),
            ),
        },
        "readiness": {
            "empty": Badge("warn", "circle-dashed", _("No evaluators"), _("No evaluators have been added.")),
            "open": Badge(
                "warn", "circle-half-2", _("Waiting for answers"), _("At least one evaluation is not finished.")
            ),
            "thin": Badge(
                "warn",
                "alert-triangle",
                _("Too few answers"),
                _("All evaluations are finished, but in at least one group there are too few of them to be shown."),
            ),
            "ready": Badge(
                "good",
                "flag-3",
                _("Ready"),
                _("All evaluations are finished, and every group has enough answers to be shown."),
            ),
        },
        "outlook": {
            "complete": Badge(
                "good",
                "circle-check",
                _("Nothing open"),
                _("Every requested evaluation is finished or declined, or its subject is done."),
            ),
            "on_track": Badge(
                "good",
                "circle-check",
                _("On track"),
                _("At the pace of the last 7 days, at least 90 % will be finished by the deadline."),
            ),
            "at_risk": Badge(
                "warn",
                "alert-triangle",
                _("At risk"),
                _("At the pace of the last 7 days, 70 to 89 % will be finished by the deadline."),
            ),
            "behind": Badge(
                "bad",
                "alert-circle",
                _("Behind"),
                _("At the pace of the last 7 days, less than 70 % will be finished by the deadline."),
            ),
            "overdue": Badge(
                "bad", "clock", _("Past the deadline"), _("The deadline has passed, and evaluations are still open.")
            ),
            "open": Badge("busy", "player-play", _("No deadline"), _("Evaluations come in, and no deadline is set.")),
            "still": Badge(
                "warn",
                "player-pause",
                _("No progress"),
                _("No deadline is set, and no evaluation was finished in the last 7 days."),
            ),
            "unknown": Badge(
                "quiet",
                "circle-dashed",
                _("Too early to say"),
                _("The assessment has run for less than 3 days, or fewer than 5 people were asked."),
            ),
        },
        "chance": {
            "enough": Badge(
                "good",
                "circle-check",
                _("Enough answers"),
                _("Every group that can be shown has enough answers."),
            ),
            "likely": Badge(
                "good",
                "flag-3",
                _("Likely"),
                _("At least 80 %: the chance that every group that can be shown has enough answers in time."),
            ),
            "uncertain": Badge(
                "warn",
                "circle-half-2",
                _("Uncertain"),
                _("40 to 79 %: the chance that every group that can be shown has enough answers in time."),
            ),
            "unlikely": Badge(
                "bad",
                "alert-triangle",
                _("Unlikely"),
                _("Less than 40 %: the chance that every group that can be shown has enough answers in time."),
            ),
            "impossible": Badge(
                "bad",
                "alert-circle",
                _("Not possible"),
                _("No group has enough open evaluations to reach its minimum. Add evaluators."),
            ),
        },
        "timetable": {
            "active": Badge("good", "player-play", pgettext_lazy("timetable", "Active")),
            "paused": Badge("warn", "player-pause", pgettext_lazy("timetable", "Paused")),
            "ended": Badge("quiet", "archive", pgettext_lazy("timetable", "Ended")),
        },
        "timetable-run": {
            "held": Badge(
                "busy", "clock", _("Applies itself"), _("The plan is on hold and is applied unless someone stops it.")
            ),
            "applied": Badge(
                "good",
                "circle-check",
                pgettext_lazy("run of a timetable", "Applied"),
                _("The plan was applied, by itself or by a person."),
            ),
            "waiting": Badge(
                "warn",
                "user-question",
                _("Waits for a person"),
                _("The plan is not what was announced, or too large. Someone has to check and apply it."),
            ),
            "stopped": Badge(
                "quiet",
                "ban",
                pgettext_lazy("run of a timetable", "Stopped"),
                _("Nothing is applied unless someone applies the plan."),
            ),
            "nothing": Badge("quiet", "circle-dashed", _("Nothing to do"), _("No plan was made.")),
        },
        "compared": {
            "added": Badge("good", "user-plus", _("Added")),
            "gone": Badge("warn", "ghost-2", _("No longer listed")),
            "changed": Badge("busy", "pencil", _("Changed")),
        },
        "evaluation": {
            "NotStarted": Badge(
                "quiet", "circle-dashed", _("Not started"), _("The evaluator has not answered anything.")
            ),
            "InProgress": Badge(
                "busy",
                "circle-half-2",
                _("In progress"),
                _("The evaluator has started, but has not submitted the answers."),
            ),
            "Completed": Badge("good", "circle-check", _("Finished"), _("The evaluator has submitted the answers.")),
            "Declined": Badge("warn", "ban", _("Declined"), _("The evaluator has declined to evaluate this subject.")),
        },
        "reader": {
            "Planned": Badge(
                "quiet", "calendar", _("Planned"), _("The person can open the report from the first day on.")
            ),
            "Open": Badge("good", "circle-check", _("Released"), _("The person can open the report.")),
            "Ended": Badge("quiet", "lock", _("Ended"), _("The person can no longer open the report.")),
            "WaitsForApproval": Badge(
                "warn", "clock", _("Waiting for approval"), _("The manager has to approve the report first.")
            ),
            "SentBack": Badge(
                "warn", "alert-triangle", _("Sent back"), _("The manager did not approve the report and said why.")
            ),
        },
        "batch-file": {
            "waiting": Badge("quiet", "clock", _("Waiting"), _("The report will be fetched.")),
            "fetched": Badge("good", "circle-check", _("Fetched"), _("The report is here.")),
            "failed": Badge(
                "bad", "alert-circle", _("Failed"), _("The report was not fetched, and can be tried again.")
            ),
        },
        "report": {
            "Ready": Badge("good", "file-text", _("Ready"), _("Those with access to the report can open it.")),
            "NotReady": Badge("quiet", "circle-dashed", _("Not ready"), _("The report cannot be opened.")),
        },
    },
    relationships={
        "Self": _("Self"),
        "Manager": _("Manager"),
        "Peer": _("Peer"),
        "DirectReport": _("Direct report"),
    },
    verbs={
        "answers.allowed": _("Exports of answers turned on"),
        "answers.downloaded": _("File of exported answers downloaded"),
        "answers.exported": _("Answers exported"),
        "answers.forbidden": _("Exports of answers turned off"),
        "answers.imported": _("Import of responses recorded"),
        "request.read": _("API request read"),
        "request.recorded": _("API request sent"),
        "reports.batch-started": _("Fetch of reports started"),
        "reports.downloaded": _("Reports downloaded as a ZIP file"),
        "report.fetched": _("Report fetched"),
        "report.previewed": _("Report of a fictional person made"),
        "report.opened": _("Report opened"),
        "unit-report.made": _("Group report made"),
        "unit-report.opened": _("Group report opened"),
        "report.links-started": _("Sending of report links started"),
        "report.link-sent": _("Report link sent"),
        "report.link-ended": _("Report link ended"),
        "report.link-opened": _("Report opened by a link"),
        "report.released": _("Report released"),
        "report.release-withdrawn": _("Release withdrawn"),
        "report.released-on-site": _("Report released on the site"),
        "reports.released": _("Reports released on the site"),
        "reports.held": _("Releases of reports held"),
        "reports.withdrawn": _("Reports withdrawn on the site"),
        "reports.release-undone": _("Releases of reports changed back"),
        "report.withdrawn-on-site": _("Release on the site withdrawn"),
        "report.evaluators-named": _("Evaluators named for a report"),
        "report.gate-set": _("Requirements for reports changed"),
        "manager.confirmed": _("Manager confirmed"),
        "report.line-hidden": _("Report line hidden permanently"),
        "report.answers-taken-out": _("Answers removed from a report"),
        "evaluation.reset": _("Evaluation reset"),
        "evaluator.removed": _("Evaluator removed"),
        "comparison.exported": _("Comparison exported"),
        "assessment.deleted": _("Assessment deleted"),
        "person.removed": _("Person removed from the directory"),
        "rows.purged": _("Old records deleted"),
        "timetable.set": _("Timetable set"),
        "timetable.paused": _("Timetable paused"),
        "timetable.resumed": _("Timetable resumed"),
        "timetable.deleted": _("Timetable deleted"),
        "timetable.stopped": _("Plan on hold stopped"),
    },
    requests={
        "activateAssessment": _("Activate an assessment"),
        "addPerson": _("Add a person to an assessment"),
        "closeAssessment": _("Close an assessment"),
        "createAssessment": _("Create an assessment"),
        "createThreeSixty": _("Create an assessment (older request)"),
        "deleteAssessment": _("Delete an assessment"),
        "qxAddEvaluator": _("Add an evaluator"),
        "qxChangeRelationship": _("Change an evaluator’s relationship"),
        "qxConfirmManager": _("Confirm a subject’s manager"),
        "qxHideReportLine": _("Hide a report line permanently"),
        "qxRemoveEvaluator": _("Remove an evaluator"),
        "qxRenameAssessment": _("Rename an assessment"),
        "qxReopenEvaluation": _("Reopen an evaluation"),
        "qxResetEvaluation": _("Reset an evaluation"),
        "qxSetExtension": _("Set how long a person may answer"),
        "qxSetComparison": _("Set the earlier round of reports"),
        "qxSetReportGroups": _("Set the groups of reports"),
        "qxSetSchedule": _("Set an assessment’s schedule"),
        "qxSetReportAccess": _("Release a report on the site, or withdraw it"),
        "qxSetReportAccesses": _("Release reports on the site, or withdraw them"),
        "qxTakeOutAnswers": _("Remove an evaluator’s answers from a report"),
        "removePerson": _("Remove a person from an assessment"),
        "reopenAssessment": _("Reopen an assessment"),
        "setCustomRelationships": _("Set custom relationships"),
        "setPredefinedData": _("Set comparison figures"),
        "setSubjectStatus": _("Mark a subject as done, or reopen it"),
        "updateAssessment": _("Change an assessment’s options"),
    },
    fields={
        "assessment": {
            "name": _("Name"),
            "type": _("Type"),
            "status": _("Status"),
            "owner_id": _("Owner"),
            "survey_id": _("Survey"),
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
            "received": _("Evaluations requested"),
            "completed": _("Evaluations finished"),
            "report_status": _("Report"),
        },
        "evaluation": {
            "evaluator_first_name": _("Evaluator’s first name"),
            "evaluator_last_name": _("Evaluator’s last name"),
            "evaluator_email": _("Evaluator’s e-mail address"),
            "relationship": _("Relationship"),
            "unsolicited": _("Unsolicited"),
            "status": _("Status"),
            "started_at": _("Started"),
            "finished_at": _("Finished"),
        },
    },
    parameters={
        **{
            name: field.label or ""
            for form in (BasicsForm, CloseForm, RemoveForm)
            for name, field in form.base_fields.items()
        },
        **{name: label for name, (label, _on) in SWITCHES.items()},
        **LIMITS,
        "status": _("Status"),
        "relationships": _("Relationships"),
        "groups": _("Groups in reports"),
        "earlier_round": _("Earlier round"),
        "not_compared": _("Statements not compared"),
        "rows": _("Evaluators"),
        "evaluations_given": _("Evaluations given"),
        "evaluations_finished": _("Evaluations finished"),
        "survey": _("Survey"),
        "subject_in": _("Assessments as a subject"),
        "relationship": _("Relationship"),
        "evaluation_state": _("State of the evaluation"),
        **{name: field.label or "" for name, field in ScheduleForm.base_fields.items()},
        "remind_at": _("Reminders"),
        "until": _("May answer until"),
        "remove_answers": _("Also remove the answers"),
        "manager": _("Manager"),
        "subject_email": _("Subject’s e-mail address"),
        "subject_unique_id": _("Subject’s unique identifier"),
        "edition": _("Edition"),
        "assessment_open": _("Assessment is open"),
    },
    alarms={
        "assessment-closed": _("Closed"),
        "assessment-reopened": _("Reopened"),
        "assessment-gone": _("No longer listed"),
        "subject-reopened": _("Subject reopened"),
        "subject-gone": _("No longer a subject"),
    },
    own_label=[Assessment.Type, BatchFile.State, Timetable.Repeats],
    shown_as={
        Assessment.Status: "assessment",
        Subject.Status: "subject",
        Evaluation.Status: "evaluation",
        Timetable.State: "timetable",
        TimetableRun.State: "timetable-run",
    },
)
