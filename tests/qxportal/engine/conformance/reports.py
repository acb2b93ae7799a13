"""Requests of the catalogue's group `reports`."""

from tests.qxportal.engine.conformance.assessments import named, nothing
from tests.qxportal.engine.conformance.case import Case, Parameters, Scene


def about(scene: Scene) -> Parameters:
    """The report of the scene's subject."""
    return {**named(scene), "PersonID": scene.people[0].public_id}


CASES = {
    "getSubjectReport": Case(required=about, full=nothing),
    "getSubjectReportPDF": Case(required=about, full=lambda scene: {"Viewer": scene.people[1].public_id}),
}
