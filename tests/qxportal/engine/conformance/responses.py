"""Requests of the catalogue's group `responses`."""

from qxportal.engine.models import Evaluation, Panel, ResponseSet, Subgroup
from tests.qxportal.engine.conformance.case import Case, Parameters, Scene


def _form(scene: Scene) -> Parameters:
    return {"SurveyID": scene.survey.public_id}


def _recorded(scene: Scene) -> Evaluation:
    """The form that the subject's manager has completed."""
    found: Evaluation = scene.run(Evaluation.objects.get, subject=scene.subject, status="Completed")
    return found


def _narrowed(scene: Scene) -> Parameters:
    recorded = _recorded(scene)
    spring = scene.run(ResponseSet.objects.create, survey=scene.survey, name="Spring")
    managers = scene.run(Subgroup.objects.create, survey=scene.survey, name="Managers' view", relationships=["Manager"])
    panel = scene.run(Panel.objects.create, brand=scene.engine.brand, library_id="UR_ours", name="Board")
    return {
        "LastResponseID": recorded.public_id,
        "Limit": "10",
        "Offset": "0",
        "ResponseSetID": spring.public_id,
        "SubgroupID": managers.public_id,
        "StartDate": "2026-01-01 00:00:00",
        "EndDate": "2027-01-01 00:00:00",
        "PanelID": panel.public_id,
        **_as_wished(),
    }


def _as_wished() -> Parameters:
    switches = ("Labels", "ExportTags", "ExportQuestionIDs", "LocalTime", "ResponsesInProgress", "LocationData")
    return {**dict.fromkeys(switches, "1"), "Questions": "QID1,QID13", "UnansweredRecode": "-99"}


CASES: dict[str, Case] = {
    "getLegacyResponseData": Case(
        required=_form,
        full=_narrowed,
        instead=lambda scene: {"ResponseID": _recorded(scene).public_id, **_as_wished()},
    ),
}
