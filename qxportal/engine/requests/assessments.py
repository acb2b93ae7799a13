"""Requests about an assessment as a whole."""

from collections.abc import Callable, Mapping

from django.utils import timezone

from qxportal.engine import access, ids, relationships, workflow
from qxportal.engine.answering import close_sessions
from qxportal.engine.answers import php_map, stamp
from qxportal.engine.arguments import Arguments
from qxportal.engine.default_form import make_default_form
from qxportal.engine.models import Assessment, Division, Evaluation, Participant, Report, Survey, User
from qxportal.engine.problems import Conflict, Forbidden, Invalid, Missing


def get_assessments(user: User, arguments: Arguments) -> object:
    """List every assessment of the brand."""
    found = Assessment.objects.filter(brand=user.brand).select_related(
        "owner", "owner_division", "survey", "org_structure"
    )
    return {"Assessments": [record(assessment) for assessment in found.order_by("pk")]}


def get_assessment(user: User, arguments: Arguments) -> object:
    """Give one assessment's definition."""
    assessment = access.assessment(user, arguments.text("ThreeSixtyID"))
    return {
        **record(assessment),
        "WorkFlowOptions": php_map(assessment.options),
        "Relationships": relationships.listed(assessment),
    }


def create_assessment(user: User, arguments: Arguments) -> object:
    """Make an assessment as a draft."""
    kind = arguments.text("Type") or Assessment.Type.THREE_SIXTY
    if kind not in Assessment.Type.values:
        raise Invalid("Type", f"Possible: {', '.join(Assessment.Type.values)}.")
    return _create(user, arguments, Assessment.Type(kind))


def create_three_sixty(user: User, arguments: Arguments) -> object:
    """Make an assessment in the words of the older versions; both values of NewAssessment give a 360."""
    return _create(user, arguments, Assessment.Type.THREE_SIXTY)


def activate_assessment(user: User, arguments: Arguments) -> object:
    """Open an assessment for answers, for the first time or again."""
    assessment = access.assessment(user, arguments.text("ThreeSixtyID"), lock=True)
    if assessment.status != Assessment.Status.ACTIVE:
        assessment.status = Assessment.Status.ACTIVE
        assessment.activated_at = timezone.now()
        assessment.closed_at = None
        assessment.save(update_fields=["status", "activated_at", "closed_at"])
    return {"Success": True}


def close_assessment(user: User, arguments: Arguments) -> object:
    """End answering; begun forms may be recorded as they are, and the reports made ready."""
    assessment = access.assessment(user, arguments.text("ThreeSixtyID"), lock=True)
    if assessment.status == Assessment.Status.DRAFT:
        raise Conflict("ETS3", "A draft cannot be closed: it was never active.")
    if arguments.flag("CloseSessions"):
        close_sessions(Evaluation.objects.filter(assessment=assessment))
    if arguments.flag("ReadyReports"):
        Participant.objects.filter(assessment=assessment, is_subject=True, removed_at=None).update(report_ready=True)
    if assessment.status != Assessment.Status.CLOSED:
        assessment.status = Assessment.Status.CLOSED
        assessment.closed_at = timezone.now()
        assessment.save(update_fields=["status", "closed_at"])
    return {"Success": True}


def get_custom_relationships(user: User, arguments: Arguments) -> object:
    """List the assessment's own relationships."""
    return relationships.listed(access.assessment(user, arguments.text("ThreeSixtyID")))


def set_custom_relationships(user: User, arguments: Arguments) -> object:
    """Replace the assessment's own relationships."""
    assessment = access.assessment(user, arguments.text("ThreeSixtyID"), lock=True)
    parameter = "jsonOfRelationships"
    wished = relationships.definitions(arguments.structure(parameter), parameter=parameter)
    relationships.replace(assessment, wished, parameter=parameter)
    return {"Success": True}


def record(assessment: Assessment) -> dict[str, object]:
    """One line of getAssessments."""
    return {
        "ThreeSixtyID": assessment.public_id,
        "Name": assessment.name,
        "Type": assessment.type,
        "Status": assessment.status,
        "OwnerID": assessment.owner_public_id,
        "SurveyID": assessment.survey.public_id,
        "OrgStructureID": assessment.org_structure.public_id,
        "CreationDate": stamp(assessment.created_at),
        "ActivationDate": stamp(assessment.activated_at),
        "CloseDate": stamp(assessment.closed_at),
    }


def _create(user: User, arguments: Arguments, kind: Assessment.Type) -> object:
    name = arguments.text("Name")
    if not name:
        raise Missing("Name")
    wished = relationships.definitions(arguments.structure("Relationships"), parameter="Relationships")
    options = workflow.options(arguments.structure("WorkFlowOptions"))
    public_id = _unused_id(arguments)
    owner, division = _owner(user, arguments.text("OwnerID"))
    survey = _form(user, arguments.text("SurveyID"), name)
    assessment = Assessment.objects.create(
        public_id=public_id,
        brand=user.brand,
        owner=owner,
        owner_division=division,
        survey=survey,
        org_structure=access.org_structure(user),
        name=name,
        type=kind,
        options=options,
    )
    relationships.replace(assessment, wished, parameter="Relationships")
    Report.objects.create(assessment=assessment, name=name)
    return {"ThreeSixtyID": assessment.public_id, "SurveyID": survey.public_id}


def _unused_id(arguments: Arguments) -> str:
    chosen = arguments.text("ThreeSixtyID")
    if not chosen:
        return ids.assessment_id()
    if not ids.well_formed(chosen, "TS"):
        raise Invalid("ThreeSixtyID", "TS_ and up to 15 letters and digits are expected.")
    if Assessment.objects.filter(public_id=chosen).exists():
        raise Conflict("ETS1", "This ThreeSixtyID is taken.")
    return chosen


def _owner(user: User, public_id: str) -> tuple[User | None, Division | None]:
    if not public_id or public_id == user.public_id:
        return user, None
    owner = User.objects.filter(brand=user.brand, public_id=public_id).first()
    division = None if owner else Division.objects.filter(brand=user.brand, public_id=public_id).first()
    if owner is None and division is None:
        raise Invalid("OwnerID", "There is no such user or division.")
    if not user.is_brand_admin and not (division and division.pk == user.division_id):
        raise Forbidden("Only a brand administrator creates assessments for others.")
    return owner, division


def _form(user: User, public_id: str, name: str) -> Survey:
    if not public_id:
        return make_default_form(user, name)
    survey = Survey.objects.filter(brand=user.brand, public_id=public_id).first()
    if survey is None:
        raise Invalid("SurveyID", "There is no such survey.")
    return survey


HANDLERS: Mapping[str, Callable[[User, Arguments], object]] = {
    "activateAssessment": activate_assessment,
    "closeAssessment": close_assessment,
    "createAssessment": create_assessment,
    "createThreeSixty": create_three_sixty,
    "getAssessment": get_assessment,
    "getAssessments": get_assessments,
    "getCustomRelationships": get_custom_relationships,
    "setCustomRelationships": set_custom_relationships,
}
