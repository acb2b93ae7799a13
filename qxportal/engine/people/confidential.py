"""Access to raters' answers: for those who administer the assessment, and never about themselves.

All users of a brand administer its brand-owned assessments, but the answers are for brand administrators only. Those of
a division's assessment are for its administrators, those of a group's for its members, who are listed by name.

A user counts as the person linked to it, now or when that person left the directory, and as every person in the brand's
directories with the address or user name of the user or of such a person: a shared address may mean the same person.
Their evaluations of themselves may be read.
"""

from collections.abc import Collection

from django.db import connections
from django.db.models import Q, QuerySet

from qxportal.core.postgresql.prepared import Prepared, preparing
from qxportal.engine.http.errors import Forbidden, Invalid
from qxportal.engine.models import Assessment, Division, Evaluation, OrgStructure, Participant, Person, User
from qxportal.engine.models.mailboxes import key
from qxportal.engine.people import access, person_user_links

LINKED = Prepared(lambda values: Person.objects.filter(Q(user=values["user"]) | Q(left_by=values["user"])), user=int)
OWN_PERSONS = f"""
SELECT person.id
FROM {Person._meta.db_table} AS person
JOIN {OrgStructure._meta.db_table} AS directory ON directory.id = person.org_structure_id
WHERE directory.brand_id = %(brand)s AND (
  person.user_id = %(user)s OR person.left_by_id = %(user)s
  OR person.email_key = ANY(%(known)s::text[]) OR person.user_name_key = ANY(%(known)s::text[])
)
"""  # noqa: S608  # names of our own tables


def assessment(user: User, public_id: str) -> Assessment:
    """An assessment whose answers the caller may read."""
    found = access.assessment(user, public_id)
    require(user, found)
    return found


def require(user: User, assessment: Assessment) -> None:
    """Raise Forbidden unless the caller may read an assessment's answers."""
    found = Assessment.objects.filter(pk=assessment.pk)
    if user.is_brand_admin or found.filter(_readable(user)).exists():
        return
    if not found.exists():  # it was deleted meanwhile
        raise Invalid("ThreeSixtyID", "There is no such assessment.")
    raise Forbidden("What was answered is for the assessment's owner or a brand administrator.")


def evaluations(user: User) -> QuerySet[Evaluation]:
    """Evaluations whose answers and times the caller may read."""
    found = Evaluation.objects.filter(assessment__brand=user.brand)
    if not user.is_brand_admin:
        found = found.filter(assessment__in=Assessment.objects.filter(_readable(user), brand=user.brand).values("pk"))
    return found.exclude(about(own_person_ids(user)))


def about(persons: Collection[int]) -> Q:
    """Filter for evaluations of these persons by others."""
    return Q(subject__person__in=persons) & ~Q(evaluator__in=persons)


def own_person_ids(user: User) -> set[int]:
    """Primary keys of all persons who may be the user."""
    words = {
        user.email,
        user.user_name,
        person_user_links.bare(user.user_name, user.brand),
        *(word for person in LINKED.all(user=user.pk) for word in (person.email, person.user_name)),
    }
    known = sorted({key(word) for word in words if word})
    with preparing(connections["engine"]) as cursor:
        found = cursor.execute(OWN_PERSONS, {"brand": user.brand_id, "user": user.pk, "known": known})
        return {pk for (pk,) in found}


def is_subject(user: User, assessment: Assessment) -> bool:
    """Whether the user is, or may be, a present or former subject of an assessment."""
    return assessment.participants.filter(is_subject=True, person__in=own_person_ids(user)).exists()


def is_subject_now(user: User) -> bool:
    """Whether the user is, or may be, a subject of any assessment of the brand that is not closed."""
    closed = Assessment.Status.CLOSED
    about = Participant.objects.filter(is_subject=True, removed_at=None, person__in=own_person_ids(user))
    return about.filter(assessment__brand=user.brand).exclude(assessment__status=closed).exists()


def refuse_oneself(user: User, person_id: int) -> None:
    """Raise Forbidden if the person may be the user."""
    if person_id in own_person_ids(user):
        raise Forbidden("Another person has to ask for this: you are the subject.")


def _readable(user: User) -> Q:
    """Filter for assessments whose answers the user may read without being a brand administrator."""
    divisions = Division.objects.filter(administrators=user)
    return (
        Q(owner=user)
        | Q(owner__division__in=divisions)
        | Q(owner_division__in=divisions)
        | Q(owner_group__in=user.shared_groups.all())
    )
