"""The engine's tables, by noun."""

from qxportal.engine.models.assessments import Assessment, Participant, Relationship
from qxportal.engine.models.directory import Brand, Division, OrgStructure, Person, User
from qxportal.engine.models.evaluations import Answer, Evaluation
from qxportal.engine.models.reports import DataSource, Report
from qxportal.engine.models.surveys import Competency, Question, Survey
from qxportal.engine.models.traffic import Call, Fault

__all__ = [
    "Answer",
    "Assessment",
    "Brand",
    "Call",
    "Competency",
    "DataSource",
    "Division",
    "Evaluation",
    "Fault",
    "OrgStructure",
    "Participant",
    "Person",
    "Question",
    "Relationship",
    "Report",
    "Survey",
    "User",
]
