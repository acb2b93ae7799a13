"""Our own request about how many answers reports need: group `editions`."""

from tests.qxportal.engine.conformance.assessments import named
from tests.qxportal.engine.conformance.case import Case

CASES = {"qxGetThresholds": Case(required=lambda sample: {}, full=named)}
