"""Requests of the catalogue's group `surveys`."""

from tests.qxportal.engine.conformance.assessments import nothing
from tests.qxportal.engine.conformance.case import Case

CASES = {"getSurveys": Case(required=nothing, full=nothing)}
