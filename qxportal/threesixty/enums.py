"""The API's enumerations."""

from enum import StrEnum


class AssessmentType(StrEnum):
    """The kinds of assessment (createAssessment Type)."""

    THREE_SIXTY = "360"
    EMPLOYEE_ENGAGEMENT = "EE"
    EMPLOYEE_PULSE = "EmployeePulse"


class SubjectStatus(StrEnum):
    """The states of a subject (setSubjectStatus Status)."""

    DONE = "Done"
    WAITING = "Waiting"


class ImportType(StrEnum):
    """What importPersons imports (Type)."""

    DIRECTORY = "Directory"
    SUBJECTS = "Subjects"
    EVALUATORS = "Evaluators"
    PARTICIPANTS = "Participants"


class MessageCategory(StrEnum):
    """The purpose of a library message (createLibraryMessage Category)."""

    INVITE_EMAILS = "InviteEmails"
    INACTIVE_SURVEY_MESSAGES = "InactiveSurveyMessages"
    REMINDER_EMAILS = "ReminderEmails"
    THANK_YOU_EMAILS = "ThankYouEmails"
    END_OF_SURVEY_MESSAGES = "EndOfSurveyMessages"
    GENERAL_MESSAGES = "GeneralMessages"
    VALIDATION_MESSAGES = "ValidationMessages"
    LOOK_AND_FEEL_MESSAGES = "LookAndFeelMessages"
    EMAIL_SUBJECT = "EmailSubject"
    SMS_INVITE = "SMSInvite"
    SMS_REMINDER = "SMSReminder"
    SMS_THANK_YOU = "SMSThankYou"
    TICKET_MESSAGES = "TicketMessages"
    EVALUATOR_INVITE = "EvaluatorInvite"
    EVALUATOR_REMINDER = "EvaluatorReminder"
    TS_SUBJECT_LINE = "TSSubjectLine"


class UserStatus(StrEnum):
    """Whether a user may sign in (updateUser Status)."""

    ACTIVE = "Active"
    DISABLED = "Disabled"
    NOT_VERIFIED = "NotVerified"


class SurveyFormat(StrEnum):
    """File format of a survey import (importSurvey ImportFormat)."""

    TXT = "TXT"
    QSF = "QSF"
    DOC = "DOC"
    DOCX = "DOCX"


class ResponseFormat(StrEnum):
    """Export format of responses (getLegacyResponseData Format)."""

    JSON = "JSON"
    CSV = "CSV"
    XML = "XML"
    HTML = "HTML"
