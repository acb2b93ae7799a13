"""The engine's models."""

from qxportal.engine.models.action_plans import ActionPlan, ActionPlanShare
from qxportal.engine.models.assessments import Assessment, Mailing, Participant, Relationship
from qxportal.engine.models.directory import Brand, Division, Group, OrgStructure, Person, User
from qxportal.engine.models.editions import AnswerClass, Edition, EditionFence, GroupFigures, Series, Voice
from qxportal.engine.models.evaluations import Answer, Evaluation
from qxportal.engine.models.idempotency import KeptResult
from qxportal.engine.models.library import BrandLogo, Graphic, Message, Panel
from qxportal.engine.models.mail import RETURNED_FROM, EngineInstance, Mail, ReminderOptOut, ReportReading, Why
from qxportal.engine.models.nominations import NominationList, Nominee, OutsideNominee
from qxportal.engine.models.report_access import ReportAccess, ReportOpening, StoredReport
from qxportal.engine.models.reports import DataSource, Report
from qxportal.engine.models.schedule import Extension, Schedule
from qxportal.engine.models.site import PersonalLink, PrintedLetter
from qxportal.engine.models.surveys import Block, Competency, Question, Quota, ResponseSet, Stem, Subgroup, Survey
from qxportal.engine.models.traffic import Fault, LoggedCall, PastState, SignInFailures, UsualAddress

__all__ = [
    "RETURNED_FROM",
    "ActionPlan",
    "ActionPlanShare",
    "Answer",
    "AnswerClass",
    "Assessment",
    "Block",
    "Brand",
    "BrandLogo",
    "Competency",
    "DataSource",
    "Division",
    "Edition",
    "EditionFence",
    "EngineInstance",
    "Evaluation",
    "Extension",
    "Fault",
    "Graphic",
    "Group",
    "GroupFigures",
    "KeptResult",
    "LoggedCall",
    "Mail",
    "Mailing",
    "Message",
    "NominationList",
    "Nominee",
    "OrgStructure",
    "OutsideNominee",
    "Panel",
    "Participant",
    "PastState",
    "Person",
    "PersonalLink",
    "PrintedLetter",
    "Question",
    "Quota",
    "Relationship",
    "ReminderOptOut",
    "Report",
    "ReportAccess",
    "ReportOpening",
    "ReportReading",
    "ResponseSet",
    "Schedule",
    "Series",
    "SignInFailures",
    "Stem",
    "StoredReport",
    "Subgroup",
    "Survey",
    "User",
    "UsualAddress",
    "Voice",
    "Why",
]
