"""Requests about an assessment as a whole."""

from collections.abc import Callable, Mapping

from django.db.models import Q

from qxportal.engine.assessments import ownership, relationships, workflow
from qxportal.engine.assessments.participants import follow_round_robin, follow_self_evaluation
from qxportal.engine.http.api_responses import php_map, stamp
from qxportal.engine.http.arguments import Arguments
from qxportal.engine.http.errors import Conflict, Invalid, Missing
from qxportal.engine.library import libraries
from qxportal.engine.mail import chosen_texts
from qxportal.engine.models import Assessment, Message, Series, User, ids
from qxportal.engine.people import access, confidential, stored_reports
from qxportal.engine.reports import definition
from qxportal.engine.schedules import lifecycle
from qxportal.engine.surveys import replacement
from qxportal.engine.surveys.default_survey import make_default_form


def get_assessments(user: User, arguments: Arguments) -> object:
    """List every assessment of the brand."""
    return {"Assessments": [record(assessment) for assessment in access.assessments(user).order_by("pk")]}


def get_assessment(user: User, arguments: Arguments) -> object:
    """The definition of one assessment."""
    assessment = access.assessment(user, arguments.text("ThreeSixtyID"))
    return {
        **record(assessment),
        "WorkFlowOptions": php_map(assessment.options),
        "Relationships": relationships.listed(assessment),
        "Reports": definition.listed(assessment),
    }


def create_assessment(user: User, arguments: Arguments) -> object:
    """Create an assessment as a draft."""
    kind = arguments.text("Type") or Assessment.Type.THREE_SIXTY
    if kind not in Assessment.Type.values:
        raise Invalid("Type", f"Possible: {', '.join(Assessment.Type.values)}.")
    return _create(user, arguments, Assessment.Type(kind), ownership.owner(user, arguments.text("OwnerID")))


def create_three_sixty(user: User, arguments: Arguments) -> object:
    """Create an assessment with the older versions' parameters; both values of NewAssessment give a 360."""
    owner = ownership.owner(user, arguments.text("OwnerID"), brand=False)
    return _create(user, arguments, Assessment.Type.THREE_SIXTY, owner)


def update_assessment(user: User, arguments: Arguments) -> object:
    """Change an assessment's survey, if no evaluation was begun, or its options."""
    assessment = access.assessment(user, arguments.text("ThreeSixtyID"), lock=True)
    options = workflow.options(arguments.structure("WorkFlowOptions"), over=assessment.options)
    if arguments.has("SurveyID"):
        replacement.swap(user, assessment, access.form(user, arguments.text("SurveyID")))
    switched = options.get("SelfEvaluation") != assessment.options.get("SelfEvaluation")
    assessment.options = options
    assessment.save(update_fields=["options"])
    if switched:
        follow_self_evaluation(assessment)
    follow_round_robin(assessment)
    return {"Success": True}


def rename_assessment(user: User, arguments: Arguments) -> object:
    """Rename an assessment."""
    assessment = access.assessment(user, arguments.text("ThreeSixtyID"), lock=True)
    name = " ".join(arguments.text("Name").split())
    if not name:
        raise Missing("Name")
    assessment.name = name
    assessment.save(update_fields=["name"])
    return {"Success": True}


def delete_assessment(user: User, arguments: Arguments) -> object:
    """Delete an assessment with its participants, evaluations, reports and library; the survey stays."""
    assessment = _held_with_later_rounds(user, access.assessment(user, arguments.text("ThreeSixtyID")))
    chosen_texts.refuse_loss(user, Message.objects.filter(library_id=assessment.public_id), besides=assessment)
    libraries.forget(assessment.public_id)
    stored_reports.forget(Q(assessment=assessment))  # also those of later rounds that compare with it
    assessment.delete()
    return {"Success": True}


def _held_with_later_rounds(user: User, assessment: Assessment) -> Assessment:
    """The reloaded assessment, locked together with those that compare with it, which its deletion changes.

    All are locked in a fixed order and before any participant, so that two deletions of such rounds cannot deadlock.
    """
    rows = access.assessments(user).filter(Q(pk=assessment.pk) | Q(compared_with=assessment.pk)).order_by("pk")
    held = {one.pk: one for one in rows.select_for_update(of=("self",))}
    if assessment.pk not in held:  # it was deleted meanwhile
        raise Assessment.DoesNotExist
    return held[assessment.pk]


def activate_assessment(user: User, arguments: Arguments) -> object:
    """Open an assessment for answers, for the first time or again."""
    lifecycle.activate(access.assessment(user, arguments.text("ThreeSixtyID"), lock=True))
    return {"Success": True}


def reopen_assessment(user: User, arguments: Arguments) -> object:
    """Open a closed assessment for more answers."""
    lifecycle.reopen(access.assessment(user, arguments.text("ThreeSixtyID"), lock=True))
    return {"Success": True}


def close_assessment(user: User, arguments: Arguments) -> object:
    """Close an assessment; optionally complete begun evaluations, delete mailings, and make the reports ready."""
    assessment = access.assessment(user, arguments.text("ThreeSixtyID"), lock=True)
    lifecycle.close(
        assessment,
        close_sessions=arguments.flag("CloseSessions"),
        delete_mailings=arguments.flag("DeleteMailings"),
        ready_reports=arguments.flag("ReadyReports"),
    )
    return {"Success": True}


def get_custom_relationships(user: User, arguments: Arguments) -> object:
    """List the assessment's own relationships."""
    return relationships.listed(access.assessment(user, arguments.text("ThreeSixtyID")))


def set_custom_relationships(user: User, arguments: Arguments) -> object:
    """Replace the assessment's own relationships."""
    assessment = access.assessment(user, arguments.text("ThreeSixtyID"), lock=True)
    parameter = "jsonOfRelationships"
    wished = relationships.definitions(arguments.structure(parameter), parameter=parameter)
    relationships.replace(assessment, wished, parameter=parameter, own_ids=confidential.own_person_ids(user))
    return {"Success": True}


def record(assessment: Assessment) -> dict[str, object]:
    """One record of getAssessments."""
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


def _create(user: User, arguments: Arguments, kind: Assessment.Type, owner: ownership.Owner) -> object:
    name = arguments.text("Name")
    if not name:
        raise Missing("Name")
    wished = relationships.definitions(arguments.structure("Relationships"), parameter="Relationships")
    options = workflow.options(arguments.structure("WorkFlowOptions"))
    public_id = _unused_id(arguments)
    chosen = arguments.text("SurveyID")
    survey = access.form(user, chosen) if chosen else make_default_form(user, name)
    assessment = Assessment.objects.create(
        public_id=public_id,
        brand=user.brand,
        owner=owner.user,
        owner_division=owner.division,
        owner_group=owner.group,
        public=owner.public,
        survey=survey,
        org_structure=access.org_structure(user),
        name=name,
        type=kind,
        options=options,
    )
    relationships.replace(assessment, wished, parameter="Relationships")
    definition.define(assessment)
    return {"ThreeSixtyID": assessment.public_id, "SurveyID": survey.public_id}


def _unused_id(arguments: Arguments) -> str:
    chosen = arguments.text("ThreeSixtyID")
    if not chosen:
        return ids.assessment_id()
    if not ids.well_formed(chosen, "TS"):
        raise Invalid("ThreeSixtyID", "TS_ and up to 15 letters and digits are expected.")
    shown = Series.objects.filter(assessment_key=chosen)  # of a deleted assessment with given reports
    if Assessment.objects.filter(public_id=chosen).exists() or shown.exists():
        raise Conflict("ETS1", "This ThreeSixtyID is taken.")
    return chosen


HANDLERS: Mapping[str, Callable[[User, Arguments], object]] = {
    "activateAssessment": activate_assessment,
    "closeAssessment": close_assessment,
    "createAssessment": create_assessment,
    "createThreeSixty": create_three_sixty,
    "deleteAssessment": delete_assessment,
    "getAssessment": get_assessment,
    "getAssessments": get_assessments,
    "getCustomRelationships": get_custom_relationships,
    "qxRenameAssessment": rename_assessment,
    "reopenAssessment": reopen_assessment,
    "setCustomRelationships": set_custom_relationships,
    "updateAssessment": update_assessment,
}
