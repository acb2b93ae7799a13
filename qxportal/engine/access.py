"""Finds what a call names and says whether its caller may touch it; another brand's things are unknown."""

from django.db.models import Q, QuerySet

from qxportal.engine.models import Assessment, Division, OrgStructure, Participant, Person, Survey, User
from qxportal.engine.problems import Forbidden, Invalid


def require_brand_admin(user: User) -> None:
    """Refuse everybody but an administrator of the brand."""
    if not user.is_brand_admin:
        raise Forbidden("This needs a brand administrator.")


def assessment(user: User, public_id: str, *, parameter: str = "ThreeSixtyID", lock: bool = False) -> Assessment:
    """Give an assessment that the caller administers."""
    found = assessments(user).filter(public_id=public_id).first()
    if found is None:
        raise Invalid(parameter, "There is no such assessment.")
    if not may_administer(user, found):
        raise Forbidden("This needs the assessment's owner or a brand administrator.")
    if lock:  # whoever changes an assessment or its people waits here for his turn
        return assessments(user).select_for_update(of=("self",)).get(pk=found.pk)
    return found


def assessments(user: User) -> QuerySet[Assessment]:
    """Give the assessments of the caller's brand."""
    return Assessment.objects.select_related(
        "owner", "owner_division", "owner_group", "survey", "org_structure", "brand"
    ).filter(brand=user.brand)


def may_administer(user: User, assessment: Assessment) -> bool:
    """Whether the caller runs this assessment: it is his, his division's, his group's or everybody's."""
    if user.is_brand_admin or assessment.public or assessment.owner_id == user.pk:
        return True
    if assessment.owner_division_id is not None:
        return in_division(user, assessment.owner_division_id)
    return assessment.owner_group_id is not None and in_group(user, assessment.owner_group_id)


def in_division(user: User, division_id: int) -> bool:
    """Whether the caller belongs to a division or administers it."""
    return user.division_id == division_id or Division.objects.filter(pk=division_id, administrators=user).exists()


def in_group(user: User, group_id: int) -> bool:
    """Whether the caller is a member of a group."""
    return user.shared_groups.filter(pk=group_id).exists()


def survey(user: User, public_id: str, *, parameter: str = "SurveyID", lock: bool = False) -> Survey:
    """Give a survey that the caller administers."""
    found = Survey.objects.select_related("owner", "brand").filter(brand=user.brand, public_id=public_id)
    first = found.first()
    if first is None:
        raise Invalid(parameter, "There is no such survey.")
    if not user.is_brand_admin and first.owner_id != user.pk:
        raise Forbidden("This needs the survey's owner or a brand administrator.")
    return found.select_for_update(of=("self",)).get() if lock else first


def readable_survey(user: User, public_id: str) -> Survey:
    """Give a survey that the caller may look at."""
    found = surveys(user).filter(public_id=public_id).first()
    return found or survey(user, public_id)


def surveys(user: User) -> QuerySet[Survey]:
    """Give the surveys that the caller may look at: his own, the brand's, and the forms of his assessments."""
    found = Survey.objects.filter(brand=user.brand).select_related("owner", "creator", "brand")
    if user.is_brand_admin:
        return found
    his = Assessment.objects.filter(
        Q(owner=user)
        | Q(owner_division=user.division_id, owner_division__isnull=False)
        | Q(owner_division__administrators=user)
        | Q(owner_group__members=user)
    )
    return found.filter(
        Q(owner=user) | Q(public=True) | Q(pk__in=his.values("survey")) | Q(assessments__public=True)
    ).distinct()


def division(user: User, public_id: str, *, parameter: str) -> Division | None:
    """Give a division of the caller's brand; None when none is named."""
    if not public_id:
        return None
    found = Division.objects.filter(brand=user.brand, public_id=public_id).first()
    if found is None:
        raise Invalid(parameter, "There is no such division.")
    return found


def org_structure(user: User, public_id: str = "") -> OrgStructure:
    """Give the named directory of the caller's brand, or its first one."""
    found = OrgStructure.objects.filter(brand=user.brand).filter(Q(public_id=public_id) if public_id else Q())
    first = found.order_by("pk").first()
    if first is None:
        raise Invalid("OrgStructureID", "There is no such organization structure.")
    return first


def person(user: User, public_id: str, *, parameter: str = "PersonID") -> Person:
    """Give a person of the caller's brand who was not removed."""
    found = Person.objects.filter(public_id=public_id, org_structure__brand=user.brand, removed_at=None).first()
    if found is None:
        raise Invalid(parameter, "There is no such person.")
    return found


def subject(assessment: Assessment, public_id: str, *, parameter: str) -> Participant:
    """Give a subject of an assessment."""
    found = (
        Participant.objects.select_related("person")
        .filter(assessment=assessment, person__public_id=public_id, is_subject=True, removed_at=None)
        .first()
    )
    if found is None:
        raise Invalid(parameter, "There is no such subject in the assessment.")
    return found
