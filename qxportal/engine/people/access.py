"""Resolves the ids of a call and checks the caller's rights; objects of other brands do not exist for it.

object                        rights besides those of brand administrators
directory, list of all 360s   read by all users of the brand
an assessment, its people     its owner, administrators of the owner's division; members and administrators of the
                              division, members of the group, all users if it is the brand's
its answers                   some of these, and never about oneself: see `confidential`
a survey                      its owner, administrators of the owner's division; read by those who run an assessment
                              with it, and by all if it is public
a library                     see `libraries`
oneself                       names and password, and the editable fields of one's person
persons, users, divisions     nobody; but the administrator of an assessment may, by import, create persons and change
                              those that are no users
"""

from django.db.models import Q, QuerySet

from qxportal.core.postgresql.prepared import Prepared
from qxportal.engine.http.errors import Forbidden, Invalid, UnknownSurvey
from qxportal.engine.models import Assessment, Division, OrgStructure, Participant, Person, Survey, User

ASSESSMENTS = Prepared(
    lambda values: _assessments(values["brand"]).filter(public_id=values["public_id"]), brand=int, public_id=str
)
LOCKED_ASSESSMENTS = Prepared(
    lambda values: _assessments(values["brand"]).select_for_update(of=("self",)).filter(pk=values["pk"]),
    brand=int,
    pk=int,
)
SURVEYS = Prepared(
    lambda values: _surveys(values["brand"]).filter(public_id=values["public_id"]), brand=int, public_id=str
)
LOCKED_SURVEYS = Prepared(
    lambda values: _surveys(values["brand"]).select_for_update(of=("self",)).filter(public_id=values["public_id"]),
    brand=int,
    public_id=str,
)
PERSONS = Prepared(
    lambda values: Person.objects.filter(
        public_id=values["public_id"], org_structure__brand=values["brand"], removed_at=None
    ),
    brand=int,
    public_id=str,
)
SUBJECTS = Prepared(
    lambda values: Participant.objects.select_related("person").filter(
        assessment=values["assessment"], person__public_id=values["public_id"], is_subject=True, removed_at=None
    ),
    assessment=int,
    public_id=str,
)


def require_brand_admin(user: User) -> None:
    """Raise Forbidden unless the caller is a brand administrator."""
    if not user.is_brand_admin:
        raise Forbidden("This needs a brand administrator.")


def assessment(user: User, public_id: str, *, parameter: str = "ThreeSixtyID", lock: bool = False) -> Assessment:
    """An assessment that the caller administers; raises if there is none with this id."""
    found = ASSESSMENTS.first(brand=user.brand_id, public_id=public_id)
    if found is None:
        raise Invalid(parameter, "There is no such assessment.")
    if not may_administer(user, found):
        raise Forbidden("This needs the assessment's owner or a brand administrator.")
    if lock:  # serialises changes of an assessment and its people
        found = LOCKED_ASSESSMENTS.first(brand=user.brand_id, pk=found.pk)
        if found is None:
            raise Assessment.DoesNotExist
    return found


def assessments(user: User) -> QuerySet[Assessment]:
    """The assessments of the caller's brand."""
    return _assessments(user.brand_id)


def _assessments(brand: int) -> QuerySet[Assessment]:
    return Assessment.objects.select_related(
        "owner", "owner_division", "owner_group", "survey", "org_structure", "brand"
    ).filter(brand=brand)


def administered(user: User) -> Q:
    """Filter for the assessments of the brand that a user administers."""
    if user.is_brand_admin:
        return Q()
    divisions = Division.objects.filter(administrators=user)
    return (
        Q(public=True)
        | Q(owner=user)
        | Q(owner__division__in=divisions)
        | Q(owner_division__in=divisions)
        | Q(owner_division=user.division_id, owner_division__isnull=False)
        | Q(owner_group__in=user.shared_groups.all())
    )


def may_administer(user: User, assessment: Assessment) -> bool:
    """Whether the caller administers this assessment."""
    if user.is_brand_admin or assessment.owner_id == user.pk:
        return True
    return Assessment.objects.filter(administered(user), pk=assessment.pk).exists()


def in_division(user: User, division_id: int) -> bool:
    """Whether the caller belongs to a division or administers it."""
    return user.division_id == division_id or Division.objects.filter(pk=division_id, administrators=user).exists()


def in_group(user: User, group_id: int) -> bool:
    """Whether the caller is a member of a group."""
    return user.shared_groups.filter(pk=group_id).exists()


def survey(user: User, public_id: str, *, lock: bool = False) -> Survey:
    """A survey that the caller administers."""
    found = SURVEYS.first(brand=user.brand_id, public_id=public_id)
    if found is None:
        raise UnknownSurvey
    if not (user.is_brand_admin or found.owner_id == user.pk or _oversees(user, found.owner)):
        raise Forbidden("This needs the survey's owner or a brand administrator.")
    if lock:
        found = LOCKED_SURVEYS.first(brand=user.brand_id, public_id=public_id)
        if found is None:
            raise Survey.DoesNotExist
    return found


def _surveys(brand: int) -> QuerySet[Survey]:
    return Survey.objects.select_related("owner", "brand").filter(brand=brand)


def readable_survey(user: User, public_id: str) -> Survey:
    """A survey that the caller may read."""
    found = surveys(user).filter(public_id=public_id).first()
    return found or survey(user, public_id)


def form(user: User, public_id: str) -> Survey:
    """A readable survey for an assessment; an unknown one raises Invalid, as for any parameter."""
    try:
        return readable_survey(user, public_id)
    except UnknownSurvey as error:
        raise Invalid("SurveyID", "There is no such survey.") from error


def surveys(user: User) -> QuerySet[Survey]:
    """The surveys that the caller may read."""
    found = Survey.objects.filter(brand=user.brand).select_related("owner", "creator", "brand")
    if user.is_brand_admin:
        return found
    runs = Assessment.objects.filter(administered(user), brand=user.brand)
    overseen = Q(owner__division__in=Division.objects.filter(administrators=user))
    return found.filter(Q(owner=user) | Q(public=True) | overseen | Q(pk__in=runs.values("survey")))


def _oversees(user: User, owner: User | None) -> bool:
    return owner is not None and Division.objects.filter(users=owner, administrators=user).exists()


def division(user: User, public_id: str, *, parameter: str) -> Division | None:
    """A division of the caller's brand; None if no id is given."""
    if not public_id:
        return None
    found = Division.objects.filter(brand=user.brand, public_id=public_id).first()
    if found is None:
        raise Invalid(parameter, "There is no such division.")
    return found


def org_structure(user: User, public_id: str = "") -> OrgStructure:
    """The directory of the caller's brand with this id, by default the first one."""
    found = OrgStructure.objects.filter(brand=user.brand).filter(Q(public_id=public_id) if public_id else Q())
    first = found.order_by("pk").first()
    if first is None:
        raise Invalid("OrgStructureID", "There is no such organization structure.")
    return first


def person(user: User, public_id: str, *, parameter: str = "PersonID") -> Person:
    """A person of the caller's brand who was not removed."""
    found = PERSONS.first(brand=user.brand_id, public_id=public_id)
    if found is None:
        raise Invalid(parameter, "There is no such person.")
    return found


def subject(assessment: Assessment, public_id: str, *, parameter: str) -> Participant:
    """A subject of an assessment."""
    found = SUBJECTS.first(assessment=assessment.pk, public_id=public_id)
    if found is None:
        raise Invalid(parameter, "There is no such subject in the assessment.")
    return found
