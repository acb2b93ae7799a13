"""Labels of reading requests in the results of a connection test."""

from qxportal.ui.stored_messages import StoredMessage, gettext_stored

READINGS: dict[str, StoredMessage] = {
    "getAssessments": gettext_stored("List of assessments", details="getAssessments"),
    "getPersons": gettext_stored("List of people", details="getPersons"),
    "getSurveys": gettext_stored("List of surveys", details="getSurveys"),
    "getUserIDs": gettext_stored("List of users", details="getUserIDs"),
    "getAssessment": gettext_stored("One assessment", details="getAssessment"),
    "getCustomRelationships": gettext_stored("Relationships of an assessment", details="getCustomRelationships"),
    "getSubjectStatus": gettext_stored("Subjects of an assessment", details="getSubjectStatus"),
    "getEvaluationStatus": gettext_stored("Evaluations of an assessment", details="getEvaluationStatus"),
    "getSubjectReport": gettext_stored("Figures of a report", details="getSubjectReport"),
    "getSubjectReportPDF": gettext_stored("PDF of a report", details="getSubjectReportPDF"),
    "getSurvey": gettext_stored("One survey", details="getSurvey"),
    "getSurveyName": gettext_stored("Name of a survey", details="getSurveyName"),
    "getQuotas": gettext_stored("Quotas of a survey", details="getQuotas"),
    "getLibraryMessages": gettext_stored("List of library messages", details="getLibraryMessages"),
    "getLibraryMessage": gettext_stored("One library message", details="getLibraryMessage"),
    "getLibraryObjectIDs": gettext_stored("List of library objects", details="getLibraryObjectIDs"),
}
