"""Who may read what raters answered: those who administer the assessment, and never about themselves.

An assessment that belongs to the brand is run by everybody in it, but its answers are for brand administrators; those
of a division's for its administrators; those of a group's for its members, who were each put into it by name.

Oneself is the person linked to the user, now or until that person left the directory, and everybody in the brand's
directories with the address or user name of the user or of such a person: who has the mail of somebody may be that
somebody. What they say of themselves may be read.
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
    """Give an assessment of which the caller may read the answers."""
    found = access.assessment(user, public_id)
    require(user, found)
    return found


def require(user: User, assessment: Assessment) -> None:
    """Refuse who may not read an assessment's answers."""
    found = Assessment.objects.filter(pk=assessment.pk)
    if user.is_brand_admin or found.filter(_readable(user)).exists():
        return
    if not found.exists():  # it was deleted meanwhile
        raise Invalid("ThreeSixtyID", "There is no such assessment.")
    raise Forbidden("What was answered is for the assessment's owner or a brand administrator.")


def evaluations(user: User) -> QuerySet[Evaluation]:
    """Give the forms of which the caller may know what was answered, and when."""
    found = Evaluation.objects.filter(assessment__brand=user.brand)
    if not user.is_brand_admin:
        found = found.filter(assessment__in=Assessment.objects.filter(_readable(user), brand=user.brand).values("pk"))
    return found.exclude(about(own_person_ids(user)))


def about(persons: Collection[int]) -> Q:
    """Forms of others about these persons."""
    return Q(subject__person__in=persons) & ~Q(evaluator__in=persons)


def own_person_ids(user: User) -> set[int]:
    """The ids of all persons that the user may be."""
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
    """Whether the user is, or may be, somebody whom an assessment is about, or was."""
    return assessment.participants.filter(is_subject=True, person__in=own_person_ids(user)).exists()


def is_subject_now(user: User) -> bool:
    """Whether the user is, or may be, somebody whom an assessment of the brand is about that is not closed."""
    closed = Assessment.Status.CLOSED
    about = Participant.objects.filter(is_subject=True, removed_at=None, person__in=own_person_ids(user))
    return about.filter(assessment__brand=user.brand).exclude(assessment__status=closed).exists()


def refuse_oneself(user: User, person_id: int) -> None:
    """Refuse what a user who is the subject may not know or do."""
    if person_id in own_person_ids(user):
        raise Forbidden("Another person has to ask for this: you are the subject.")


def _readable(user: User) -> Q:
    """The assessments whose answers a user who is no brand administrator may read."""
    divisions = Division.objects.filter(administrators=user)
    return (
        Q(owner=user)
        | Q(owner__division__in=divisions)
        | Q(owner_division__in=divisions)
        | Q(owner_group__in=user.shared_groups.all())
    )
