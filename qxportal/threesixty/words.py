"""The API's closed lists of words."""

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
