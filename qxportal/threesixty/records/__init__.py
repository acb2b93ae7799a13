"""Typed results of calls. Every record keeps the vendor's own row in `raw`.

Reading is tolerant of shape (list or map, string or number, missing optional keys) and strict about identity: a row
without its identifier is an MalformedResponse.
"""

from qxportal.threesixty.records.assessments import AssessmentRecord, EvaluationRecord, SubjectRecord
from qxportal.threesixty.records.created import Created, Pdf
from qxportal.threesixty.records.library import LibraryObjects, ListedMessage, MessageRecord, read_messages
from qxportal.threesixty.records.persons import IgnoredRow, ImportOutcome, PersonRecord
from qxportal.threesixty.records.relationships import RelationshipRecord, read_relationships
from qxportal.threesixty.records.responses import ResponseRecord
from qxportal.threesixty.records.survey_definition import SurveyDefinition
from qxportal.threesixty.records.surveys import QuotaRecord, SurveyNameRecord, SurveyRecord
from qxportal.threesixty.records.users import UserRecord, read_users

__all__ = [
    "AssessmentRecord",
    "Created",
    "EvaluationRecord",
    "IgnoredRow",
    "ImportOutcome",
    "LibraryObjects",
    "ListedMessage",
    "MessageRecord",
    "Pdf",
    "PersonRecord",
    "QuotaRecord",
    "RelationshipRecord",
    "ResponseRecord",
    "SubjectRecord",
    "SurveyDefinition",
    "SurveyNameRecord",
    "SurveyRecord",
    "UserRecord",
    "read_messages",
    "read_relationships",
    "read_users",
]
